#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>

#include <algorithm>

namespace stanchion {

std::vector<std::string> validate(const restart_budget_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.max_restarts <= 10'000, "max_restarts",
                "must be at most 10000; a supervisor that restarts more often "
                "never gives up");
  found.require(x.window > duration::zero(), "window",
                "must be longer than zero; give a span such as 60s");
  return found.take();
}

restart_budget::restart_budget(restart_budget_options options)
  : options_(options) {
  // nop
}

bool restart_budget::try_spend(instant now) {
  std::erase_if(spent_, [&](instant x) { return now - x >= options_.window; });
  for (auto& x : spent_)
    x = std::min(x, now);
  if (spent_.size() >= options_.max_restarts)
    return false;
  spent_.push_back(now);
  return true;
}

bool restart_budget::allows(instant now) const {
  return spent(now) < options_.max_restarts;
}

std::size_t restart_budget::spent(instant now) const {
  const auto counts = [&](instant x) { return now - x < options_.window; };
  return static_cast<std::size_t>(std::ranges::count_if(spent_, counts));
}

} // namespace stanchion
