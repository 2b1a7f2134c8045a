#pragma once

#include <stanchion/actors/mcp/session.hpp>
#include <stanchion/actors/mcp/transport.hpp>
#include <stanchion/actors/process/poll_loop.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/outcome.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stanchion {

/// What a server has.
struct mcp_listing {
  mcp_greeting from;
  std::vector<mcp_tool> tools;
  std::vector<std::string> dropped;
};

/// Who hears of a client; on the loop's thread, must be short.
struct mcp_client_listener {
  /// It is connected and this is there; again when that has changed.
  std::function<void(const mcp_listing& x)> on_listed;
  /// Once, and the last: it is over, and nothing is left of it.
  std::function<void(const std::string& why)> on_lost;
  std::function<void(severity level, const std::string& text)> on_note;
};

struct mcp_client_options {
  mcp_session_options session = {};
  /// Makes what the messages go over; on the loop's thread. What it throws is
  /// why the connection was lost.
  std::function<std::unique_ptr<mcp_transport>(poll_loop& loop,
                                               mcp_transport_listener listener)>
    connect;
};

/// One connection to a server, from its first message to its end.
///
/// Threads: any but the loop's.
/// Owns:    the connection: its end closes it, in good order where the loop
///          goes on, at once where it does not.
class mcp_client {
public:
  /// Begins to connect; returns at once.
  mcp_client(std::shared_ptr<poll_loop> loop, mcp_client_options options,
             mcp_client_listener listener);
  mcp_client(const mcp_client&) = delete;
  mcp_client& operator=(const mcp_client&) = delete;
  ~mcp_client();

  /// Others hear of it from now on; first, how it stands, if that is known.
  void listen(mcp_client_listener to);

  struct call_listener {
    /// Once; never where the loop ends before.
    std::function<void(outcome x)> on_end;
    /// It goes on.
    std::function<void()> on_progress;
  };
  /// Fails at once, with `not_started`, where it is not connected.
  mcp_call_id call(mcp_call what, call_listener who);
  /// Nobody waits; it may still end.
  void cancel(mcp_call_id id);
  /// Ends it; `on_lost` is told when nothing is left.
  void close();

private:
  struct impl;
  std::shared_ptr<poll_loop> loop_;
  std::shared_ptr<impl> impl_;
};

} // namespace stanchion
