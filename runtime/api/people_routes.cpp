#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/cursor.hpp>
#include <stanchion/runtime/api/detail/api_call.hpp>
#include <stanchion/runtime/api/detail/query.hpp>
#include <stanchion/runtime/api/problem.hpp>

#include <optional>
#include <string>

namespace stanchion::detail {

namespace {

/// What is decided changes with the version, what is shown with the state, too.
std::string tag_of(const json& ticket) {
  const auto state = ticket.value("state", "open");
  return "\"v" + std::to_string(ticket.value("version", 1))
         + (state == "open" ? "" : "-" + state) + "\"";
}

template <class Parse>
auto one_name(const api_call& x, const std::string& key, Parse parse) {
  const auto all = names(x, key, parse);
  if (all.size() > 1)
    throw error{error_code::usage, "\"" + key + "\" takes one name"};
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

/// The version that the decision is about, by `If-Match` or by the body.
/// Refuses one that is not there any more.
void check_version(const api_call& x, json& request) {
  const auto wanted = x.request.header("if-match");
  if (wanted.empty() || wanted == "*")
    return;
  const auto ticket = x.work->find_ticket(x.ids[0]);
  if (ticket.value("state", "") != "open")
    return; // the first decision answers
  const auto now = tag_of(ticket);
  auto current = false;
  for (const auto tag : split(wanted, ','))
    current = current || trimmed(tag) == now;
  if (!current)
    throw error{error_code::stale,
                "ticket " + x.ids[0] + " is at " + now
                  + " now; look at it again before you decide"};
  if (!request.contains("version"))
    request["version"] = ticket.at("version");
}

} // namespace

http_response list_tickets(const api_call& x) {
  return page_of(
    x,
    x.work->list_tickets(
      {.states = names(
         x, "state", [](std::string_view t) { return parse_ticket_state(t); }),
       .run = x.request.parameter("run"),
       .limit = bounded(x, "limit", ticket_query{}.limit, page_limit(x)),
       .reason = one_name(
         x, "reason", [](std::string_view t) { return parse_park_reason(t); }),
       .kind = one_name(
         x, "kind", [](std::string_view t) { return parse_ticket_kind(t); }),
       .agent = x.request.parameter("agent"),
       .tool = x.request.parameter("tool"),
       .assignee = x.request.parameter("assignee"),
       .after = decode_cursor(x.request.parameter("cursor"))}));
}

http_response get_ticket(const api_call& x) {
  const auto ticket = x.work->find_ticket(x.ids[0]);
  return tagged(x, ticket, tag_of(ticket));
}

http_response decide(const api_call& x) {
  auto request = said(x);
  request["roles"] = roles_of(x);
  check_version(x, request);
  const auto ticket = x.work->decide(x.ids[0], request);
  auto to = document(ticket);
  to.headers["ETag"] = tag_of(ticket);
  return to;
}

// -- who may ------------------------------------------------------------------

http_response list_audit(const api_call& x) {
  return page_of(
    x, x.work->list_audit(
         {.subject = x.request.parameter("subject"),
          .by = x.request.parameter("by"),
          .before = decode_cursor(x.request.parameter("cursor")),
          .limit = bounded(x, "limit", audit_filter{}.limit, page_limit(x))}));
}

http_response list_tokens(const api_call& x) {
  return document(x.work->list_tokens());
}

http_response create_token(const api_call& x) {
  const auto request = said(x);
  return document(x.work->create_token(request), 201);
}

http_response revoke_token(const api_call& x) {
  const auto request = said(x);
  return document(x.work->revoke_token(x.ids[0], request));
}

} // namespace stanchion::detail
