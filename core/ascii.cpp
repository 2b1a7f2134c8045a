#include <stanchion/core/ascii.hpp>

#include <algorithm>

namespace stanchion {

std::string lower_case(std::string_view text) {
  auto to = std::string{text};
  std::transform(to.begin(), to.end(), to.begin(), to_lower);
  return to;
}

} // namespace stanchion
