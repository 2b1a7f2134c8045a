#pragma once

#include <stanchion/core/failure.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Whether a kind of failure is worth another attempt. What the failed one may
/// have done is another question; `next_attempt` asks both.
enum class retry_when : std::uint8_t {
  never = 1,    ///< the same request would fail the same way
  safe = 2,     ///< whenever sending again is safe
  repeated = 3, ///< only a keyed call with an earlier attempt of its own
};

/// When a person hears of a kind of failure.
enum class alert_when : std::uint8_t {
  never = 1,
  if_repeated = 2, ///< when equal errors form a group of more than one
  always = 3,
};

[[nodiscard]] std::string_view to_string(retry_when x);
[[nodiscard]] std::string_view to_string(alert_when x);

/// What follows from one kind of failure.
struct decision_row {
  retry_when retry = retry_when::never;
  /// Whether another attempt waits for the backoff. A `retry_after` of the
  /// service is waited for in any case.
  bool backoff = false;
  /// Whether another attempt is one of the call's `max_attempts`. Where it is
  /// not, another attempt needs an instant to wait for: a `retry_after`.
  bool costs_attempt = true;
  /// Whether it speaks against the tool's health.
  bool counts_for_breaker = false;
  alert_when alert = alert_when::never;

  bool operator==(const decision_row&) const = default;
};

/// A kind and what follows from it.
struct decision_entry {
  failure_kind kind = failure_kind::internal;
  decision_row row;
};

/// What is wrong with overrides, one sentence a fault, each naming the kind;
/// empty when they may be used.
[[nodiscard]] std::vector<std::string>
validate(std::span<const decision_entry> overrides);

/// What follows from each kind of failure: data, not code.
/// `docs/policies/decision_table.md` shows the defaults.
///
/// Threads: may be read from any thread once made.
class decision_table {
public:
  /// The defaults.
  decision_table();

  /// The defaults with rows replaced; of two for one kind, the later counts.
  explicit decision_table(std::span<const decision_entry> overrides);

  /// The row of `kind`; a kind this version does not know has that of
  /// `internal`.
  [[nodiscard]] const decision_row& operator[](failure_kind kind) const;

  /// Every known kind with its row, in the order of their numbers.
  [[nodiscard]] std::vector<decision_entry> entries() const;

private:
  std::array<decision_row, 64> rows_;
};

} // namespace stanchion
