#pragma once

#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace stanchion::fabric {

enum class overload_kind : std::uint8_t {
  slow_handler, ///< it has not come back from one message for long
  long_mailbox, ///< too many messages wait for it
};

/// An actor that does not keep up. Told once an episode: until the handler is
/// done, or the mailbox is half as long as it may be.
struct overload {
  overload_kind kind = overload_kind::slow_handler;
  std::string actor;       ///< its name
  duration busy{0};        ///< how long the handler runs already, at least
  std::size_t waiting = 0; ///< the messages in the mailbox
  instant at;
};

} // namespace stanchion::fabric
