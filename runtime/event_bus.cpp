#include <stanchion/runtime/event_bus.hpp>

#include <utility>

namespace stanchion {

void event_bus::publish(event x) {
  const std::lock_guard lock{mutex_};
  for (const auto& [subscription, hear] : listeners_)
    hear(x);
}

std::uint64_t event_bus::subscribe(listener x) {
  const std::lock_guard lock{mutex_};
  listeners_.emplace(++last_, std::move(x));
  return last_;
}

void event_bus::unsubscribe(std::uint64_t subscription) {
  const std::lock_guard lock{mutex_};
  listeners_.erase(subscription);
}

} // namespace stanchion
