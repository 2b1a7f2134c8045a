#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/fabric/actor.hpp>

#include <memory>
#include <string>

namespace stanchion {

/// To the router: runs of `agent` are supervised by `supervisor`; empty while
/// it is down.
struct agent_supervised {
  std::string agent;
  fabric::actor_ref supervisor;
};

/// To the router: drive this run, whose process died while it ran, when no
/// other such run is under way.
struct start_suspect {
  run_number number = 0;
};

/// Knows which supervisor has which run, and drives suspects one at a time.
///
/// Accepts:  agent_supervised, start_run (for the agent its row names),
///           routed{run, …}, start_suspect, run_cleared, guards_changed
/// State:    rebuilt from the store's rows
[[nodiscard]] std::unique_ptr<fabric::actor>
make_router(std::shared_ptr<store> from);

/// To the router: a new run, not yet in the store.
struct start_new_run {
  std::string agent;
  run_number number = 0;
  std::shared_ptr<const void> beginning;
};

} // namespace stanchion
