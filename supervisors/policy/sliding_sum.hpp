#pragma once

#include <stanchion/core/time.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace stanchion {

/// Sums what was added in the last `span`, which it forgets in steps of a
/// tenth: what counts is at least 0.9 and at most 1 `span` old.
///
/// `T` starts as zero, and has `+=`.
///
/// Errors:  none. Allocates nothing.
/// Threads: not synchronised.
/// Time:    reads no clock. Should `now` step back, nothing is forgotten early,
///          and nothing later than one step.
template <class T>
class sliding_sum {
public:
  /// `span` is positive.
  explicit sliding_sum(duration span)
    : step_(std::max(span / steps, duration{1})) {
    // nop
  }

  void add(instant now, const T& x) {
    forget_old(now);
    sums_[current_] += x;
  }

  [[nodiscard]] T total(instant now) {
    forget_old(now);
    auto result = T{};
    for (const auto& x : sums_)
      result += x;
    return result;
  }

  void clear() {
    sums_ = {};
  }

private:
  static constexpr std::int64_t steps = 10;

  void forget_old(instant now) {
    if (now < end_) {
      end_ = std::min(end_, now + step_);
      return;
    }
    const auto over = (now - end_) / step_ + 1;
    if (over >= steps)
      sums_ = {};
    else
      for (auto left = over; left > 0; --left)
        sums_[current_ = (current_ + 1) % sums_.size()] = T{};
    end_ += over * step_;
  }

  duration step_;
  instant end_{}; // of the current step
  std::size_t current_ = 0;
  std::array<T, steps> sums_{};
};

} // namespace stanchion
