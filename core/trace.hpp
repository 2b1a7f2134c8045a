#pragma once

#include <stanchion/core/id.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// What everything that is done for one request has in common, across
/// services (W3C Trace Context). All zeros: none.
struct trace_id {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const trace_id&) const = default;

  [[nodiscard]] bool nil() const;
};

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(const trace_id& x);

/// The trace of a run that was submitted without one: the bytes of its id.
[[nodiscard]] trace_id trace_of(const run_id& run);

/// What a caller hands on: its trace, and which part of it the call is.
struct trace_parent {
  trace_id trace;
  std::array<std::uint8_t, 8> span{};
  /// Bit 0: the caller records it. Others are handed on as they are.
  std::uint8_t flags = 1;

  auto operator<=>(const trace_parent&) const = default;
};

/// As in the header `traceparent`: `00-<trace>-<span>-<flags>`, 55 characters.
[[nodiscard]] std::string to_string(const trace_parent& x);

/// Reads such a header; of a later version, what this one knows. Empty for
/// anything else: upper case, ids of zeros, version ff, more than it should be.
[[nodiscard]] std::optional<trace_parent>
parse_traceparent(std::string_view text);

/// The span of one attempt at an effect: the same key and attempt, the same
/// span.
[[nodiscard]] trace_parent span_of(const trace_id& trace, std::string_view key,
                                   std::uint32_t attempt);

} // namespace stanchion
