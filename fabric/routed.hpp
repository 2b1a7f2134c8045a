#pragma once

#include <stanchion/fabric/message.hpp>

#include <cstdint>

namespace stanchion::fabric {

/// Asks the receiver to hand `body` to the one it knows under the number `to`.
/// As a request, it is answered with that one's answer.
struct routed {
  std::uint64_t to = 0;
  message body;
};

} // namespace stanchion::fabric
