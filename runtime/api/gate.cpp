#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/gate.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

/// A host without its port: `[::1]:80` is `[::1]`.
std::string_view without_port(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos
      || (bracket != std::string_view::npos && colon < bracket))
    return host;
  return host.substr(0, colon);
}

/// What must not come twice, for then one of both is believed by another.
std::optional<http_response> check_repeated(const http_request& x) {
  for (const auto* name :
       {"host", "authorization", "content-length", "content-type", "origin",
        "transfer-encoding", "if-match", "idempotency-key"})
    if (x.repeated.contains(name))
      return problem(error_code::bad_request,
                     "header " + std::string{name} + " comes more than once");
  return std::nullopt;
}

std::optional<http_response>
check_host(const http_request& x, const std::vector<std::string>& allowed) {
  const auto host = lower_case(x.header("host"));
  if (host.empty())
    return problem(error_code::bad_request, "a Host header is needed");
  const auto name = without_port(host);
  if (std::find(allowed.begin(), allowed.end(), name) != allowed.end())
    return std::nullopt;
  return problem(error_code::forbidden,
                 "this server does not answer for the host that was named; "
                 "--allow-hosts adds it");
}

/// A browser that another site told to ask says so.
std::optional<http_response> check_origin(const http_request& x) {
  const auto site = x.header("sec-fetch-site");
  const auto own_site = site.empty() || site == "same-origin" || site == "none";
  const auto origin = lower_case(x.header("origin"));
  const auto host = lower_case(x.header("host"));
  const auto own_origin = origin.empty() || origin == "http://" + host
                          || origin == "https://" + host;
  if (own_site && own_origin)
    return std::nullopt;
  return problem(error_code::forbidden,
                 "requests that another site made a browser send are refused");
}

bool is_json(std::string_view type) {
  const auto plain = trimmed(type.substr(0, type.find(';')));
  return lower_case(plain) == "application/json";
}

std::optional<http_response> check_body(const http_request& x,
                                        std::size_t limit) {
  if (x.headers.contains("transfer-encoding"))
    return problem(error_code::bad_request,
                   "the length of a body must be announced with "
                   "Content-Length",
                   411);
  const auto text = x.header("content-length");
  auto size = std::size_t{0};
  const auto [end, wrong]
    = std::from_chars(text.data(), text.data() + text.size(), size);
  if (wrong == std::errc::result_out_of_range || size > limit)
    return problem(error_code::input_too_large,
                   "a body has at most " + std::to_string(limit) + " bytes");
  if (!text.empty()
      && (wrong != std::errc{} || end != text.data() + text.size()))
    return problem(error_code::bad_request, "Content-Length is no number");
  const auto encoding = lower_case(x.header("content-encoding"));
  if (!encoding.empty() && encoding != "identity")
    return problem(error_code::bad_request, "compressed bodies are not taken",
                   415);
  const auto typed = x.headers.contains("content-type");
  if ((size > 0 || typed) && !is_json(x.header("content-type")))
    return problem(error_code::bad_request,
                   "a body must be of Content-Type application/json", 415);
  return std::nullopt;
}

http_response unauthorized(const std::string& why) {
  auto no = problem(error_code::unauthorized, why);
  no.headers["WWW-Authenticate"]
    = R"(Bearer realm="stanchion", error="invalid_token")";
  return no;
}

std::string_view bearer(std::string_view header) {
  constexpr auto scheme = std::string_view{"bearer "};
  if (header.size() <= scheme.size()
      || lower_case(header.substr(0, scheme.size())) != scheme)
    return {};
  return trimmed(header.substr(scheme.size()));
}

} // namespace

// -- failure_limit ------------------------------------------------------------

failure_limit::failure_limit(std::uint32_t most, duration window)
  : most_(most), window_(window) {
  // nop
}

std::optional<duration> failure_limit::note(const std::string& address,
                                            instant now) {
  constexpr auto most_addresses = std::size_t{4'096};
  const std::lock_guard guard{mutex_};
  if (tallies_.size() >= most_addresses && !tallies_.contains(address))
    std::erase_if(
      tallies_, [&](const auto& x) { return now - x.second.since >= window_; });
  if (tallies_.size() >= most_addresses && !tallies_.contains(address))
    return window_; // too many to tell apart
  auto& x = tallies_[address];
  if (x.count == 0 || now - x.since >= window_)
    x = {.count = 0, .since = now};
  if (x.count < most_) {
    ++x.count;
    return std::nullopt;
  }
  return window_ - (now - x.since);
}

// -- api_gate -----------------------------------------------------------------

api_gate::api_gate(gate_options options, std::shared_ptr<token_file> tokens)
  : options_(std::move(options)), tokens_(std::move(tokens)),
    limit_(options_.failures, options_.failure_window) {
  for (auto& host : options_.hosts)
    host = lower_case(host);
}

std::variant<caller, http_response>
api_gate::identify(const http_request& head, access needed, instant now) {
  const auto header = head.header("authorization");
  const auto secret = bearer(header);
  if (needed == access::anybody && secret.empty())
    return caller{};
  if (!secret.empty())
    if (const auto token = tokens_->find(secret, now))
      return caller{
        .name = token->name, .as = token->as, .decides_as = token->decides_as};
  if (const auto away = limit_.note(head.remote, now)) {
    constexpr auto second = duration{1s};
    auto no = problem(error_code::too_busy,
                      "too many requests without a valid token", 429);
    no.headers["Retry-After"]
      = std::to_string((*away + second - duration{1}) / second);
    return no;
  }
  return unauthorized(secret.empty()
                        ? "a token is needed: Authorization: Bearer …; `token "
                          "create` makes one"
                        : "this token is unknown, expired or revoked");
}

std::variant<caller, http_response> api_gate::admit(const http_request& head,
                                                    instant now) {
  if (auto no = check_repeated(head))
    return *std::move(no);
  if (auto no = check_host(head, options_.hosts))
    return *std::move(no);
  if (auto no = check_origin(head))
    return *std::move(no);
  const auto found = find_route(head.method, head.path);
  const auto needed
    = found.route == nullptr ? access::viewer : found.route->needs;
  auto who = identify(head, needed, now);
  const auto* known = std::get_if<caller>(&who);
  if (known == nullptr)
    return who;
  if (found.route != nullptr && !allows(known->as, needed))
    return answer(head, *known, nullptr); // says why
  if (auto no = check_body(head, options_.body_limit))
    return *std::move(no);
  return who;
}

} // namespace stanchion
