#include <stanchion/core/agent_ledger.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace stanchion {

namespace {

void add_to(agent_use& to, const agent_use& x, std::int64_t sign) {
  to.steps += sign * x.steps;
  to.attempts += sign * x.attempts;
  to.tokens += sign * x.tokens;
  to.cost += sign * x.cost;
}

struct checked_limit {
  const char* name;
  std::optional<std::uint64_t> agent_budget::* limit;
  std::int64_t agent_use::* used;
};

constexpr auto limits_of = std::array<checked_limit, 4>{{
  {"steps", &agent_budget::steps, &agent_use::steps},
  {"attempts", &agent_budget::attempts, &agent_use::attempts},
  {"tokens", &agent_budget::tokens, &agent_use::tokens},
  {"cost", &agent_budget::cost, &agent_use::cost},
}};

} // namespace

std::vector<std::string> validate(const agent_budget& x) {
  auto problems = std::vector<std::string>{};
  auto any = false;
  for (const auto& each : limits_of) {
    any = any || x.*each.limit;
    if (x.*each.limit == 0U)
      problems.push_back(std::string{"spend_at_most."} + each.name
                         + ": must be at least 1");
  }
  if (!any)
    problems.emplace_back("spend_at_most: must limit something");
  if (x.window <= duration::zero())
    problems.emplace_back("spend_at_most.window: must be longer than zero");
  return problems;
}

void agent_ledger::limit(const std::string& agent, const agent_budget& x) {
  books_[agent].limits = x;
}

bool agent_ledger::limits_cost(const std::string& agent) const {
  const auto found = books_.find(agent);
  return found != books_.end()
         && (found->second.limits.tokens || found->second.limits.cost);
}

std::map<std::string, duration> agent_ledger::windows() const {
  auto all = std::map<std::string, duration>{};
  for (const auto& [agent, each] : books_)
    all[agent] = each.limits.window;
  return all;
}

void agent_ledger::add(const std::string& agent, const agent_use& x,
                       instant at) {
  const auto found = books_.find(agent);
  if (found == books_.end())
    return;
  auto& to = found->second;
  {
    const std::lock_guard guard{mutex_};
    constexpr auto parts = 100;
    auto place = std::ranges::upper_bound(to.entries, at, {}, &entry::first);
    const auto joins
      = place != to.entries.begin()
        && at - std::prev(place)->first < to.limits.window / parts;
    if (!joins)
      place = std::next(to.entries.insert(place, entry{at, at, {}}));
    auto& e = *std::prev(place);
    e.last = std::max(e.last, at);
    add_to(e.used, x, 1);
    add_to(to.total, x, 1);
    drop_old(to, to.entries.back().last);
    if (!spent(to))
      return;
  }
  if (on_spent)
    on_spent(agent);
}

std::optional<std::string> agent_ledger::spent(const std::string& agent,
                                               instant now) {
  const auto found = books_.find(agent);
  if (found == books_.end())
    return std::nullopt;
  const std::lock_guard guard{mutex_};
  drop_old(found->second, now);
  return spent(found->second);
}

void agent_ledger::forget(const std::string& agent) {
  const auto found = books_.find(agent);
  if (found == books_.end())
    return;
  const std::lock_guard guard{mutex_};
  found->second.entries.clear();
  found->second.total = {};
}

void agent_ledger::drop_old(book& x, instant now) {
  while (!x.entries.empty()
         && now - x.entries.front().last >= x.limits.window) {
    add_to(x.total, x.entries.front().used, -1);
    x.entries.pop_front();
  }
}

std::optional<std::string> agent_ledger::spent(const book& x) {
  for (const auto& each : limits_of) {
    const auto& most = x.limits.*each.limit;
    const auto used = x.total.*each.used;
    if (most && used > 0 && static_cast<std::uint64_t>(used) >= *most)
      return "its runs have used " + std::to_string(used) + " of "
             + std::to_string(*most) + " " + each.name + " within "
             + to_text(x.limits.window);
  }
  return std::nullopt;
}

} // namespace stanchion
