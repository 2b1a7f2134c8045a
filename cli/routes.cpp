#include <stanchion/cli/exit_code.hpp>
#include <stanchion/cli/routes.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/version.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <string>
#include <utility>

namespace stanchion {

namespace {

std::string text_of(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

http_response document(const json& x, int status = 200) {
  return {.status = status, .body = text_of(x)};
}

http_response problem(error_code code, std::string_view detail, int status) {
  auto x = problem_document(code, detail);
  x["status"] = status;
  return {
    .status = status, .type = "application/problem+json", .body = text_of(x)};
}

json body_of(const http_request& x) {
  if (x.body.empty())
    return json::object();
  auto body = parse_json(x.body, wrapping_limits).get();
  if (!body.is_object())
    throw error{error_code::invalid_json,
                "the request's body must be a JSON object"};
  return body;
}

std::string query(const http_request& x, const std::string& key) {
  const auto found = x.query.find(key);
  return found == x.query.end() ? std::string{} : found->second;
}

template <class Int>
Int number(const http_request& x, const std::string& key, Int otherwise) {
  const auto text = query(x, key);
  if (text.empty())
    return otherwise;
  auto result = Int{};
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, result);
  if (problem != std::errc{} || stop != end)
    throw error{error_code::usage, "\"" + key + "\" must be a number"};
  return result;
}

/// A comma-separated list of what `parse` knows.
template <class Parse>
auto names(const http_request& x, const std::string& key, Parse parse) {
  using name = typename decltype(parse(std::string_view{}))::value_type;
  auto result = std::vector<name>{};
  auto rest = query(x, key);
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto word = rest.substr(0, comma);
    const auto known = parse(word);
    if (!known)
      throw error{error_code::usage, "\"" + word + "\" is no " + key};
    result.push_back(*known);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  return result;
}

void send_event(const http_sink& to, std::string_view name, const json& x) {
  to.write("event: " + std::string{name} + "\ndata: " + text_of(x) + "\n\n");
}

/// A failure within a stream, whose head is gone already, is its last event.
void stream_run(operations& by, const std::string& id, follower f,
                const http_sink& to) {
  f.keep_going = to.alive;
  f.on_record = [&to](const json& x) { send_event(to, "record", x); };
  try {
    if (const auto run = by.follow(id, f); !run.is_null())
      send_event(to, "run", run);
  } catch (const error& e) {
    send_event(to, "problem", problem_document(e.code(), detail_of(e)));
  }
}

http_response follow(const http_request& x,
                     const std::shared_ptr<operations>& by) {
  // Resolved before the answer begins: it may still be a refusal.
  const auto id = by->find_run(x.path[2]).at("id").get<std::string>();
  auto f
    = follower{.from = number(x, "from", std::uint32_t{0}),
               .until = query(x, "until") == "ended" ? follow_until::ended
                                                     : follow_until::settled};
  return {.type = "text/event-stream",
          .stream = [by, id, f = std::move(f)](const http_sink& to) {
            stream_run(*by, id, f, to);
          }};
}

http_response list_runs(const http_request& x, operations& by) {
  return document(by.list_runs(
    {.states
     = names(x, "state", [](std::string_view t) { return parse_run_state(t); }),
     .agent = query(x, "agent"),
     .before = number(x, "cursor", run_number{0}),
     .limit = number(x, "limit", run_filter{}.limit)}));
}

http_response list_tickets(const http_request& x, operations& by) {
  return document(by.list_tickets(
    {.states = names(x, "state",
                     [](std::string_view t) { return parse_ticket_state(t); }),
     .run = query(x, "run"),
     .limit = number(x, "limit", ticket_query{}.limit)}));
}

http_response start_run(const http_request& x, operations& by) {
  auto body = body_of(x);
  const auto key = x.headers.find("idempotency-key");
  if (key != x.headers.end() && !body.contains("key"))
    body["key"] = key->second;
  return document(by.start_run(body), 202);
}

http_response no_route() {
  return problem(error_code::usage, "there is no such route", 404);
}

http_response get_run(const http_request& x,
                      const std::shared_ptr<operations>& by) {
  if (x.path.size() == 2)
    return list_runs(x, *by);
  const auto& id = x.path[2];
  if (x.path.size() == 3)
    return document(by->find_run(id));
  if (x.path.size() == 4 && x.path[3] == "steps")
    return document(by->list_steps(id));
  if (x.path.size() == 4 && x.path[3] == "events")
    return follow(x, by);
  return no_route();
}

http_response post_run(const http_request& x, operations& by) {
  if (x.path.size() == 2)
    return start_run(x, by);
  if (x.path.size() != 4)
    return no_route();
  const auto& id = x.path[2];
  if (x.path[3] == "cancel")
    return document(by.cancel_run(id, body_of(x)));
  if (x.path[3] == "resume")
    return document(by.resume_run(id));
  if (x.path[3] == "retry")
    return document(by.retry_run(id, body_of(x)));
  return no_route();
}

http_response get_ticket(const http_request& x, operations& by) {
  if (x.path.size() == 2)
    return list_tickets(x, by);
  return x.path.size() == 3 ? document(by.find_ticket(x.path[2])) : no_route();
}

http_response post_ticket(const http_request& x, operations& by) {
  if (x.path.size() != 4 || x.path[3] != "decision")
    return no_route();
  return document(by.decide(x.path[2], body_of(x)));
}

http_response route(const http_request& x,
                    const std::shared_ptr<operations>& by) {
  const auto get = x.method == "GET";
  if (!get && x.method != "POST")
    return problem(error_code::usage, "only GET and POST are answered", 405);
  if (get && x.path.size() == 1 && x.path[0] == "version")
    return document({{"version", version()}});
  if (x.path.size() < 2 || x.path[0] != "v1")
    return no_route();
  if (x.path[1] == "runs")
    return get ? get_run(x, by) : post_run(x, *by);
  if (x.path[1] == "tickets")
    return get ? get_ticket(x, *by) : post_ticket(x, *by);
  if (get && x.path[1] == "tree" && x.path.size() == 2)
    return document(by->tree());
  return no_route();
}

} // namespace

json problem_document(error_code code, std::string_view detail) {
  return {{"type", "urn:stanchion:" + std::string{to_string(code)}},
          {"title", to_string(code)},
          {"status", http_status_of(code)},
          {"code", to_string(code)},
          {"detail", detail}};
}

http_response answer(const http_request& request,
                     const std::shared_ptr<operations>& by) {
  try {
    return route(request, by);
  } catch (const error& e) {
    return problem(e.code(), detail_of(e), http_status_of(e.code()));
  } catch (const std::exception& e) {
    return problem(error_code::store_io, e.what(), 500);
  }
}

} // namespace stanchion
