#pragma once

#include <stanchion/core/id.hpp>

#include <string>
#include <string_view>

/// Where the next page of a list begins, as text that means nothing to others.
namespace stanchion {

[[nodiscard]] std::string encode_cursor(run_number before);

/// 0 for no text. Errors: `usage` for text that `encode_cursor` did not make.
[[nodiscard]] run_number decode_cursor(std::string_view text);

} // namespace stanchion
