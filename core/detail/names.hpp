#pragma once

#include <optional>
#include <string_view>
#include <utility>

namespace stanchion::detail {

/// What `to_string` says of a number that no enumerator has.
inline constexpr std::string_view no_name = "?";

/// The enumerator between 1 and `last` whose `to_string` is `text`. Keeps the
/// names in one place: the switch in `to_string`, which the compiler checks.
template <class Enum>
[[nodiscard]] std::optional<Enum> parse_name(std::string_view text, Enum last) {
  if (text == no_name)
    return std::nullopt;
  for (unsigned n = 1; n <= static_cast<unsigned>(last); ++n)
    if (const auto x = static_cast<Enum>(n); to_string(x) == text)
      return x;
  return std::nullopt;
}

} // namespace stanchion::detail
