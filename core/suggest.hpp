#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Insertions, deletions, replacements and swaps of neighbours that turn `x`
/// into `y`.
[[nodiscard]] std::size_t edit_distance(std::string_view x, std::string_view y);

/// The word that somebody who wrote `misspelt` is likely to have meant; nothing
/// when none is near.
[[nodiscard]] std::optional<std::string>
nearest(std::string_view misspelt, const std::vector<std::string>& words);

} // namespace stanchion
