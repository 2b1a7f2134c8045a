#pragma once

#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/core/defaults.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The part of HTTP/1.1 that two processes of one user speak over the socket of
/// a data directory: one request per connection, its length announced; an
/// answer that ends with the connection. The library of Debian 12 has no such
/// sockets, hence this.
namespace stanchion {

struct http_request {
  std::string method;
  /// The parts of the path, decoded: `{"v1", "runs"}`.
  std::vector<std::string> path;
  std::map<std::string, std::string> query;   ///< decoded
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;
};

/// Where an answer goes that is written bit by bit.
struct http_sink {
  std::function<void(std::string_view)> write; ///< throws when nobody listens
  std::function<bool()> alive;                 ///< whether somebody listens
};

struct http_response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  /// Set for an answer that is written bit by bit, instead of `body`. Returning
  /// ends it.
  std::function<void(const http_sink&)> stream = {};
};

/// Most bytes of a request's body.
inline constexpr std::size_t request_limit = defaults::json_bytes + 65'536;

/// Reads a request. Nothing when the other side hung up before it began.
/// Errors: `error{usage}` for what is no such request, `input_too_large`.
[[nodiscard]] std::optional<http_request> read_request(stream_socket& from);
void write_response(const stream_socket& to, const http_response& x);

/// `text` as one part of a path or query.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// Nothing when a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// The parts of a request's target. Nothing when it is malformed.
struct http_target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};
[[nodiscard]] std::optional<http_target> parse_target(std::string_view text);

} // namespace stanchion
