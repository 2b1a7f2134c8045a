#pragma once

#include <stanchion/runtime/api/http.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/api/role.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

struct api_call;

/// One thing that the operator API does. From the table of these come the
/// answers to requests, who may ask, `405` with `Allow`, and `/openapi.json`.
struct api_route {
  std::string_view method; ///< `GET` or `POST`
  std::string_view path;   ///< `/v1/runs/{id}`: `{…}` is any one part
  access needs = access::viewer;
  std::string_view id;    ///< the operation's, for OpenAPI
  std::string_view about; ///< one sentence
  /// Parameters it knows, separated by commas; others are refused.
  std::string_view query;
  /// Members that its body may have, separated by commas, `!` behind those it
  /// must have. Others are refused. Of a `POST` only.
  std::string_view members;
  int status = 200; ///< of success
  std::string_view type = "application/json";
  http_response (*handle)(const api_call&) = nullptr;
};

/// All of them; those of one path stand together.
[[nodiscard]] std::span<const api_route> api_routes();

/// What a path leads to.
struct route_match {
  const api_route* route = nullptr; ///< null: nothing that is done that way
  std::vector<std::string> ids;     ///< what stands for `{…}`
  /// How else this path is asked; empty when there is no such path.
  std::vector<std::string_view> allowed;
};
[[nodiscard]] route_match find_route(std::string_view method,
                                     const std::vector<std::string>& path);

/// Does what a request asks for, unless the caller may not. Errors become
/// `application/problem+json`.
///
/// Threads: those of `work`.
[[nodiscard]] http_response answer(const http_request& request,
                                   const caller& by,
                                   const std::shared_ptr<operations>& work);

/// The names of a comma-separated list, without their marks.
[[nodiscard]] std::vector<std::string_view> names_in(std::string_view list);

} // namespace stanchion
