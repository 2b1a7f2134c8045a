#pragma once

#include <string>
#include <string_view>

namespace stanchion::detail {

/// Says of a schema that nothing is checked here.
inline constexpr auto unchecked_keyword = "x-stanchion-unchecked";

/// Whether the content of `keyword` is data and not a schema.
[[nodiscard]] inline bool is_data(std::string_view keyword) {
  return keyword == "const" || keyword == "enum" || keyword == "default"
         || keyword == "examples";
}

/// Adds one step to a JSON pointer.
inline void append_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const auto c : token) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

} // namespace stanchion::detail
