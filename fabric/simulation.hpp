#pragma once

#include <stanchion/core/time.hpp>

#include <cstddef>
#include <functional>
#include <optional>

namespace stanchion::fabric {

class system;

/// Drives a system in virtual time: one message at a time, the seed choosing
/// whose, and the clock moving only when told.
///
/// Threads: the caller's only; everything runs inside these calls.
class simulation {
public:
  /// `sys` was made with `virtual_seed`.
  explicit simulation(system& sys);

  /// Handles one message. False when there is none.
  bool step();
  /// From now on messages are handled in the order in which they came, without
  /// the seed.
  void in_order();
  /// Handles messages until there is none. Returns how many.
  std::size_t run();
  /// Moves the clock by `d`, firing what falls due on the way in order, and
  /// handles all that follows.
  void advance(duration d);
  /// Jumps to the next timer and handles what follows. False when there is
  /// none.
  bool next_timer();
  /// When the next timer is due, if any is armed. May have passed.
  [[nodiscard]] std::optional<instant> next_due() const;
  /// Fires the next timer, handling nothing yet. False when there is none.
  bool fire();
  /// Moves the clock to `at`, firing what falls due on the way, and handles
  /// nothing yet. Does not move it back.
  void pass_to(instant at);
  /// Runs, jumping from timer to timer, until `done`. False when nothing is
  /// left that could ever happen, or `limit` of virtual time has passed.
  bool run_until(const std::function<bool()>& done, duration limit);

private:
  system& sys_;
  bool in_order_ = false;
};

} // namespace stanchion::fabric
