#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/time.hpp>

#include <map>
#include <mutex>
#include <string>

namespace stanchion::detail {

/// Which tools nothing is let through to, as events have told. A breaker that
/// is open lets somebody try again once its time is over, if anybody asks.
///
/// Threads: any.
class breaker_board {
public:
  [[nodiscard]] static constexpr event_kinds kinds() {
    return {event_kind::breaker_opened, event_kind::breaker_isolated,
            event_kind::breaker_half_opened, event_kind::breaker_closed};
  }

  void hear(const event& x);
  [[nodiscard]] bool is_open(const std::string& tool, instant now) const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, instant> until_; // guarded by mutex_
};

} // namespace stanchion::detail
