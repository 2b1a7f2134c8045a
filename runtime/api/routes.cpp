#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/detail/api_call.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <algorithm>
#include <array>

namespace stanchion {

namespace {

constexpr auto stream = std::string_view{"text/event-stream"};

// clang-format off
constexpr auto table = std::to_array<api_route>({
  {"GET", "/v1/runs", access::viewer, "listRuns",
   "Lists runs, newest first.",
   "state,agent,cursor,limit", "", 200, "application/json", detail::list_runs},
  {"POST", "/v1/runs", access::operator_role, "startRun",
   "Starts a run; answers once it is durable.",
   "", "agent!,input,budget,key,submitter", 202, "application/json",
   detail::start_run},
  {"GET", "/v1/runs/{id}", access::viewer, "getRun",
   "Shows a run, why it stands as it does, and its open tickets.",
   "", "", 200, "application/json", detail::get_run},
  {"GET", "/v1/runs/{id}/steps", access::viewer, "listSteps",
   "Lists what a run did, step by step.",
   "", "", 200, "application/json", detail::list_steps},
  {"GET", "/v1/runs/{id}/export", access::viewer, "exportRun",
   "Gives a run with its records, tickets and children, without secrets, for "
   "archives and bug reports.",
   "", "", 200, "application/json", detail::export_run},
  {"GET", "/v1/runs/{id}/events", access::viewer, "followRun",
   "Streams the records of a run, a `record` each, and then the `run` once it "
   "is settled or has ended; a failure within the stream is a `problem`.",
   "from,until", "", 200, stream, detail::follow_run},
  {"POST", "/v1/runs/{id}/cancel", access::operator_role, "cancelRun",
   "Ends a run: no new step is begun.",
   "", "reason,by", 200, "application/json", detail::cancel_run},
  {"POST", "/v1/runs/{id}/resume", access::operator_role, "resumeRun",
   "Drives an open run on, deciding nothing.",
   "", "by", 200, "application/json", detail::resume_run},
  {"POST", "/v1/runs/{id}/signal", access::operator_role, "signalRun",
   "Hands a run what it waits for, or will. The same id, the same signal.",
   "", "name!,id!,content,by", 200, "application/json", detail::signal_run},
  {"POST", "/v1/runs/{id}/retry", access::operator_role, "retryRun",
   "Says retry about the ticket of a run.",
   "", "comment,by", 200, "application/json", detail::retry_run},
  {"POST", "/v1/runs/{id}/fork", access::operator_role, "forkRun",
   "Begins another run with what this one, which is parked or has ended, had "
   "done and heard before a step, and lists what it did from there on: tools "
   "that acted there ask for approval in the fork. With `dry_run` it only "
   "lists, and answers 200.",
   "", "at,agent_version,dry_run,key,reason,by", 201, "application/json",
   detail::fork_run},
  {"GET", "/v1/tickets", access::viewer, "listTickets",
   "Lists tickets, oldest first.",
   "state,kind,reason,run,agent,tool,assignee,cursor,limit", "", 200, "application/json", detail::list_tickets},
  {"GET", "/v1/tickets/{id}", access::viewer, "getTicket",
   "Shows a ticket and all that is needed to decide it. `summary` is "
   "Stanchion's own; `untrusted` lists `{at, from}`: JSON pointers to what "
   "others wrote, and who.",
   "", "", 200, "application/json", detail::get_ticket},
  {"POST", "/v1/tickets/{id}/decision", access::approver, "decideTicket",
   "Decides a ticket. The first decision stands: the same one again is "
   "answered as before, another one is refused.",
   "", "verb!,version,comment,payload,by", 200, "application/json",
   detail::decide},
  {"GET", "/v1/agents", access::viewer, "listAgents",
   "Lists the agents that this process has.",
   "", "", 200, "application/json", detail::list_agents},
  {"POST", "/v1/agents/{name}/mode", access::operator_role, "setMode",
   "Says what an agent may do unattended: autonomous, advisory or stopped.",
   "", "mode!,reason!,by", 200, "application/json", detail::set_mode},
  {"POST", "/v1/stop", access::operator_role, "stopAll",
   "Stops everything at once, also for processes to come; with `lift` all may "
   "go on.",
   "", "reason!,lift,by", 200, "application/json", detail::stop_all},
  {"GET", "/v1/tools", access::viewer, "listTools",
   "Lists the tools that this process has, and their breakers.",
   "", "", 200, "application/json", detail::list_tools},
  {"GET", "/v1/tools/{name}", access::viewer, "getTool",
   "Shows a tool, with its schemas.",
   "", "", 200, "application/json", detail::get_tool},
  {"POST", "/v1/tools/{name}/breaker", access::operator_role, "setBreaker",
   "Isolates a tool, so that no call leaves, or lets calls pass again.",
   "", "state!,reason!,by", 200, "application/json", detail::set_breaker},
  {"GET", "/v1/tree", access::viewer, "getTree",
   "Shows the supervision tree.",
   "", "", 200, "application/json", detail::get_tree},
  {"POST", "/v1/journal/prune", access::admin, "pruneJournal",
   "Removes runs that have been over for long, with all that is known of them, "
   "a part of the journal at a time: while there is a `next_cursor`, more is "
   "left to look at. With `dry_run` it only counts.",
   "", "older_than_s!,state,cursor,dry_run,reason,by", 200,
   "application/json", detail::prune_journal},
  {"GET", "/v1/audit", access::admin, "listAudit",
   "Lists who changed what, when and why, newest first.",
   "subject,by,cursor,limit", "", 200, "application/json", detail::list_audit},
  {"GET", "/v1/tokens", access::admin, "listTokens",
   "Lists tokens, without their secrets.",
   "", "", 200, "application/json", detail::list_tokens},
  {"POST", "/v1/tokens", access::admin, "createToken",
   "Makes a token. This answer is the only one that has its secret.",
   "", "name!,role!,decides_as,expires_in_s,by", 201, "application/json",
   detail::create_token},
  {"POST", "/v1/tokens/{name}/revoke", access::admin, "revokeToken",
   "Revokes a token, at once.",
   "", "reason,by", 200, "application/json", detail::revoke_token},
  {"GET", "/v1/events", access::viewer, "streamEvents",
   "Streams all events as they happen, from a place on that `Last-Event-ID` or "
   "`after` names. A `reset` says that events were missed: what was read "
   "before must be read again.",
   "after,run", "", 200, stream, detail::stream_events},
  {"GET", "/livez", access::anybody, "getLive",
   "Says that the process answers.",
   "", "", 200, "application/json", detail::get_live},
  {"GET", "/readyz", access::anybody, "getReady",
   "Says whether runs can be started: 503 while the process stops or its "
   "journal cannot be written.",
   "", "", 200, "application/json", detail::get_ready},
  {"GET", "/metrics", access::viewer, "getMetrics",
   "Metrics in the text format of Prometheus.",
   "", "", 200, "text/plain; version=0.0.4", detail::get_metrics},
  {"GET", "/version", access::anybody, "getVersion",
   "Says which version answers.",
   "", "", 200, "application/json", detail::get_version},
  {"GET", "/openapi.json", access::anybody, "getOpenapi",
   "This document.",
   "", "", 200, "application/json", detail::get_openapi},
});
// clang-format on

/// Whether a path is that of a route; collects what stands for `{…}`.
bool matches(std::string_view pattern, const std::vector<std::string>& path,
             std::vector<std::string>& ids) {
  const auto parts = split(pattern.substr(1), '/');
  if (parts.size() != path.size())
    return false;
  ids.clear();
  for (auto i = std::size_t{0}; i < parts.size(); ++i) {
    const auto any = parts[i].starts_with('{');
    if (any ? path[i].empty() : path[i] != parts[i])
      return false;
    if (any)
      ids.push_back(path[i]);
  }
  return true;
}

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::usage, why};
}

