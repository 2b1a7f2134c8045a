#pragma once

#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/runtime/api/http.hpp>

#include <cstddef>
#include <optional>

/// The part of HTTP/1.1 that two processes of one user speak over the socket of
/// a data directory: one request per connection, its length announced; an
/// answer that ends with the connection. The library of Debian 12 has no such
/// sockets, hence this.
namespace stanchion {

/// Most bytes of a request's body.
inline constexpr std::size_t request_limit = defaults::json_bytes + 65'536;

/// Reads a request. Nothing when the other side hung up before it began.
/// Errors: `error{usage}` for what is no such request, `input_too_large`.
[[nodiscard]] std::optional<http_request> read_request(stream_socket& from);
void write_response(const stream_socket& to, const http_response& x);

} // namespace stanchion
