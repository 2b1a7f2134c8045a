#pragma once

#include <stanchion/core/mode.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// When an agent may do less without anybody having said so, and how it earns
/// that back.
struct mode_rules {
  /// Failed runs and escalations of the agent, within `window`, at which it is
  /// lowered; 0, the default, for never.
  std::uint32_t failures = 0;
  /// Positive; default 10 min.
  duration window = 10min;
  /// Rejections among the last ten decisions about what it proposed to do with
  /// one tool, at which it is lowered; 0 for never, at most 10. Default 3.
  std::uint32_t rejections = 3;
  /// What it is lowered to: `advisory`, the default, or `stopped`.
  mode lower_to = mode::advisory;
  /// Proposals in a row, with one tool, that people approved unchanged, at
  /// which an agent that a rule has lowered is autonomous again; 0, the
  /// default, for never. What a person has lowered only a person raises.
  std::uint32_t recover_after_clean = 0;
  /// A call whose arguments are less certain than this is only proposed; within
  /// (0, 1]. Nothing, the default, for no matter.
  std::optional<double> least_confidence = std::nullopt;

  bool operator==(const mode_rules&) const = default;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const mode_rules& x);

} // namespace stanchion
