#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/sliding_sum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How much of what a tool is asked may be retries.
struct retry_budget_options {
  /// Retries that each new call adds to the budget. 0 to 10; default 0.2: one
  /// call in five may be tried again (Finagle).
  double share = defaults::retry_share;
  /// Retries within `window` that are allowed whatever the calls, so that a
  /// tool that is called rarely is retried too. 0 to 100,000; default 100
  /// (Finagle: 10 a second for 10 s).
  std::uint32_t reserve = defaults::retry_reserve;
  /// What was added or spent is forgotten after this. 1 s to 1 h; default 10 s
  /// (Finagle).
  duration window = defaults::retry_window;
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const retry_budget_options& x,
                                                std::string_view where = {});

/// Keeps the retries of all calls of a tool from becoming its outage: when
/// everything fails, the load on it is 1 + `share` times the calls and not
/// `max_attempts` times. The scheme is Finagle's `RetryBudget`: calls deposit,
/// retries withdraw, both expire.
///
/// Errors:  none. Allocates nothing.
/// Threads: not synchronised; owned by one guard.
/// Time:    reads no clock. Should `now` step back, nothing is forgotten early.
class retry_budget {
public:
  explicit retry_budget(retry_budget_options options = {});

  /// A call makes its first attempt.
  void deposit(instant now) {
    balance_.add(now, deposit_);
  }

  /// Takes one retry. False, taking nothing, when there is none.
  [[nodiscard]] bool try_spend(instant now);

  /// Retries left, rounded down.
  [[nodiscard]] std::uint64_t left(instant now);

  [[nodiscard]] const retry_budget_options& options() const {
    return options_;
  }

  // -- persistence ------------------------------------------------------------

  /// The balance at `now` as one line of JSON.
  [[nodiscard]] std::string to_text(instant now);

  /// A budget as `text` describes it, if that is not older than its window. A
  /// text that is none gives a budget without a reserve for one window: what
  /// was spent is not known.
  [[nodiscard]] static retry_budget
  from_text(std::string_view text, retry_budget_options options, instant now);

private:
  [[nodiscard]] std::int64_t balance(instant now);

  retry_budget_options options_;
  std::int64_t deposit_; // in thousandths of a retry, as all that follow
  sliding_sum<std::int64_t> balance_;
};

} // namespace stanchion
