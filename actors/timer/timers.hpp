#pragma once

#include <stanchion/fabric/actor.hpp>

#include <memory>

namespace stanchion {

/// Wakes runs at absolute instants, in memory or not. One per runtime.
///
/// Accepts:  arm_timer     : remembered; no answer
///           describe_tree → a tree_node
/// Sends:    routed{run, timer_due} to `router` when an instant has come
/// State:    rebuilt at every start from the open runs' rows; a run that it
///           wakes too often looks and goes on waiting
///
/// A pending timer costs 16 bytes.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_timers(fabric::actor_ref router);

} // namespace stanchion
