#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace stanchion {

/// As the `limit` of a list: all that there is. The most that every store
/// takes.
inline constexpr std::size_t unlimited
  = std::numeric_limits<std::int32_t>::max();

} // namespace stanchion
