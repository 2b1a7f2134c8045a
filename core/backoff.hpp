#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How chance spreads a delay, so that many who failed together do not come
/// back together. Append only: configured by name.
enum class jitter : std::uint8_t {
  none = 1,  ///< the whole delay, always
  full = 2,  ///< evenly between zero and the whole delay
  equal = 3, ///< half of the delay, and evenly up to the other half more
  /// Evenly between `first` and three times the delay before, up to `cap`.
  decorrelated = 4,
};

[[nodiscard]] std::string_view to_string(jitter x);

/// A delay that grows with every failure in a row.
struct backoff_options {
  /// The first delay. Zero to `cap`; default 0.5 s.
  duration first = defaults::restart_backoff;
  /// What each delay is multiplied by to give the next. 1 to 100; default 2.
  /// `decorrelated` grows by chance, and needs it only where the delay before
  /// is not known.
  double factor = defaults::restart_backoff_factor;
  /// The longest delay. Up to 30 days; default 60 s.
  duration cap = defaults::restart_backoff_cap;
  /// Default full: least total work under contention (AWS Architecture Blog,
  /// "Exponential Backoff And Jitter").
  stanchion::jitter jitter = stanchion::jitter::full;
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const backoff_options& x,
                                                std::string_view where = {});

/// The longest delay before try `attempt`, counted from 0:
/// min(cap, first x factor^attempt). Never overflows.
[[nodiscard]] duration ceiling(const backoff_options& x, std::uint32_t attempt);

/// The delay before try `attempt`, counted from 0, spread by `unit`, a number
/// drawn evenly from [0, 1). `before` is what this returned for the try before,
/// for `decorrelated`; without it, that is taken for what it would have been
/// without chance.
[[nodiscard]] duration delay(const backoff_options& x, std::uint32_t attempt,
                             double unit,
                             std::optional<duration> before = std::nullopt);

} // namespace stanchion
