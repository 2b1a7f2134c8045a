#include <stanchion/supervisors/policy/suspect_queue.hpp>

namespace stanchion {

bool suspect_queue::enter(const suspect& x, std::uint32_t deaths) {
  const auto at = place{deaths, last_place_ + 1};
  if (places_.try_emplace(x, at).second) {
    ++last_place_;
    if (current_)
      waiting_.emplace(at, x);
    else
      current_ = x;
  }
  return current_ == x;
}

std::optional<suspect> suspect_queue::leave(const suspect& x) {
  const auto left = places_.extract(x);
  if (left.empty())
    return std::nullopt;
  if (current_ != x) {
    waiting_.erase(left.mapped());
    return std::nullopt;
  }
  current_.reset();
  if (!waiting_.empty())
    current_ = waiting_.extract(waiting_.begin()).mapped();
  return current_;
}

} // namespace stanchion
