#include <stanchion/core/error.hpp>
#include <stanchion/core/http_address.hpp>
#include <stanchion/runtime/api/detail/mount.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace stanchion {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::usage, why};
}

/// How a host is written in a URL and in `Host`.
std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string machine_name() {
  auto name = std::array<char, 256>{};
  if (::gethostname(name.data(), name.size() - 1) != 0)
    return {};
  return name.data();
}

} // namespace

bool listen_address::loopback() const {
  return is_loopback(host);
}

listen_address parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  auto x = listen_address{};
  const auto wrong = "\"" + text
                     + "\" is no address to listen at; write "
                       "127.0.0.1:7420 or [::1]:7420";
  if (colon == std::string::npos)
    refuse(wrong);
  x.host = text.substr(0, colon);
  if (x.host.starts_with('[') && x.host.ends_with(']'))
    x.host = x.host.substr(1, x.host.size() - 2);
  else if (x.host.find(':') != std::string::npos)
    refuse(wrong);
  const auto* end = text.data() + text.size();
  const auto [stop, problem]
    = std::from_chars(text.data() + colon + 1, end, x.port);
  constexpr auto most = 65'535;
  if (x.host.empty() || problem != std::errc{} || stop != end || x.port < 0
      || x.port > most)
    refuse(wrong);
  return x;
}

service_options service_options_of(const serve_options& x,
                                   const listen_address& at) {
  if (x.tls_cert.empty() != x.tls_key.empty())
    refuse("TLS takes both a certificate and its key");
  if (!at.loopback() && x.tls_cert.empty() && !x.insecure_non_loopback)
    refuse(x.listen
           + " can be reached from other machines, and without TLS everybody "
             "between could read the tokens. Give --tls-cert and --tls-key; or "
             "listen at 127.0.0.1; or, where the network is trusted or "
             "something in front speaks TLS, --insecure-non-loopback");
  if (x.workers == 0 || x.reserve == 0)
    refuse("a server takes at least one worker, and one in reserve");
  if (x.service.streams >= x.workers)
    refuse("there must be fewer streams than workers");
  auto to = x.service;
  to.tls = !x.tls_cert.empty();
  auto& hosts = to.gate.hosts;
  if (!at.loopback()) {
    const auto any = at.host == "0.0.0.0" || at.host == "::";
    hosts.push_back(any ? machine_name() : bracketed(at.host));
  } else {
    hosts.push_back(bracketed(at.host));
  }
  hosts.insert(hosts.end(), x.allow_hosts.begin(), x.allow_hosts.end());
  std::erase(hosts, "");
  return to;
}

void check(const serve_options& x) {
  static_cast<void>(service_options_of(x, parse_address(x.listen)));
}

detail::url_parts detail::parse_url(const server_address& x) {
  const auto tls = x.url.starts_with("https://");
  if (!tls && !x.url.starts_with("http://"))
    refuse("\"" + x.url
           + "\" is no URL of a server; write "
             "http://127.0.0.1:7420 or https://HOST:PORT");
  const auto begin = x.url.find("//") + 2;
  const auto slash = x.url.find('/', begin);
  auto to = url_parts{.origin = x.url.substr(0, slash), .prefix = {}};
  if (slash != std::string::npos)
    to.prefix = x.url.substr(slash);
  while (to.prefix.ends_with('/'))
    to.prefix.pop_back();
  auto host = to.origin.substr(begin);
  if (host.empty() || host.find('@') != std::string::npos)
    refuse("\"" + x.url + "\" names no host");
  if (const auto port = host.rfind(':');
      port != std::string::npos && !host.ends_with(']'))
    host.resize(port);
  if (host.starts_with('['))
    host = host.substr(1, host.size() - 2);
  if (!tls && !x.token.empty() && !x.insecure_non_loopback
      && !is_loopback(host))
    refuse("the token would cross the network to " + host
           + " for everybody to read; use https://, or "
             "--insecure-non-loopback");
  return to;
}

} // namespace stanchion
