#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stanchion {

/// What happens in the world when a tool is called twice. Mandatory for every
/// tool; there is no default. Append only: journaled.
enum class effect : std::uint8_t {
  /// Changes nothing. Free to repeat.
  read_only = 1,
  /// The same idempotency key has one effect, however often it is sent.
  idempotent = 2,
  /// Can be asked afterwards whether a key took effect, and with what result.
  reconcilable = 3,
  /// None of these. Never repeated without a person's word.
  once = 4,
};

[[nodiscard]] std::string_view to_string(effect x);
[[nodiscard]] std::optional<effect> parse_effect(std::string_view text);

} // namespace stanchion
