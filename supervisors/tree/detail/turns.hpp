#pragma once

#include <stanchion/supervisors/policy/restart_decision.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace stanchion::detail {

/// Where a child stands and where it is to go. A supervisor only ever changes
/// these marks; whose turn it is follows from them.
struct standing {
  child_state state = child_state::stopped;
  bool wanted = true;   ///< to be started whenever it is down
  bool marked = false;  ///< to be stopped
  bool delayed = false; ///< down, and its delay has not passed
  bool booted = false;  ///< has been up, or ended for good, at least once
};

[[nodiscard]] constexpr bool is_alive(child_state x) {
  return x == child_state::starting || x == child_state::running
         || x == child_state::stopping;
}

/// The child to tell to stop now: the last of those marked, unless that one
/// has been told already.
[[nodiscard]] std::optional<std::size_t>
next_stop(const std::vector<standing>& children);

/// The first child to start now. Under `one_for_one` a child that was up once
/// depends on nobody; everything else waits for those before it, and a group
/// also until its members are down and its delay has passed.
[[nodiscard]] std::optional<std::size_t>
next_start(strategy how, const std::vector<standing>& children);

} // namespace stanchion::detail
