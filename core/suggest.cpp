#include <stanchion/core/suggest.hpp>

#include <algorithm>

namespace stanchion {

std::size_t edit_distance(std::string_view x, std::string_view y) {
  auto rows = std::vector<std::vector<std::size_t>>(
    x.size() + 1, std::vector<std::size_t>(y.size() + 1));
  for (auto i = std::size_t{0}; i <= x.size(); ++i)
    for (auto j = std::size_t{0}; j <= y.size(); ++j) {
      auto& best = rows[i][j];
      best = i == 0 || j == 0 ? i + j : rows[i - 1][j - 1];
      if (i == 0 || j == 0)
        continue;
      best += x[i - 1] == y[j - 1] ? 0 : 1;
      best = std::min({best, rows[i - 1][j] + 1, rows[i][j - 1] + 1});
      if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
        best = std::min(best, rows[i - 2][j - 2] + 1);
    }
  return rows[x.size()][y.size()];
}

std::optional<std::string> nearest(std::string_view misspelt,
                                   const std::vector<std::string>& words) {
  constexpr auto longest = std::size_t{40};
  if (misspelt.size() > longest)
    return std::nullopt;
  // A third of its letters may be wrong; one of them always.
  const auto limit = std::max<std::size_t>(1, misspelt.size() / 3);
  const std::string* best = nullptr;
  auto least = limit + 1;
  for (const auto& word : words) {
    const auto distance = edit_distance(misspelt, word);
    if (distance < least) {
      least = distance;
      best = &word;
    }
  }
  return best == nullptr ? std::nullopt : std::optional{*best};
}

} // namespace stanchion
