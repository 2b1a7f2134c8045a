#pragma once

#include <stanchion/runtime/api/routes.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stanchion {

/// A request that has found its route and may go on.
struct api_call {
  const http_request& request;
  const caller& by;
  const std::shared_ptr<operations>& work;
  std::vector<std::string> ids; ///< what stands for `{…}` in the path
  json body = json::object();
};

namespace detail {

[[nodiscard]] http_response document(const json& x, int status = 200);

/// The same with an `ETag`; 304 without the document when the request names
/// it.
[[nodiscard]] http_response tagged(const api_call& x, const json& doc,
                                   const std::string& tag);

/// A page of a list. Where there is one after it, a cursor stands in the place
/// of its number, and a `Link` names it.
[[nodiscard]] http_response page_of(const api_call& x, json page);

/// Who is to stand for it: the caller, unless the body's `member` names
/// somebody else for whom the caller may speak. Errors: `forbidden`.
[[nodiscard]] std::string speaker(const api_call& x, const char* member = "by");

/// The body, with `by` as the speaker.
[[nodiscard]] json said(const api_call& x);

/// The roles in which the caller decides; `*` for whoever may do anything.
[[nodiscard]] json roles_of(const api_call& x);

// -- what each route does -----------------------------------------------------

http_response list_runs(const api_call& x);
http_response start_run(const api_call& x);
http_response get_run(const api_call& x);
http_response list_steps(const api_call& x);
http_response export_run(const api_call& x);
http_response follow_run(const api_call& x);
http_response cancel_run(const api_call& x);
http_response resume_run(const api_call& x);
http_response retry_run(const api_call& x);
http_response signal_run(const api_call& x);
http_response fork_run(const api_call& x);

http_response list_tickets(const api_call& x);
http_response get_ticket(const api_call& x);
http_response decide(const api_call& x);

http_response list_agents(const api_call& x);
http_response set_mode(const api_call& x);
http_response stop_all(const api_call& x);
http_response list_tools(const api_call& x);
http_response get_tool(const api_call& x);
http_response set_breaker(const api_call& x);
http_response get_tree(const api_call& x);

http_response prune_journal(const api_call& x);

http_response list_audit(const api_call& x);
http_response list_tokens(const api_call& x);
http_response create_token(const api_call& x);
http_response revoke_token(const api_call& x);

http_response stream_events(const api_call& x);
http_response get_live(const api_call& x);
http_response get_ready(const api_call& x);
http_response get_metrics(const api_call& x);
http_response get_version(const api_call& x);
http_response get_openapi(const api_call& x);

} // namespace detail

} // namespace stanchion
