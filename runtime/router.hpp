#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/fabric/actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace stanchion {

/// To the router: runs of `agent` are supervised by `supervisor`; empty while
/// it is down.
struct agent_supervised {
  std::string agent;
  fabric::actor_ref supervisor;
};

/// Knows which supervisor has which run, and lets suspects go one at a time.
/// The store remembers which one is under way, for `charge_deaths`. What is for
/// a run that has ended, or one that this program cannot drive since `knows`
/// says no to its row, is dropped: the next program finds what it was about in
/// the store.
///
/// Accepts:  agent_supervised, start_run (for the agent its row names),
///           routed{run, …}, guards_changed, turn_over,
///           ask_turn → turn_granted
/// State:    rebuilt from the store's rows
[[nodiscard]] std::unique_ptr<fabric::actor>
make_router(std::shared_ptr<store> from,
            std::function<bool(const run_row&)> knows);

/// To the router: a new run, not yet in the store.
struct start_new_run {
  std::string agent;
  run_number number = 0;
  std::shared_ptr<const void> beginning;
};

} // namespace stanchion
