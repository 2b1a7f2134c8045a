#pragma once

#include <stanchion/core/budget.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <vector>

namespace stanchion {

/// What a program may know of itself beside its outcomes: as it was when the
/// last of them reached it, so that a replay knows the same.
struct standing {
  stanchion::mode mode = stanchion::mode::autonomous;
  /// Without the time.
  usage used;
  /// How long the run had been parked.
  duration paused{};
  /// How often people had extended what it may use up.
  std::size_t extensions = 0;
};

/// The same, with what is needed to say what is left of a budget.
struct account {
  standing now;
  instant started;
  /// What the run may use up, after each extension; the first is without any.
  std::vector<budget> limits;

  /// At least one of each kind that is limited.
  [[nodiscard]] budget left(instant at) const;
};

} // namespace stanchion
