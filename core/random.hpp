#pragma once

#include <cstdint>
#include <memory>

namespace stanchion {

/// Where the runtime draws chance from. Injected, so that a simulation with
/// the same seed makes the same choices.
///
/// Threads: `next` may be called from any thread.
class random_source {
public:
  virtual ~random_source() = default;

  /// 64 uniformly distributed bits.
  [[nodiscard]] virtual std::uint64_t next() = 0;
};

/// A source that asks the operating system for every draw. `next` throws
/// `std::system_error` where the system has no entropy to give.
[[nodiscard]] std::shared_ptr<random_source> entropy_random();

/// A source that yields the same sequence for the same seed (SplitMix64).
[[nodiscard]] std::shared_ptr<random_source> seeded_random(std::uint64_t seed);

/// Mixes 64 bits (the SplitMix64 finaliser, Steele et al. 2014): equal inputs
/// give equal outputs on every platform.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// Maps 64 random bits onto [0, 1).
[[nodiscard]] constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

} // namespace stanchion