void check_query(const api_route& route, const http_request& x) {
  const auto known = names_in(route.query);
  for (const auto& [name, content] : x.query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse("there is no parameter \"" + name + "\" here; there is "
             + (route.query.empty() ? "none" : std::string{route.query}));
}

json read_body(const api_route& route, const http_request& x) {
  auto body = x.body.empty() ? json::object()
                             : parse_json(x.body, wrapping_limits).get();
  if (!body.is_object())
    throw error{error_code::invalid_json,
                "the request's body must be a JSON object"};
  const auto known = names_in(route.members);
  for (const auto& [name, content] : body.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse("there is no member \"" + name + "\" here; there is "
             + (known.empty() ? "none" : std::string{route.members}));
  for (const auto word : split(route.members, ','))
    if (word.ends_with('!') && !body.contains(word.substr(0, word.size() - 1)))
      refuse("member \"" + std::string{word.substr(0, word.size() - 1)}
             + "\" is missing");
  return body;
}

http_response no_route(const route_match& found) {
  if (found.allowed.empty())
    return problem(error_code::bad_request, "there is no such route", 404);
  auto list = std::string{};
  for (const auto method : found.allowed)
    list.append(list.empty() ? "" : ", ").append(method);
  auto no = problem(error_code::bad_request,
                    "this route is asked with " + list + " only", 405);
  no.headers["Allow"] = list;
  return no;
}

http_response handle(const http_request& request, const caller& by,
                     const std::shared_ptr<operations>& work) {
  auto found = find_route(request.method, request.path);
  if (found.route == nullptr)
    return no_route(found);
  const auto& route = *found.route;
  if (!allows(by.as, route.needs))
    return problem(error_code::forbidden,
                   "a " + std::string{to_string(by.as)}
                     + " may not do this; it takes another role");
  check_query(route, request);
  auto x = api_call{request, by, work, std::move(found.ids)};
  if (route.method == "POST")
    x.body = read_body(route, request);
  return route.handle(x);
}

} // namespace

std::span<const api_route> api_routes() {
  return table;
}

std::vector<std::string_view> names_in(std::string_view list) {
  if (list.empty())
    return {};
  auto names = split(list, ',');
  for (auto& name : names)
    if (name.ends_with('!'))
      name.remove_suffix(1);
  return names;
}

route_match find_route(std::string_view method,
                       const std::vector<std::string>& path) {
  auto found = route_match{};
  auto ids = std::vector<std::string>{};
  for (const auto& route : table) {
    if (!matches(route.path, path, ids))
      continue;
    found.allowed.push_back(route.method);
    if (route.method == "GET")
      found.allowed.emplace_back("HEAD");
    const auto reads = route.method == "GET" && method == "HEAD";
    if (route.method != method && !reads)
      continue;
    found.route = &route;
    found.ids = ids;
  }
  return found;
}

http_response answer(const http_request& request, const caller& by,
                     const std::shared_ptr<operations>& work) {
  try {
    return handle(request, by, work);
  } catch (const error& e) {
    return problem(e);
  } catch (const std::exception& e) {
    return problem(error_code::store_io, e.what(), 500);
  }
}

} // namespace stanchion
