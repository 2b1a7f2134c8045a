#pragma once

#include <stanchion/actors/notifier/delivery.hpp>
#include <stanchion/actors/notifier/message.hpp>

#include <functional>
#include <string>

namespace stanchion {

/// Carries messages to receivers.
///
/// Threads: any; `then` may be called on any, also before `deliver` returns.
class courier {
public:
  virtual ~courier() = default;

  /// Makes one try. Must not block. Calls `then` exactly once, unless the
  /// courier is destroyed before. The next message of the channel comes after
  /// that, but for the last one of a runtime that gives up.
  virtual void deliver(const std::string& channel, const message& x,
                       std::function<void(delivery_result)> then)
    = 0;
};

} // namespace stanchion
