#pragma once

#include <stanchion/actors/mcp/transport.hpp>
#include <stanchion/actors/process/child_process.hpp>
#include <stanchion/actors/process/poll_loop.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <memory>

namespace stanchion {

struct mcp_stdio_options {
  process_options process;
  /// Bytes of one message; a server that sends more is given up. Default
  /// 16 MiB.
  std::size_t most_line = std::size_t{16} << 20U;
  /// Bytes that may wait for the server to read them. Default 64 MiB.
  std::size_t most_unread = std::size_t{64} << 20U;
  /// Time that it has to end once its input has, before it is asked to
  /// (SIGTERM); and from then on, before it is killed. Default 2 s each, as in
  /// the protocol's own SDKs.
  duration end_patience = 2s;
  duration kill_patience = 2s;
};

/// Speaks with a program that it starts: a message a line. What the program
/// says on its standard error is noted, cut where a line is long.
///
/// Errors: as `child_process::start`.
[[nodiscard]] std::unique_ptr<mcp_transport>
make_stdio_transport(const mcp_stdio_options& options, poll_loop& loop,
                     mcp_transport_listener listener);

} // namespace stanchion
