#pragma once

#include <stanchion/core/store.hpp>

#include <vector>

namespace stanchion {

/// What a start finds to be taken up.
struct recovery_plan {
  /// Driven at once.
  std::vector<run_number> resume;
  /// What the process may have died of: driven one at a time.
  std::vector<run_number> suspects;
  /// Wait for an instant: only their timers are armed.
  std::vector<run_row> sleeping;
  /// What is recorded before anything is driven: process deaths, charged to
  /// the steps that were open.
  std::vector<batch> charges;
  /// Agents (name and version) that open runs need and the program lacks.
  std::vector<run_row> orphans;
};

/// Reads all open runs. `died`: the last owner ended without an orderly stop.
/// `knows` says whether this program has an agent's version.
[[nodiscard]] recovery_plan
plan_recovery(store& from, bool died, instant now,
              const std::function<bool(const run_row&)>& knows);

} // namespace stanchion
