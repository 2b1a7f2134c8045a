#pragma once

#include <string>
#include <string_view>

/// Letters of ASCII, whatever the locale; all else stays. Threads: any.
namespace stanchion {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace stanchion
