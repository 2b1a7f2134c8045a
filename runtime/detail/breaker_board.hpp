#pragma once

#include <stanchion/core/event.hpp>

#include <mutex>
#include <set>
#include <string>

namespace stanchion::detail {

/// Which tools nothing is let through to, as events have told.
///
/// Threads: any.
class breaker_board {
public:
  [[nodiscard]] static constexpr event_kinds kinds() {
    return {event_kind::breaker_opened, event_kind::breaker_isolated,
            event_kind::breaker_half_opened, event_kind::breaker_closed};
  }

  void hear(const event& x) {
    const std::lock_guard guard{mutex_};
    if (x.kind == event_kind::breaker_opened
        || x.kind == event_kind::breaker_isolated)
      open_.insert(x.subject);
    else
      open_.erase(x.subject);
  }
  [[nodiscard]] bool is_open(const std::string& tool) const {
    const std::lock_guard guard{mutex_};
    return open_.contains(tool);
  }

private:
  mutable std::mutex mutex_;
  std::set<std::string> open_; // guarded by mutex_
};

} // namespace stanchion::detail
