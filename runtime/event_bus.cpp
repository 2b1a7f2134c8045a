#include <stanchion/runtime/event_bus.hpp>

#include <utility>

namespace stanchion {

void event_bus::publish(event x) {
  if (!wants(x.kind))
    return;
  if (vault_) {
    x.fields = vault_->hide(std::move(x.fields));
    x.subject = vault_->hide(std::move(x.subject));
  }
  const std::lock_guard lock{mutex_};
  for (const auto& [id, each] : listeners_)
    if (each.kinds.contains(x.kind))
      each.hear(x);
}

bool event_bus::wants(event_kind x) const {
  return wanted_.load(std::memory_order_relaxed).contains(x);
}

std::uint64_t event_bus::subscribe(listener x, event_kinds kinds) {
  const std::lock_guard lock{mutex_};
  listeners_.emplace(++last_, subscription{std::move(x), kinds});
  count_kinds();
  return last_;
}

void event_bus::unsubscribe(std::uint64_t subscription) {
  const std::lock_guard lock{mutex_};
  listeners_.erase(subscription);
  count_kinds();
}

void event_bus::count_kinds() {
  auto kinds = event_kinds{};
  for (const auto& [id, each] : listeners_)
    kinds.add(each.kinds);
  wanted_.store(kinds, std::memory_order_relaxed);
}

event_kinds heard_by(const event_sink& x) {
  auto kinds = event_kinds{};
  for (auto n = 1U; n < 64; ++n)
    if (const auto kind = static_cast<event_kind>(n); x.wants(kind))
      kinds.add(kind);
  return kinds;
}

} // namespace stanchion
