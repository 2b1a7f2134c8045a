#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/version.hpp>
#include <stanchion/runtime/api/cursor.hpp>
#include <stanchion/runtime/api/detail/api_call.hpp>
#include <stanchion/runtime/api/event_feed.hpp>
#include <stanchion/runtime/api/openapi.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <string>
#include <utility>

namespace stanchion::detail {

// -- what answers share -------------------------------------------------------

http_response document(const json& x, int status) {
  return {.status = status, .body = json_text(x)};
}

http_response tagged(const api_call& x, const json& doc,
                     const std::string& tag) {
  auto to = document(doc);
  to.headers["ETag"] = tag;
  const auto known = x.request.header("if-none-match");
  for (const auto each : split(known, ','))
    if (trimmed(each) == tag || trimmed(each) == "*") {
      to.status = 304;
      to.body.clear();
    }
  return to;
}

namespace {

/// The cursor of the page behind, which the page names from now on; empty when
/// there is none.
std::string name_next(json& page) {
  const auto next = page.find("next");
  if (next == page.end())
    return {};
  auto cursor = encode_cursor(next->get<run_number>());
  page.erase(next);
  page["next_cursor"] = cursor;
  return cursor;
}

} // namespace

http_response page_of(const api_call& x, json page) {
  const auto cursor = name_next(page);
  if (cursor.empty())
    return document(page);
  auto target = std::string{};
  for (const auto& part : x.request.path)
    target.append("/").append(percent_encoded(part));
  target += "?cursor=" + cursor;
  for (const auto& [name, content] : x.request.query)
    if (name != "cursor")
      target.append("&").append(name).append("=").append(
        percent_encoded(content));
  auto to = document(page);
  to.headers["Link"] = "<" + target + ">; rel=\"next\"";
  return to;
}

std::string speaker(const api_call& x, const char* member) {
  const auto said = text_member(x.body, member);
  if (said.empty() || said == x.by.name)
    return x.by.name;
  if (x.by.owner || x.by.as == role::admin)
    return said;
  throw error{error_code::forbidden, "\"" + std::string{member}
                                       + "\" names somebody else than "
                                       + x.by.name + "; leave it out"};
}

json said(const api_call& x) {
  auto request = x.body;
  request["by"] = speaker(x);
  return request;
}

json roles_of(const api_call& x) {
  const auto any = x.by.owner || x.by.as == role::admin;
  auto roles = json(x.by.decides_as);
  roles.push_back(any ? "*" : to_string(x.by.as));
  return roles;
}

// -- the journal --------------------------------------------------------------

http_response prune_journal(const api_call& x) {
  auto request = said(x);
  if (const auto cursor = text_member(x.body, "cursor"); !cursor.empty())
    request["below"] = decode_cursor(cursor);
  auto part = x.work->prune_journal(request);
  name_next(part);
  return document(part);
}

// -- supervision --------------------------------------------------------------

http_response list_agents(const api_call& x) {
  return document(x.work->list_agents());
}

http_response set_mode(const api_call& x) {
  const auto request = said(x);
  return document(x.work->set_mode(x.ids[0], request));
}

http_response stop_all(const api_call& x) {
  const auto request = said(x);
  return document(x.work->stop_all(request));
}

http_response list_tools(const api_call& x) {
  return document(x.work->list_tools());
}

http_response get_tool(const api_call& x) {
  return document(x.work->find_tool(x.ids[0]));
}

http_response set_breaker(const api_call& x) {
  const auto request = said(x);
  return document(x.work->set_breaker(x.ids[0], request));
}

http_response get_tree(const api_call& x) {
  return document(x.work->tree());
}

// -- events -------------------------------------------------------------------

http_response stream_events(const api_call& x) {
  auto feed = x.work->events();
  if (feed == nullptr)
    throw error{error_code::no_server, "no process drives runs here, so that "
                                       "there is nothing to hear"};
  auto wanted = feed_query{.after = x.request.header("last-event-id")};
  if (wanted.after.empty())
    wanted.after = x.request.parameter("after");
  if (const auto run = x.request.parameter("run"); !run.empty())
    wanted.run
      = parse_uuid(x.work->find_run(run).at("id").get<std::string>()).value();
  return {.type = "text/event-stream",
          .stream = [feed = std::move(feed), wanted](const http_sink& to) {
            stream_feed(*feed, wanted, to);
          }};
}

// -- health -------------------------------------------------------------------

http_response get_live(const api_call&) {
  return document({{"status", "ok"}});
}

http_response get_ready(const api_call& x) {
  const auto state = x.work->readiness();
  return document(state, state.value("ready", false) ? 200 : 503);
}

http_response get_metrics(const api_call&) {
  auto text = std::string{"# HELP stanchion_build_info The version.\n"
                          "# TYPE stanchion_build_info gauge\n"
                          "stanchion_build_info{version=\""}
                .append(version())
                .append("\"} 1\n");
  return {.type = "text/plain; version=0.0.4", .body = std::move(text)};
}

http_response get_version(const api_call&) {
  return document({{"version", version()}});
}

http_response get_openapi(const api_call&) {
  return document(openapi_document());
}

} // namespace stanchion::detail
