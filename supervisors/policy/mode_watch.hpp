#pragma once

#include <stanchion/core/mode.hpp>
#include <stanchion/core/mode_rules.hpp>
#include <stanchion/core/proposals.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// Who stands behind what the rules below change.
inline constexpr std::string_view mode_rule = "a rule";
/// The same for a budget that is used up: no rule raises what it has lowered.
inline constexpr std::string_view budget_rule = "the budget";

/// Decides when an agent may do less, or more again, by itself.
///
/// Errors:  none.
/// Threads: not synchronised; owned by one actor.
/// Time:    reads no clock. `now` never goes back.
class mode_watch {
public:
  explicit mode_watch(const mode_rules& rules) : rules_(rules) {
    // nop
  }

  /// A run of the agent has failed, or waits for a person. What follows, where
  /// the agent stands as `at_present` says; nothing mostly.
  [[nodiscard]] std::optional<mode_setting>
  failed(const mode_setting& at_present, instant now);

  /// Its runs have used up what they share, as `figures` says.
  [[nodiscard]] std::optional<mode_setting>
  spent(const mode_setting& at_present, std::string_view figures) const;

  /// People have judged what it proposed to do with a tool.
  [[nodiscard]] std::optional<mode_setting>
  judged(const mode_setting& at_present, std::string_view tool,
         const proposal_record& record);

private:
  mode_rules rules_;
  std::deque<instant> failures_; // oldest first, all within the window
  /// By tool: approvals in a row that were there before it was lowered.
  std::map<std::string, std::uint32_t, std::less<>> before_;
};

} // namespace stanchion
