#pragma once

#include <stanchion/fabric/message.hpp>

#include <cstdint>

namespace stanchion::fabric {

/// A message on its way to an actor that is known by a number, not by its
/// handle: the actor may be out of memory and is brought back for it. As a
/// request it is answered with that actor's answer.
struct routed {
  std::uint64_t to = 0;
  message body;
};

} // namespace stanchion::fabric
