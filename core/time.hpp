#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

using namespace std::chrono_literals;

/// A span of time. Microseconds; negative spans mean "already past".
using duration = std::chrono::microseconds;

/// An instant of wall time, UTC, in microseconds since 1970. Durable: timers
/// and tickets keep instants, never spans.
using instant = std::chrono::sys_time<duration>;

/// Where the runtime reads time. Injected, so that tests and simulations run
/// in virtual time.
///
/// Threads: `now` may be called from any thread.
class clock {
public:
  virtual ~clock() = default;

  /// The current instant.
  [[nodiscard]] virtual instant now() const = 0;
};

/// The machine's own clock.
[[nodiscard]] const clock& system_clock();

/// `at` as RFC 3339 in UTC with milliseconds: 2026-01-31T12:00:00.250Z.
[[nodiscard]] std::string to_rfc3339(instant at);

/// The same with microseconds, which loses nothing.
[[nodiscard]] std::string to_rfc3339_micros(instant at);

/// Reads an RFC 3339 time with any offset; digits past microseconds are
/// dropped. Empty when `text` is anything else.
[[nodiscard]] std::optional<instant> parse_rfc3339(std::string_view text);

/// `d` as people read it, in at most two units, rounded towards zero: 250ms,
/// 2.5s, 3m10s, 4h05m, 3d02h. A second unit of zero is left out: 3m.
[[nodiscard]] std::string to_text(duration d);

/// Microseconds since 1970, as stored.
[[nodiscard]] constexpr std::int64_t to_micros(instant at) {
  return at.time_since_epoch().count();
}

/// The instant `micros` microseconds after 1970.
[[nodiscard]] constexpr instant from_micros(std::int64_t micros) {
  return instant{duration{micros}};
}

} // namespace stanchion
