#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// Small pure helpers over bytes and UTF-8. None of them knows a locale.

[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

/// Reads every byte as one Latin-1 character. The result is valid UTF-8.
[[nodiscard]] std::string latin1_to_utf8(std::string_view bytes);

/// `text` as it is when it is valid UTF-8, otherwise read as Latin-1.
[[nodiscard]] std::string as_utf8(std::string_view text);

/// Without leading and trailing blanks, tabs and line ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// ASCII letters in lower case, everything else untouched.
[[nodiscard]] std::string lower(std::string_view text);

/// The lines without their `\n` or `\r\n`; views into `text`.
[[nodiscard]] std::vector<std::string_view> lines(std::string_view text);

/// Control characters and runs of white space become one blank.
[[nodiscard]] std::string one_line(std::string_view text);

/// At most `max_bytes` bytes, cut between two characters and then marked
/// with "...". Expects valid UTF-8 and `max_bytes` >= 3.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t max_bytes);

/// Characters (code points) of valid UTF-8: what a terminal shows of it.
[[nodiscard]] std::size_t width(std::string_view text);

[[nodiscard]] bool is_digit(char c);
[[nodiscard]] bool is_ascii_letter(char c);

} // namespace license_inventory
