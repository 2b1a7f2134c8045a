#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text in the cells of a terminal.
///
/// Threads: any.
namespace stanchion::top {

/// One character of UTF-8 text, and how many bytes it took; U+FFFD and one
/// byte for what is none. Precondition: `text` is not empty.
struct character {
  char32_t code = 0;
  std::size_t bytes = 1;
};
[[nodiscard]] character first_character(std::string_view text);
void append_utf8(std::string& to, char32_t code);

/// How many columns a text takes that holds no control characters.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// As much of a text as takes at most `columns`, on one line and with nothing
/// in it that a terminal would obey: see `one_line`.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

/// The same, filled up with blanks.
[[nodiscard]] std::string padded(std::string_view text, std::size_t columns);

/// A text in lines of at most `columns`, with its own line breaks and all that
/// is in it. Nothing for no columns.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text,
                                               std::size_t columns);

} // namespace stanchion::top
