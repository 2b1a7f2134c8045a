#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/store.hpp>

#include <functional>
#include <string>
#include <vector>

namespace stanchion {

/// What a start finds to be taken up.
struct recovery_plan {
  /// Driven at once.
  std::vector<run_number> resume;
  /// Wait for an instant: only their timers are armed.
  std::vector<run_row> sleeping;
  /// Agents (name and version) that open runs need and the program lacks.
  std::vector<run_row> orphans;
};

/// How the store remembers which suspect is under way.
[[nodiscard]] std::string to_text(const suspect& x);

/// Records, after a death of the process, what it may have died of: steps whose
/// attempt was open and agent code that was running. The suspect that `in`
/// remembers was the only one under way. Made durable before anything is
/// driven, then told to `events`, which may be null. Throws
/// `error{store_full}` or `error{store_io}`.
void charge_deaths(store& in, instant now, event_sink* events = nullptr);

/// Reads all open runs. `knows` says whether this program has an agent's
/// version.
[[nodiscard]] recovery_plan
plan_recovery(store& from, instant now,
              const std::function<bool(const run_row&)>& knows);

} // namespace stanchion
