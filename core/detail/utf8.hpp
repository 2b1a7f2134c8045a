#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stanchion::detail {

/// The length of the UTF-8 sequence that `text` starts with, 1 to 4; 0 when it
/// starts with none. Overlong forms and surrogates are none (RFC 3629).
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// `text` with every byte that belongs to no sequence replaced by U+FFFD.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// `text`, or its first `bytes` bytes and an ellipsis; never cuts a sequence.
[[nodiscard]] std::string clip(std::string_view text, std::size_t bytes);

} // namespace stanchion::detail
