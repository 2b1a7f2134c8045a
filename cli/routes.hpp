#pragma once

#include <stanchion/cli/http_message.hpp>
#include <stanchion/cli/operations.hpp>
#include <stanchion/core/error.hpp>

#include <memory>

namespace stanchion {

/// Answers a request of the operator API with what `by` does or says. Errors
/// become `application/problem+json`.
///
///     POST /v1/runs                 GET /v1/runs?state=&agent=&cursor=&limit=
///     GET  /v1/runs/{id}            GET /v1/runs/{id}/steps
///     GET  /v1/runs/{id}/events?from=&until=   a stream of server-sent events:
///          a `record` each, then the `run` once it is settled, or has ended
///     POST /v1/runs/{id}/cancel     POST /v1/runs/{id}/{resume,retry}
///     GET  /v1/tickets?state=&run=&limit=      GET /v1/tickets/{id}
///     POST /v1/tickets/{id}/decision
///     GET  /v1/tree                 GET /version
///
/// Threads: those of `by`.
[[nodiscard]] http_response answer(const http_request& request,
                                   const std::shared_ptr<operations>& by);

/// An error as `application/problem+json`: `type, title, status, code, detail`.
[[nodiscard]] json problem_document(error_code code, std::string_view detail);

} // namespace stanchion
