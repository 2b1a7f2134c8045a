#include <stanchion/core/budget.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/api/cursor.hpp>
#include <stanchion/runtime/api/detail/api_call.hpp>
#include <stanchion/runtime/api/detail/query.hpp>
#include <stanchion/runtime/api/problem.hpp>

#include <string>
#include <utility>

namespace stanchion::detail {

namespace {

void send_event(const http_sink& to, std::string_view name, const json& x) {
  to.write("event: " + std::string{name} + "\ndata: " + json_text(x) + "\n\n");
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

/// A structured field's string with its quotes, or the bare text that many
/// clients send.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"'))
    return std::string{text};
  auto plain = std::string{};
  text = text.substr(1, text.size() - 2);
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      ++i;
    plain += text[i];
  }
  return plain;
}

std::string key_of(const api_call& x) {
  constexpr auto longest = std::size_t{255};
  const auto header = x.request.header("idempotency-key");
  const auto member = text_member(x.body, "key");
  const auto key = header.empty() ? member : unquoted(header);
  if (!member.empty() && member != key)
    throw error{error_code::usage,
                "Idempotency-Key and the member \"key\" differ"};
  if (key.size() > longest)
    throw error{error_code::usage,
                "an idempotency key has at most 255 characters"};
  return key;
}

std::string tag_of(const json& doc) {
  return "\"" + to_string(sha256(json_text(doc))).substr(0, 32) + "\"";
}

} // namespace

http_response list_runs(const api_call& x) {
  return page_of(
    x, x.work->list_runs(
         {.states = names(
            x, "state", [](std::string_view t) { return parse_run_state(t); }),
          .agent = x.request.parameter("agent"),
          .before = decode_cursor(x.request.parameter("cursor")),
          .limit = bounded(x, "limit", run_filter{}.limit, page_limit(x))}));
}

http_response start_run(const api_call& x) {
  auto request = x.body;
  request["submitter"] = speaker(x, "submitter");
  request["key"] = key_of(x);
  if (const auto trace = x.request.header("traceparent"); !trace.empty())
    request["traceparent"] = trace;
  const auto run = x.work->start_run(request);
  auto to = document(run, 202);
  to.headers["Location"] = "/v1/runs/" + run.value("id", "");
  return to;
}

http_response get_run(const api_call& x) {
  const auto run = x.work->find_run(x.ids[0]);
  return tagged(x, run, tag_of(run));
}

http_response list_steps(const api_call& x) {
  return document(x.work->list_steps(x.ids[0]));
}

http_response export_run(const api_call& x) {
  return document(x.work->export_run(x.ids[0]));
}

http_response follow_run(const api_call& x) {
  // Resolved before the answer begins: it may still be a refusal.
  const auto id = x.work->find_run(x.ids[0]).at("id").get<std::string>();
  auto f = follower{.from = number(x, "from", std::uint32_t{0}),
                    .until = x.request.parameter("until") == "ended"
                               ? follow_until::ended
                               : follow_until::settled};
  return {.type = "text/event-stream",
          .stream = [by = x.work, id, f = std::move(f)](const http_sink& to) {
            stream_run(*by, id, f, to);
          }};
}

http_response cancel_run(const api_call& x) {
  const auto request = said(x);
  return document(x.work->cancel_run(x.ids[0], request));
}

http_response resume_run(const api_call& x) {
  const auto request = said(x);
  return document(x.work->resume_run(x.ids[0], request));
}

http_response signal_run(const api_call& x) {
  const auto request = said(x);
  return document(x.work->signal_run(x.ids[0], request));
}

http_response fork_run(const api_call& x) {
  auto request = said(x);
  request["key"] = key_of(x);
  const auto made = x.work->fork_run(x.ids[0], request);
  const auto run = made.find("run");
  if (run == made.end())
    return document(made);
  auto to = document(made, 201);
  to.headers["Location"] = "/v1/runs/" + run->value("id", "");
  return to;
}

http_response retry_run(const api_call& x) {
  auto request = said(x);
  request["roles"] = roles_of(x);
  return document(x.work->retry_run(x.ids[0], request));
}

} // namespace stanchion::detail
