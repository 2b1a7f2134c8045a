#include <stanchion/supervisors/policy/suspect_queue.hpp>

namespace stanchion {

bool suspect_queue::enter(const suspect& x) {
  const auto [at, is_new] = places_.try_emplace(x, last_place_ + 1);
  if (is_new)
    order_.emplace(++last_place_, x);
  return current() == x;
}

std::optional<suspect> suspect_queue::leave(const suspect& x) {
  const auto at = places_.find(x);
  if (at == places_.end())
    return std::nullopt;
  const auto was_current = current() == x;
  order_.erase(at->second);
  places_.erase(at);
  return was_current ? current() : std::nullopt;
}

std::optional<suspect> suspect_queue::current() const {
  if (order_.empty())
    return std::nullopt;
  return order_.begin()->second;
}

} // namespace stanchion
