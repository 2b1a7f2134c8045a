#include <stanchion/actors/run/standing.hpp>

#include <algorithm>

namespace stanchion {

budget account::left(instant at) const {
  if (limits.empty())
    return {};
  const auto nth = std::min(now.extensions, limits.size() - 1);
  auto used = now.used;
  used.time = at - started - now.paused;
  return rest(limits[nth], used);
}

} // namespace stanchion
