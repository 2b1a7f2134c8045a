#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/policy/restart_backoff.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace stanchion::detail {

/// Where a run in memory stands.
enum class run_life : std::uint8_t {
  queued,   ///< to be spawned when its turn comes
  live,     ///< its actor is there
  evicting, ///< asked to leave, not known what it says
  waiting,  ///< down, its restart is due later
  stopping, ///< told to stop with all others
};

/// What a run said before its end.
enum class last_word : std::uint8_t {
  none,
  evicted,
  over,
};

/// What only runs that have crashed need.
struct trouble {
  trouble(const restart_budget_options& b, const backoff_options& d)
    : budget(b), backoff(d, b.window) {
    // nop
  }

  restart_budget budget;
  restart_backoff backoff;
  std::optional<instant> next_at;
  std::uint32_t turn = 0;
};

/// An instant that never comes.
inline constexpr instant never = instant::max();

/// What a supervisor keeps of one run in memory. There may be 100,000.
struct run_entry {
  /// Held until its down message, so that its state dies in its own context.
  fabric::actor_ref ref;
  std::unique_ptr<detail::trouble> trouble; // null if it never crashed
  instant evict_at = never;
  run_life life = run_life::queued;
  last_word said = last_word::none;
  bool starting = false;  ///< spawned, and has not begun
  bool timed = false;     ///< among those whose eviction is due some day
  bool exhausted = false; ///< to be spawned so that it parks itself
  bool parked = false;    ///< it has
  bool counted = false;   ///< counted towards the stop of the agent
  bool again = false;     ///< wanted again while it stops
};

static_assert(sizeof(run_entry) <= 40, "there may be 100,000");

/// When a run that waits since `since` is to leave memory, if ever: not when
/// it goes on by itself soon after.
[[nodiscard]] constexpr instant evict_time(instant since,
                                           std::optional<instant> next_at,
                                           duration evict_after) {
  const auto at = since + evict_after;
  return next_at && *next_at < at + evict_after ? never : at;
}

/// A message for a run that cannot take it now.
struct held_message {
  fabric::message body;
  fabric::promise to; ///< empty if it is no request
};

} // namespace stanchion::detail
