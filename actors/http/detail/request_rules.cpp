#include <stanchion/actors/http/detail/request_rules.hpp>
#include <stanchion/core/ascii.hpp>

#include <algorithm>
#include <array>

namespace stanchion {

namespace {

using text = std::optional<std::string>;

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view x) {
  constexpr auto marks = std::string_view{"!#$%&'*+-.^_`|~"};
  return !x.empty() && std::all_of(x.begin(), x.end(), [=](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z')
           || marks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view x) {
  return std::any_of(x.begin(), x.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
  });
}

text refused_url(std::string_view url) {
  const auto scheme = lower_case(url.substr(0, url.find("://")));
  if (scheme != "http" && scheme != "https")
    return "the URL is neither http:// nor https://";
  if (has_control(url) || url.find_first_of(" \t") != std::string_view::npos)
    return "the URL has blanks or control characters in it; encode them";
  return std::nullopt;
}

text refused_header(const std::string& name, std::string_view content) {
  constexpr auto ours = std::array{"content-length", "transfer-encoding"};
  if (!is_token(name))
    return "the name of a header is no token";
  if (std::find(ours.begin(), ours.end(), lower_case(name)) != ours.end())
    return "the header " + name + " is not for callers to set";
  if (has_control(content))
    return "the header " + name + " has control characters in it";
  return std::nullopt;
}

text refused_time(const transfer_request& x) {
  constexpr auto zero = duration::zero();
  if (x.connect_timeout <= zero)
    return "connect_timeout is not positive";
  if (x.timeout && *x.timeout <= zero)
    return "timeout is not positive";
  if (x.idle_timeout && *x.idle_timeout <= zero)
    return "idle_timeout is not positive";
  return std::nullopt;
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('['))
    return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

} // namespace

std::optional<std::string> refusal(const transfer_request& x) {
  if (!is_token(x.method) || x.method == "CONNECT")
    return "the method is none that can be sent";
  if (auto why = refused_url(x.url))
    return why;
  for (const auto& [name, content] : x.headers)
    if (auto why = refused_header(name, content))
      return why;
  return refused_time(x);
}

std::string origin_of(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos)
    return "no URL";
  auto authority = url.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  const auto at = authority.rfind('@');
  if (at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  const auto host = host_of(authority);
  auto port = authority.substr(host.size());
  // A password that was not encoded may look like one.
  if (port.find_first_not_of(":0123456789") != std::string_view::npos)
    port = {};
  return std::string{url.substr(0, scheme_end + 3)}.append(host).append(port);
}

} // namespace stanchion
