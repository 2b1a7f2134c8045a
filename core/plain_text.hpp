#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text of strangers, such as a tool's answer, made harmless for whoever reads
/// it. Threads: any.
namespace stanchion {

/// `text` on one line: characters that could repaint a terminal or change how
/// others are shown (controls, marks of direction, zero width) stand as `?`,
/// line breaks and tabs as blanks.
[[nodiscard]] std::string one_line(std::string_view text);
/// The same, but line breaks stay.
[[nodiscard]] std::string plain_text(std::string_view text);

/// `text` of at most `most` bytes, cut between two characters and marked by
/// `...` if it was longer. `most` >= 3.
[[nodiscard]] std::string shortened(std::string text, std::size_t most);

} // namespace stanchion
