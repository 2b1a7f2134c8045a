#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/restart_backoff.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// Why a child went down.
enum class exit_cause : std::uint8_t {
  normal = 1,               ///< its work is done
  shutdown = 2,             ///< it was asked to end, by someone else
  failure = 3,              ///< anything abnormal
  start_failure = 4,        ///< it never came up, or not in time
  killed_by_supervisor = 5, ///< its own supervisor stopped it
};

[[nodiscard]] std::string_view to_string(exit_cause x);

// -- one exit -----------------------------------------------------------------

/// Start the child again once `delay` has passed; `plan_restart` says which
/// siblings are concerned.
struct restart_after {
  duration delay{};
};

/// Drop the child and its spec; the siblings go on.
struct forget_child {};

/// Keep the spec without an actor; the siblings go on.
struct keep_stopped {};

/// Whose restart budget is spent.
enum class budget_owner : std::uint8_t {
  child = 1,
  supervisor = 2,
};

/// Out of budget: stop all children in reverse start order, then fail upwards.
/// End with a cause of its own: a parent reads `shutdown` as "work done" and
/// leaves a transient supervisor down.
struct stop_and_escalate {
  budget_owner owner = budget_owner::child;
  /// The budget that was exceeded.
  restart_budget_options limit;
};

using restart_decision
  = std::variant<restart_after, forget_child, keep_stopped, stop_and_escalate>;

/// What a restart of one child is charged to.
struct restart_account {
  /// The child's own budget.
  restart_budget& child;
  /// The supervisor's; null where children do not share one (runs).
  restart_budget* supervisor = nullptr;
  /// The child's row of failures.
  restart_backoff& backoff;
};

/// Decides about one exit. A restart is charged to both budgets at once, or,
/// where either refuses, to none. `unit` is drawn evenly from [0, 1).
///
///   type      | normal, shutdown | failure, start_failure | by supervisor
///   ----------+------------------+------------------------+--------------
///   permanent | restart          | restart                | keep_stopped
///   transient | keep_stopped     | restart                | keep_stopped
///   temporary | forget           | forget                 | forget
///
/// A child its supervisor stopped is started again by the plan that stopped
/// it. One call, for the child that failed, stands for a whole group: siblings
/// are not charged.
[[nodiscard]] restart_decision decide(restart_type type, exit_cause cause,
                                      const restart_account& account,
                                      instant now, double unit);

/// The same where only the child has a budget.
[[nodiscard]] restart_decision decide(restart_type type, exit_cause cause,
                                      restart_budget& budget,
                                      restart_backoff& backoff, instant now,
                                      double unit);

// -- its siblings -------------------------------------------------------------

/// Where a child stands.
enum class child_state : std::uint8_t {
  starting = 1,
  running = 2,
  stopping = 3,
  waiting = 4, ///< down, until its restart is due
  stopped = 5, ///< down for good, its spec kept
};

/// What planning needs to know of a child.
struct child_view {
  restart_type restart = restart_type::permanent;
  child_state state = child_state::stopped;
  bool significant = false;
};

/// What to do about a group, as positions in the list of children.
struct group_plan {
  /// Stop these now, one after another, in this order: reverse start order.
  /// One that is stopping already is only waited for.
  std::vector<std::size_t> stop;
  /// Forget these once they are down: temporary, never started again.
  std::vector<std::size_t> forget;
  /// When all of `stop` are down and the delay has passed, start these one
  /// after another, in this order: start order. Cancels whatever delay a
  /// member was still waiting for.
  std::vector<std::size_t> start;
};

/// Plans the restart of `children[failed]`, which is down. `children` are in
/// start order. As in Erlang/OTP, a group restart also starts transient
/// members that had ended normally, and forgets temporary ones.
///
/// Should a member then fail to start, ask `decide` about it as a
/// `start_failure` and plan again from there.
[[nodiscard]] group_plan plan_restart(strategy how,
                                      std::span<const child_view> children,
                                      std::size_t failed);

/// All children that are not down, in the order to stop them.
[[nodiscard]] std::vector<std::size_t>
plan_stop(std::span<const child_view> children);

/// Whether the supervisor ends, with cause `shutdown`, now that
/// `children[ended]` went down for `cause` and `verdict` was given. The states
/// of the other children are those of now.
[[nodiscard]] bool shuts_down(auto_shutdown when,
                              std::span<const child_view> children,
                              std::size_t ended, exit_cause cause,
                              const restart_decision& verdict);

} // namespace stanchion
