#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/api/service.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace stanchion {

/// How the operator API is served.
struct serve_options {
  /// `HOST:PORT`; `[::1]:7420` for IPv6. Port 0 takes any that is free.
  std::string listen = "127.0.0.1:7420";
  /// What `Host` may name beside the host that is listened at and, where that
  /// is the machine itself, its usual names.
  std::vector<std::string> allow_hosts;
  /// PEM files; both or none. With them only TLS is spoken.
  std::filesystem::path tls_cert;
  std::filesystem::path tls_key;
  /// Listens beyond this machine without TLS all the same: tokens then cross
  /// the network for everybody on it to read.
  bool insecure_non_loopback = false;
  /// Threads that answer. At least 1; streams take one each.
  std::size_t workers = 32;
  /// Threads that answer `/livez`, `/readyz`, `/metrics` and `/version` while
  /// all others are busy, and tell the rest to come back. At least 1.
  std::size_t reserve = 4;
  /// How long a client may be silent while it sends, or not read while it is
  /// sent to.
  duration read_timeout = 5s;
  duration write_timeout = 5s;
  /// How long a client may take to send a whole request.
  duration request_timeout = 30s;
  /// What the API itself lets in; `hosts` and `tls` are set by the server.
  service_options service = {};
};

/// Serves the operator API over HTTP/1.1 for as long as it lives: one request a
/// connection.
///
/// Errors:  the constructor throws `error{usage}` for options that make no
///          sense, and for an address beyond this machine without TLS;
///          `error{store_io}` when it cannot listen.
/// Threads: `workers + reserve + 2` of its own. One makes and destroys it.
class api_server {
public:
  /// `tokens` is the file that says who may.
  api_server(std::shared_ptr<operations> work, std::filesystem::path tokens,
             serve_options options);
  api_server(const api_server&) = delete;
  api_server& operator=(const api_server&) = delete;
  /// Hangs up on who is slow and waits for what is being answered: stop the
  /// runtime first, which ends all streams.
  ~api_server();

  [[nodiscard]] int port() const;
  /// Such as `http://127.0.0.1:7420`.
  [[nodiscard]] std::string url() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Refuses options that make no sense, as the server does.
void check(const serve_options& x);

/// A host and a port. Errors: `usage`.
struct listen_address {
  std::string host; ///< without brackets
  int port = 0;

  /// Whether only this machine reaches it.
  [[nodiscard]] bool loopback() const;
};
[[nodiscard]] listen_address parse_address(const std::string& text);

} // namespace stanchion
