#pragma once

#include <stanchion/runtime/api/service.hpp>

#include <filesystem>
#include <string>

// For programs that serve HTTP with cpp-httplib themselves. Build them with the
// library of the system and with what `pkg-config --cflags cpp-httplib` says:
// its types depend on it.
namespace httplib {
class Server; // NOLINT(readability-identifier-naming)
} // namespace httplib

namespace stanchion {

class runtime;

/// How the operator API is mounted.
struct mount_options {
  /// What all its paths begin with, such as `/stanchion`; empty for nothing.
  std::string prefix;
  /// Who may; empty for `DATA_DIR/tokens.json`, which `stanchion token` keeps.
  std::filesystem::path tokens;
  /// Name the hosts that the server is known by in `gate.hosts`, and set `tls`
  /// where it speaks it.
  service_options service;
};

/// Adds the routes of the operator API to a server of the program's own.
///
/// The server keeps its own limits: give it a bound of its bodies
/// (`set_payload_max_length`), timeouts, and more workers than
/// `service.streams`.
///
/// Errors:  none.
/// Threads: before the server listens. `of` must outlive `on`, and be started
///          before the first request.
void mount_operator_api(httplib::Server& on, runtime& of,
                        const mount_options& options = {});

} // namespace stanchion
