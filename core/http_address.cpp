#include <stanchion/core/http_address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace stanchion {

std::string host_of(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos)
    return {};
  auto host = url.substr(begin + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1);
  if (host.starts_with('['))
    return std::string{host.substr(1, host.find(']') - 1)};
  return std::string{host.substr(0, host.find(':'))};
}

bool is_loopback(std::string_view host) {
  auto four = in_addr{};
  if (::inet_pton(AF_INET, std::string{host}.c_str(), &four) == 1)
    return ntohl(four.s_addr) >> 24U == IN_LOOPBACKNET;
  return host == "localhost" || host == "::1";
}

std::optional<std::string> why_not_sent_to(std::string_view url,
                                           bool insecure) {
  const auto plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://"))
    return "the URL must begin with https:// or http://";
  if (url.find_first_of(" \t\r\n") != std::string_view::npos)
    return "the URL has blanks in it";
  const auto host = host_of(url);
  if (host.empty())
    return "the URL names no host";
  if (plain && !insecure && !is_loopback(host))
    return "what is sent would cross the network to " + host
           + " for everybody to read; use https://, or insecure_non_loopback";
  return std::nullopt;
}

} // namespace stanchion
