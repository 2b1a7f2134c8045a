#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>
#include <stanchion/supervisors/policy/hedging.hpp>
#include <stanchion/supervisors/policy/rate_limit.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>
#include <stanchion/supervisors/policy/retry.hpp>

#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// Options of one tool that must fit each other. Each on its own is valid.
struct tool_timing {
  duration attempt{}; ///< `timeout`
  std::optional<duration> idle;
  std::optional<duration> call;
  const retry_options& retry;
  const breaker_options& breaker;
  const restart_budget_options& restarts;
  const backoff_options& restart_backoff;
  const std::optional<rate_options>& rate;
  const std::optional<concurrency_options>& limit;
};

/// Which of them cannot work together, one sentence each, with both numbers;
/// empty when all can.
[[nodiscard]] std::vector<std::string> contradictions(const tool_timing& x);

/// The same of a child's restarts: a budget that the waits between restarts
/// never let it use up would restart for ever.
[[nodiscard]] std::vector<std::string>
contradictions(const restart_budget_options& budget,
               const backoff_options& backoff);

/// The longest that `n` waits take together, whatever chance makes of them.
[[nodiscard]] duration sum_of_delays(const backoff_options& x, std::uint32_t n);

} // namespace stanchion
