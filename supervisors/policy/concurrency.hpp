#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How a limit follows what the tool bears: it grows by one with each success
/// while at least half of it is in use, and shrinks by a share when the tool is
/// overloaded. The scheme is AIMD of Netflix's concurrency-limits.
struct aimd_options {
  /// The limit at first. From `least` to `concurrency_options::most`; default
  /// 10, or `most` where that is less.
  std::uint32_t initial = defaults::aimd_initial;
  /// It never falls below. At least 1, the default.
  std::uint32_t least = 1;
  /// What it is multiplied by when the tool is overloaded. 0.5 to less than 1;
  /// default 0.9.
  double shrink = defaults::aimd_shrink;
  /// A success that took longer says that the tool is overloaded. Positive;
  /// default 5 s. For tools that take that long in health, more.
  duration slow_after = defaults::aimd_slow;
};

/// How many attempts a tool has at a time.
struct concurrency_options {
  /// 1 to 100,000; there is no default.
  std::uint32_t most = 0;
  /// New calls that may wait for a place; one more fails at once. Up to
  /// 1,000,000; default 128.
  std::size_t queue = defaults::limit_queue;
  /// A call that waits for longer fails. Not negative, at most 30 days; default
  /// 5 min.
  duration max_wait = defaults::limit_wait;
  /// Nothing, the default: `most` is the limit, always.
  std::optional<aimd_options> adapt = std::nullopt;
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const concurrency_options& x,
                                                std::string_view where = {});

/// What an attempt says about how much the tool bears.
enum class load_sign : std::uint8_t {
  fine = 1,
  overloaded = 2,
  nothing = 3, ///< it failed for a reason of its own
};

/// What a failure of this kind says: `timeout`, `rate_limited` and `overloaded`
/// are signs of overload.
[[nodiscard]] load_sign sign_of(failure_kind kind);

/// A limit that has changed.
struct limit_change {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

/// The places of a tool. Who gets one gives it back, once; should the limit
/// shrink below what is in use, nobody is put out.
///
/// Errors:  none. Allocates nothing.
/// Threads: not synchronised; owned by one guard.
/// Time:    reads no clock.
class concurrency_limit {
public:
  explicit concurrency_limit(const concurrency_options& options);

  /// Takes a place. False when there is none.
  [[nodiscard]] bool try_enter() {
    if (in_use_ >= limit_)
      return false;
    ++in_use_;
    return true;
  }

  /// Gives a place back.
  void leave() {
    --in_use_;
  }

  /// Whether one more new call may wait where `waiting` do.
  [[nodiscard]] bool may_wait(std::size_t waiting) const {
    return waiting < options_.queue;
  }

  /// Adapts the limit to how an attempt ended that took `took`, and left when
  /// `in_use` places were, its own included. Returns the change, if there was
  /// one.
  std::optional<limit_change> report(load_sign sign, duration took,
                                     std::uint32_t in_use);

  [[nodiscard]] bool has_place() const {
    return in_use_ < limit_;
  }
  [[nodiscard]] std::uint32_t in_use() const {
    return in_use_;
  }
  [[nodiscard]] std::uint32_t limit() const {
    return limit_;
  }
  [[nodiscard]] const concurrency_options& options() const {
    return options_;
  }

private:
  concurrency_options options_;
  std::uint32_t limit_;
  std::uint32_t in_use_ = 0;
};

} // namespace stanchion
