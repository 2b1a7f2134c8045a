#pragma once

#include <stanchion/actors/mcp/client.hpp>
#include <stanchion/core/backoff.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/actor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

struct mcp_actor_options {
  /// The server's name.
  std::string name;
  /// Begins to connect.
  std::function<std::shared_ptr<mcp_client>(mcp_client_listener)> connect;
  /// A connection that there is already; empty for none.
  std::shared_ptr<mcp_client> first;
  /// Delays before it is connected to again. Default 0.5 s × 2 to 60 s, full
  /// jitter; from the first again after a connection that lasted longer.
  backoff_options backoff = {};
  /// Calls that may wait for a connection that is being made. Default 128.
  std::size_t stash = defaults::stash;
  /// What it has now; in the actor's context.
  std::function<void(const mcp_listing&)> on_listed;
  /// May be null.
  std::shared_ptr<event_sink> events;
  /// Spreads the delays; null means the operating system's chance.
  std::shared_ptr<random_source> random;
};

/// Keeps a connection to one server of the Model Context Protocol, and calls
/// its tools. A server that is gone is connected to again after a while, for as
/// long as this lives: that it does not come back never ends its supervisor.
///
///   connecting ──listed──▶ up
///       ▲  └───lost───┐    │ lost: open calls end `crashed`, unknown
///       │             ▼    ▼
///       └──delay── waiting         calls end `network`, not_started
///
/// Accepts:  mcp_job → tool_answer
///           describe_tree → tree_node
/// Emits:    run_log, about the connection and what the server says
/// Ends:     when asked to stop, once nothing is left of the server.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_mcp_actor(mcp_actor_options options);

/// Worker of a tool → server.
struct mcp_job {
  tool_job job;
  std::string tool; ///< as the server names it
  bool structured = false;
  /// Of which arguments go into headers, by JSON pointer.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Where a server's actor is to be found. Threads: any.
class mcp_link {
public:
  void set(fabric::actor_ref x) {
    const std::lock_guard guard{mutex_};
    server_ = std::move(x);
  }
  /// Empty while it is being replaced.
  [[nodiscard]] fabric::actor_ref get() const {
    const std::lock_guard guard{mutex_};
    return server_;
  }

private:
  mutable std::mutex mutex_;
  fabric::actor_ref server_; // guarded by mutex_
};

/// The worker of one tool: hands its jobs to the server.
///
/// Accepts:  tool_job → tool_answer
/// Errors:   none: what goes wrong is a failure of the call.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_mcp_tool(std::string name, mcp_tool what, std::shared_ptr<mcp_link> link);

} // namespace stanchion
