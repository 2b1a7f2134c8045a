#pragma once

#include <stanchion/core/time.hpp>

#include <cstdint>
#include <deque>
#include <utility>

namespace stanchion {

/// Amounts by when they came, in a window that slides in tenths of its width.
///
/// Threads: one. Time: `at` and `now` may go back a little, not for long.
class window_sum {
public:
  /// Keeps `windows` windows.
  window_sum(duration width, std::uint32_t windows);

  void add(instant at, double amount);
  /// Of the last window.
  [[nodiscard]] double recent(instant now) const;
  /// Of all windows before that.
  [[nodiscard]] double before(instant now) const;

private:
  [[nodiscard]] double between(std::int64_t first, std::int64_t last) const;
  [[nodiscard]] std::int64_t slot_of(instant at) const;

  duration slot_;
  std::int64_t kept_;
  std::deque<std::pair<std::int64_t, double>> sums_; // by slot, oldest first
};

} // namespace stanchion
