#include <stanchion/supervisors/policy/suspect_queue.hpp>

namespace stanchion {

bool suspect_queue::enter(run_number run) {
  const auto [at, is_new] = places_.try_emplace(run, last_place_ + 1);
  if (is_new)
    order_.emplace(++last_place_, run);
  return current() == run;
}

std::optional<run_number> suspect_queue::leave(run_number run) {
  const auto at = places_.find(run);
  if (at == places_.end())
    return std::nullopt;
  const auto was_current = current() == run;
  order_.erase(at->second);
  places_.erase(at);
  return was_current ? current() : std::nullopt;
}

std::optional<run_number> suspect_queue::current() const {
  if (order_.empty())
    return std::nullopt;
  return order_.begin()->second;
}

} // namespace stanchion
