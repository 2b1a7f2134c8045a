#pragma once

#include <stanchion/core/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stanchion {

/// Bounds that JSON text must keep before a document of it exists.
struct json_limits {
  /// Nesting of arrays and objects. Default 64.
  std::size_t depth = 64;
  /// Length of the text in bytes. Default 16 MiB.
  std::size_t bytes = std::size_t{16} << 20U;
};

/// What documents of our own may be: journal bodies, tickets, events, what goes
/// over the control socket. They wrap values that have kept the limits.
inline constexpr auto wrapping_limits
  = json_limits{.depth = 96, .bytes = std::size_t{64} << 20U};

/// Reads JSON text into a value.
///
/// Refused with `error{input_too_large}`: text longer than `limits.bytes`,
/// unread. Refused with `error{invalid_json}`, naming the byte where reading
/// stopped: nesting beyond `limits.depth` (before it is built, so that no text
/// can exhaust the stack), duplicate keys, invalid UTF-8, integers beyond 64
/// bits (a double would change them unseen), numbers beyond a double, NaN, and
/// anything that is not one JSON document.
///
/// Threads: any; so are all functions of this header.
[[nodiscard]] value parse_json(std::string_view text,
                               const json_limits& limits = {});

/// The one byte sequence that equal documents share: keys sorted by bytes,
/// 64-bit integers exact, integral doubles below 2^53 as integers (-0.0 as 0),
/// other doubles in their shortest round-trip form (from 2^53 on with an
/// exponent, so that no double reads as an exact integer), in strings only the
/// escapes that JSON demands, no white space.
///
/// Throws `error{invalid_json}`, naming the JSON pointer, for NaN, infinity,
/// invalid UTF-8, binary values or nesting beyond `limits.depth`. Length is not
/// bounded here.
[[nodiscard]] std::string canonical(const json& doc,
                                    const json_limits& limits = {});
[[nodiscard]] std::string canonical(const value& doc,
                                    const json_limits& limits = {});

/// The same, appended to `to`, which stays as it was when this throws.
void append_canonical(std::string& to, const json& doc,
                      const json_limits& limits = {});
/// The same for a document that is a string.
void append_canonical(std::string& to, std::string_view text);

/// A SHA-256 digest.
struct digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const digest&) const = default;
};

/// SHA-256 of `bytes`.
[[nodiscard]] digest sha256(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(const digest& x);

/// A 64-bit checksum against damage (not against an adversary): the first
/// eight bytes of SHA-256.
[[nodiscard]] std::uint64_t checksum64(std::string_view bytes);

} // namespace stanchion
