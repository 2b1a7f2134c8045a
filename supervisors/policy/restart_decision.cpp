#include <stanchion/supervisors/policy/restart_decision.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// What the table of `decide` says before anything is charged.
enum class wish : std::uint8_t {
  restart,
  keep,
  forget,
};

wish wish_of(restart_type type, exit_cause cause) {
  if (type == restart_type::temporary)
    return wish::forget;
  if (cause == exit_cause::killed_by_supervisor)
    return wish::keep;
  const auto abnormal
    = cause == exit_cause::failure || cause == exit_cause::start_failure;
  return type == restart_type::permanent || abnormal ? wish::restart
                                                     : wish::keep;
}

std::optional<stop_and_escalate> charge(const restart_account& account,
                                        instant now) {
  auto* shared = account.supervisor;
  if (shared != nullptr && !shared->allows(now))
    return stop_and_escalate{budget_owner::supervisor, shared->options()};
  if (!account.child.try_spend(now))
    return stop_and_escalate{budget_owner::child, account.child.options()};
  if (shared != nullptr)
    (void)shared->try_spend(now); // it has just said yes
  return std::nullopt;
}

bool is_down(child_state x) {
  return x == child_state::waiting || x == child_state::stopped;
}

/// The members of the group that `failed` belongs to: [first, last).
std::pair<std::size_t, std::size_t> members(strategy how, std::size_t count,
                                            std::size_t failed) {
  switch (how) {
  case strategy::one_for_one:
    break;
  case strategy::one_for_all:
    return {0, count};
  case strategy::rest_for_one:
    return {failed, count};
  }
  return {failed, failed + 1};
}

} // namespace

std::string_view to_string(exit_cause x) {
  switch (x) {
  case exit_cause::normal:
    return "normal";
  case exit_cause::shutdown:
    return "shutdown";
  case exit_cause::failure:
    return "failure";
  case exit_cause::start_failure:
    return "start_failure";
  case exit_cause::killed_by_supervisor:
    return "killed_by_supervisor";
  }
  return "invalid";
}

restart_decision decide(restart_type type, exit_cause cause,
                        const restart_account& account, instant now,
                        double unit) {
  switch (wish_of(type, cause)) {
  case wish::forget:
    return forget_child{};
  case wish::keep:
    return keep_stopped{};
  case wish::restart:
    break;
  }
  if (const auto refused = charge(account, now))
    return *refused;
  return restart_after{account.backoff.next(now, unit)};
}

restart_decision decide(restart_type type, exit_cause cause,
                        restart_budget& budget, restart_backoff& backoff,
                        instant now, double unit) {
  return decide(type, cause, {budget, nullptr, backoff}, now, unit);
}

group_plan plan_restart(strategy how, std::span<const child_view> children,
                        std::size_t failed) {
  group_plan result;
  const auto [first, last] = members(how, children.size(), failed);
  for (auto i = first; i < last; ++i) {
    if (i != failed && !is_down(children[i].state))
      result.stop.push_back(i);
    if (children[i].restart == restart_type::temporary)
      result.forget.push_back(i);
    else
      result.start.push_back(i);
  }
  std::ranges::reverse(result.stop);
  return result;
}

std::vector<std::size_t> plan_stop(std::span<const child_view> children) {
  std::vector<std::size_t> result;
  for (auto i = children.size(); i-- > 0;)
    if (!is_down(children[i].state))
      result.push_back(i);
  return result;
}

bool shuts_down(auto_shutdown when, std::span<const child_view> children,
                std::size_t ended, exit_cause cause,
                const restart_decision& verdict) {
  const auto for_good = std::holds_alternative<forget_child>(verdict)
                        || std::holds_alternative<keep_stopped>(verdict);
  if (when == auto_shutdown::never || !children[ended].significant || !for_good
      || cause == exit_cause::killed_by_supervisor)
    return false;
  if (when == auto_shutdown::any_significant)
    return true;
  for (std::size_t i = 0; i < children.size(); ++i)
    if (i != ended && children[i].significant
        && children[i].state != child_state::stopped)
      return false;
  return true;
}

} // namespace stanchion
