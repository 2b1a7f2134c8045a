#pragma once

#include <stanchion/core/time.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace stanchion {

/// Things that all fall due the same span after they were added, so that one
/// timer, for the oldest, serves them all.
///
/// Threads: not synchronised.
/// Time:    reads no clock. Should `now` step back or forth, nothing falls due
///          early, and nothing later than one span.
template <class T>
class deadline_queue {
public:
  explicit deadline_queue(duration span) : span_(span) {
    // nop
  }

  void push(instant now, T x) {
    if (now < seen_)
      behind_ += seen_ - now;
    seen_ = now;
    entries_.push_back({now + behind_ + span_, std::move(x)});
  }

  /// Forgets the oldest ones that `is_over`.
  template <class Predicate>
  void trim(Predicate is_over) {
    while (!entries_.empty() && is_over(entries_.front().content))
      entries_.pop_front();
  }

  /// How long to wait before `pop_due`; nothing when that is settled already
  /// or there is nothing to wait for. To be asked after every `push` and
  /// `pop_due`.
  [[nodiscard]] std::optional<duration> arm() {
    const auto fired = std::exchange(fired_, std::nullopt);
    if (armed_ || entries_.empty())
      return std::nullopt;
    armed_ = entries_.front().due;
    // By differences: the clock may have stepped in between.
    return fired ? std::clamp(*armed_ - *fired, duration::zero(), span_)
                 : span_;
  }

  /// The time is up: calls `on_due` for each that is due.
  template <class F>
  void pop_due(F on_due) {
    fired_ = std::exchange(armed_, std::nullopt);
    while (fired_ && !entries_.empty() && entries_.front().due <= *fired_) {
      auto x = std::move(entries_.front().content);
      entries_.pop_front();
      on_due(x);
    }
  }

  [[nodiscard]] std::size_t size() const {
    return entries_.size();
  }

private:
  struct entry {
    instant due;
    T content;
  };

  duration span_;
  duration behind_{}; // what the clock has stepped back altogether
  instant seen_ = instant::min();
  std::deque<entry> entries_;    // in order of `due`
  std::optional<instant> armed_; // what the timer is for
  std::optional<instant> fired_; // what it just fired for
};

} // namespace stanchion
