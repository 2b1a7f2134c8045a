#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How many restarts are borne before a supervisor gives up.
struct restart_budget_options {
  /// Restarts allowed within `window`; the next one is refused. 0 to 10,000;
  /// 0 means "never restart". Default 5, the tool actors' number.
  std::uint32_t max_restarts = defaults::tool_restarts;
  /// Length of the sliding window. Positive; default 60 s. (Erlang/OTP: 1 in
  /// 5 s; Elixir: 3 in 5 s; both without backoff, so much shorter.)
  duration window = defaults::restart_window;
};

/// What a run, a system actor and the root are allowed.
inline constexpr restart_budget_options run_restart_budget{
  defaults::run_restarts, defaults::restart_window};
inline constexpr restart_budget_options system_restart_budget{
  defaults::system_restarts, defaults::system_restart_window};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const restart_budget_options& x,
                                                std::string_view where = {});

/// Bounds how often children may be restarted before a supervisor gives up.
///
/// Allows at most `max_restarts` in any sliding window of length `window`. A
/// restart stops counting once it is `window` old. To rebuild the budget from
/// a journal, spend the recorded instants again in their order.
///
/// Errors:  none.
/// Threads: not synchronised; owned by one supervisor actor.
/// Time:    reads no clock. Should `now` step back, what was spent in what is
///          now the future counts as spent now.
class restart_budget {
public:
  explicit restart_budget(restart_budget_options options = {});

  /// Records one restart at `now`. Returns false, recording nothing, when the
  /// window is full.
  [[nodiscard]] bool try_spend(instant now);

  /// Whether a restart at `now` would be allowed.
  [[nodiscard]] bool allows(instant now) const;

  /// Restarts that count at `now`.
  [[nodiscard]] std::size_t spent(instant now) const;

  [[nodiscard]] const restart_budget_options& options() const {
    return options_;
  }

private:
  restart_budget_options options_;
  std::vector<instant> spent_; // oldest first
};

} // namespace stanchion
