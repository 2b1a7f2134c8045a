#pragma once

#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/api/server.hpp>

#include <memory>
#include <string>

namespace httplib {
class Server; // NOLINT(readability-identifier-naming)
} // namespace httplib

namespace stanchion {

/// What the gate of a server expects: the names by which it is reached. Errors:
/// `usage` for options that make no sense.
[[nodiscard]] service_options service_options_of(const serve_options& x,
                                                 const listen_address& at);

namespace detail {

/// Adds the routes to a server.
void mount(httplib::Server& on, const std::shared_ptr<api_service>& service,
           const std::string& prefix);

/// A URL's `http://host:port`, and what stands before all paths. Errors:
/// `usage`; also where a token would cross the network in clear.
struct url_parts {
  std::string origin;
  std::string prefix;
};
[[nodiscard]] url_parts parse_url(const server_address& x);

} // namespace detail

} // namespace stanchion
