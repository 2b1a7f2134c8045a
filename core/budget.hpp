#pragma once

#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// What work costs beside time.
///
/// Threads: a value.
struct spending {
  /// Of a language model, in and out together.
  std::uint64_t tokens = 0;
  /// In millionths of the unit of money that the program counts in.
  std::uint64_t cost = 0;

  bool operator==(const spending&) const = default;
  [[nodiscard]] bool nothing() const {
    return *this == spending{};
  }
};

/// The sum; never overflows.
[[nodiscard]] spending operator+(const spending& x, const spending& y);
/// What is left of `x`, at least nothing.
[[nodiscard]] spending operator-(const spending& x, const spending& y);

/// What a run may use up. A limit that is not set does not hold.
///
/// Threads: a value.
struct budget {
  /// Time from the run's beginning to its end, without what it waits for
  /// people. Positive, at most ten years.
  std::optional<duration> time;
  /// Steps of any kind. At least 1.
  std::optional<std::uint32_t> steps;
  /// Attempts of all its calls together, so that the retries of many calls
  /// cannot multiply. At least 1.
  std::optional<std::uint32_t> attempts;
  /// Tokens of all its calls together. At least 1.
  std::optional<std::uint64_t> tokens;
  /// Money, in millionths of its unit. At least 1.
  std::optional<std::uint64_t> cost;

  bool operator==(const budget&) const = default;

  [[nodiscard]] bool unlimited() const {
    return *this == budget{};
  }
};

/// What a run has used so far.
struct usage {
  duration time{};
  std::uint32_t steps = 0;
  std::uint32_t attempts = 0;
  /// What was spent, and what is reserved for attempts under way.
  spending spent;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const budget& x);

/// The tighter limit of each kind.
[[nodiscard]] budget tighter(const budget& x, const budget& y);

/// `x` with each of its limits raised by that of `by`; one that it does not
/// have stays so. Never overflows.
[[nodiscard]] budget enlarged(const budget& x, const budget& by);

/// What is left of `x`: at least one of each kind, a microsecond of time, for
/// a limit of nothing could never be extended.
[[nodiscard]] budget rest(const budget& x, const usage& used);

/// Whether `used` has come to this share of `limit`, in percent.
[[nodiscard]] constexpr bool reached(std::uint64_t limit, std::uint64_t used,
                                     std::uint64_t percent) {
  return limit <= used
         || used >= limit / 100 * percent + limit % 100 * percent / 100;
}

// -- as JSON ------------------------------------------------------------------

/// `{"time_us": …, "steps": …, "attempts": …, "tokens": …, "cost": …}`, without
/// what does not hold.
void to_json(nlohmann::json& to, const budget& from);
/// Reads that. Throws `nlohmann::json::exception`.
[[nodiscard]] budget budget_from_json(const nlohmann::json& from);

/// What a person adds to a budget: `{"seconds": 600, "steps": 10, "attempts":
/// 5, "tokens": 1000, "cost": 50000}`, at least one of them, all positive.
/// Throws `error{bad_decision}` saying what is wrong.
[[nodiscard]] budget extension_from_json(const nlohmann::json& from);

/// `{"tokens": …, "cost": …}`, without what is 0.
void to_json(nlohmann::json& to, const spending& from);
/// Reads that, from an object that may have other members. Throws
/// `nlohmann::json::exception`.
[[nodiscard]] spending spending_from_json(const nlohmann::json& from);

} // namespace stanchion
