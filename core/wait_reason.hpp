#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stanchion {

/// Why nothing of a call may leave for a while. Append only: journaled by name.
enum class wait_reason : std::uint8_t {
  backoff = 1, ///< between two attempts
  breaker = 2, ///< it is open
  rate = 3,    ///< its turn under a rate limit has not come
  place = 4,   ///< as many attempts as may be are under way
};

[[nodiscard]] std::string_view to_string(wait_reason x);
[[nodiscard]] std::optional<wait_reason>
parse_wait_reason(std::string_view text);

} // namespace stanchion
