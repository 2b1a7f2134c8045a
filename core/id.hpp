#pragma once

#include <stanchion/core/time.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion {

class random_source;

/// 128 bits that name a thing for ever. Text form: RFC 9562, lower case.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;

  /// True for the all-zero id, which names nothing.
  [[nodiscard]] bool nil() const;
};

/// A new time-ordered id (version 7, RFC 9562): sorts by `now` to the
/// microsecond, and has 62 bits of chance below that.
[[nodiscard]] uuid make_uuid(instant now, random_source& random);

/// The version-8 id that `high` and `low` determine: same input, same id. The
/// bits are mixed, so that counters give ids that share no digits.
[[nodiscard]] uuid derived_uuid(std::uint64_t high, std::uint64_t low);

/// 36 characters, lower case.
[[nodiscard]] std::string to_string(const uuid& id);

/// Reads the 36-character form, in either case. Empty when `text` is anything
/// else.
[[nodiscard]] std::optional<uuid> parse_uuid(std::string_view text);

/// Names one run.
using run_id = uuid;

/// A run's place in the store: small, dense, local to one data directory.
using run_number = std::uint64_t;

/// Where in a run a step stands: `5`, or `5.2.1` for the first step of branch
/// two of the scope that is step five. Depends on the program alone, never on
/// timing.
using step_path = std::string;

/// The key a tool sees for one step and revision: the same key means the same
/// effect. `<run id>/<step>/<revision>`.
[[nodiscard]] std::string idempotency_key(const run_id& run,
                                          std::string_view step,
                                          std::uint32_t revision);

/// The run and the step that an idempotency key names; nil and empty for text
/// that is none.
[[nodiscard]] std::pair<run_id, step_path> place_of(std::string_view key);

/// The id of the ticket that a step's park opens: derived, so that a replay
/// names the same ticket. `T-` and 16 digits of Crockford's base 32: 80 bits.
[[nodiscard]] std::string ticket_id(const run_id& run, std::string_view step,
                                    std::uint32_t revision);

} // namespace stanchion

template <>
struct std::hash<stanchion::uuid> {
  std::size_t operator()(const stanchion::uuid& id) const noexcept;
};
