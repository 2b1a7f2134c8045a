#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>

namespace stanchion {

/// Counts the failures of one child in a row and says how long to wait.
///
/// A failure after max(2 x the last delay, `quiet`) without one is the first
/// of a new row.
///
/// Errors:  none.
/// Threads: not synchronised; owned by one supervisor actor.
/// Time:    reads no clock.
class restart_backoff {
public:
  /// `quiet` is the least time without a failure that ends a row; usually the
  /// window of the child's restart budget. Default 60 s.
  explicit restart_backoff(backoff_options options = {},
                           duration quiet = defaults::restart_window);

  /// Counts a failure at `now`; returns how long to wait before the restart.
  [[nodiscard]] duration next(instant now, double unit);

  /// Ends the row: an operator started the child by hand.
  void reset();

  /// Failures in the current row.
  [[nodiscard]] std::uint32_t failures() const {
    return failures_;
  }

private:
  [[nodiscard]] bool was_quiet(instant now) const;

  backoff_options options_;
  duration quiet_;
  std::uint32_t failures_ = 0;
  duration last_delay_{};
  instant last_failure_;
};

} // namespace stanchion
