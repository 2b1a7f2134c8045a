#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/child_spec.hpp>

#include <algorithm>
#include <unordered_set>

namespace stanchion {

namespace {

/// How a child is named in a message: by its id or, without one, position.
std::string path_of(const supervisor_facts& x, std::size_t position) {
  const auto& id = x.children[position].id;
  return "children[" + (id.empty() ? std::to_string(position) : id) + ']';
}

/// The longest time from the first restart to the one that exceeds `budget`,
/// if a child dies as soon as it is started.
duration time_to_exceed(const restart_budget_options& budget,
                        const backoff_options& backoff) {
  duration sum{};
  for (std::uint32_t i = 0; i < budget.max_restarts; ++i)
    sum += ceiling(backoff, i);
  return sum;
}

void check_window(problem_list& found, std::string_view field,
                  const restart_budget_options& budget,
                  const child_facts& child) {
  const auto needed = time_to_exceed(budget, child.backoff);
  found.require(budget.window > needed, field,
                "must be longer than " + to_text(needed) + ", the delays "
                  + "between the " + std::to_string(budget.max_restarts)
                  + " restarts of '" + child.id
                  + "' that it counts, or it could never be exceeded; raise "
                    "it, or lower max_restarts or the child's backoff");
}

void check_significance(problem_list& found, const child_facts& child,
                        auto_shutdown of_parent) {
  found.require(!child.significant || of_parent != auto_shutdown::never,
                "significant",
                "has no effect while the supervisor's auto_shutdown is never; "
                "set auto_shutdown, or drop significant");
  found.require(!child.significant || child.restart != restart_type::permanent,
                "significant",
                "a permanent child never ends; make it transient or "
                "temporary, or drop significant");
  found.require(child.auto_shutdown == auto_shutdown::never
                  || child.restart != restart_type::permanent,
                "restart",
                "a supervisor with auto_shutdown would be restarted each time "
                "its work is done; make it transient or temporary");
}

void check_child(problem_list& all, const supervisor_facts& x,
                 std::size_t position) {
  const auto& child = x.children[position];
  const auto path = path_of(x, position);
  problem_list found{path};
  found.require(!child.id.empty(), "id", "must not be empty; name the child");
  found.require(child.start_deadline > duration::zero(), "start_deadline",
                "must be longer than zero; give a span such as 5s");
  found.require(child.stop_deadline > duration::zero(), "stop_deadline",
                "must be longer than zero; give a span such as 5s");
  check_significance(found, child, x.auto_shutdown);
  auto budget = validate(child.budget, found.path("budget"));
  auto backoff = validate(child.backoff, found.path("backoff"));
  const auto countable = budget.empty() && backoff.empty()
                         && child.restart != restart_type::temporary;
  found.append(std::move(budget));
  found.append(std::move(backoff));
  if (countable)
    check_window(found, "budget.window", child.budget, child);
  all.append(found.take());
  if (countable && validate(x.budget).empty())
    check_window(all, "budget.window", x.budget, child);
}

void check_ids(problem_list& found, const supervisor_facts& x) {
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < x.children.size(); ++i) {
    const auto& id = x.children[i].id;
    if (!id.empty() && !seen.insert(id).second)
      found.add(path_of(x, i) + ".id",
                "is used by another child; give each child its own id");
  }
}

} // namespace

std::vector<std::string> problems(const supervisor_facts& x) {
  problem_list found;
  found.append(validate(x.budget, "budget"));
  const auto significant
    = std::ranges::any_of(x.children, &child_facts::significant);
  found.require(x.auto_shutdown == auto_shutdown::never || significant
                  || x.children.empty(),
                "auto_shutdown",
                "no child is significant, so it would never happen; mark a "
                "child significant, or set never");
  check_ids(found, x);
  for (std::size_t i = 0; i < x.children.size(); ++i)
    check_child(found, x, i);
  return found.take();
}

} // namespace stanchion
