#pragma once

#include <stanchion/core/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// The messages of JSON-RPC 2.0, as the Model Context Protocol uses it: one
/// JSON document each, no batches.
///
/// Threads: values; functions may be called from any thread.
namespace stanchion {

/// Codes that JSON-RPC and the protocol give a meaning.
namespace rpc_code {

inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int unknown_method = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int header_mismatch = -32020;
inline constexpr int missing_capability = -32021;
inline constexpr int unsupported_version = -32022;
/// Without a meaning by the protocol; servers say it of sessions that they do
/// not know.
inline constexpr int unspecified = -32000;

} // namespace rpc_code

struct rpc_error {
  std::int64_t code = rpc_code::internal_error;
  std::string message;
  value data;
};

/// The other side asks; `id` is a string or an integer.
struct rpc_request {
  value id;
  std::string method;
  value params;
};

struct rpc_notification {
  std::string method;
  value params;
};

/// An answer; `id` is null where the other side could not tell which.
struct rpc_response {
  value id;
  std::variant<value, rpc_error> result;
};

/// No message of JSON-RPC, such as a banner among them.
struct rpc_garbage {
  std::string why;
};

using rpc_message
  = std::variant<rpc_request, rpc_notification, rpc_response, rpc_garbage>;

/// Reads one message. Bounded in depth and length as all JSON
/// (`core/canonical.hpp`).
[[nodiscard]] rpc_message parse_frame(std::string_view text);

// One line each, without its end. `params` and `result` are objects.

[[nodiscard]] std::string
request_frame(std::int64_t id, std::string_view method, const json& params);
[[nodiscard]] std::string notification_frame(std::string_view method,
                                             const json& params);
[[nodiscard]] std::string response_frame(const value& id, const json& result);
[[nodiscard]] std::string refusal_frame(const value& id, std::int64_t code,
                                        std::string_view message);

} // namespace stanchion
