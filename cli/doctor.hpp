#pragma once

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/notifier/notifier.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stanchion {

enum class health : std::uint8_t { ok, warn, fail };

[[nodiscard]] std::string_view to_string(health x);

/// One thing that was looked at.
struct finding {
  std::string name;
  health state = health::ok;
  /// What was seen.
  std::string text;
  /// What to do about it; empty when it is well.
  std::string fix;
};

/// What free space is worth: below some 1 GiB a warning, below 64 MiB a
/// failure.
[[nodiscard]] finding judge_space(std::uint64_t free_bytes);
/// `mode` as of stat(2); `writable` for this process.
[[nodiscard]] finding judge_access(const data_dir& dir, unsigned mode,
                                   bool writable);
/// `newest`: the latest instant in the journal.
[[nodiscard]] finding judge_clock(instant now, instant newest,
                                  bool synchronised);

/// A channel that fails, has given up within a week, or has waited for a
/// quarter of an hour, is a warning.
[[nodiscard]] finding judge_channel(const channel_state& x, instant now);

/// Looks at a data directory and at what it depends on; changes nothing.
[[nodiscard]] std::vector<finding> examine(const data_dir& dir);

} // namespace stanchion
