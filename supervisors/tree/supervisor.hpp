#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/tree/child_messages.hpp>
#include <stanchion/supervisors/tree/child_spec.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// Everything a static supervisor is told.
///
/// The callbacks run in the supervisor's context, must not block or throw, and
/// may be null.
struct supervisor_options {
  /// Shown in trees, events and failures. Not empty.
  std::string name;
  /// Default one_for_one.
  stanchion::strategy strategy = stanchion::strategy::one_for_one;
  /// Default never.
  stanchion::auto_shutdown auto_shutdown = stanchion::auto_shutdown::never;
  /// Shared by all children; each has its own besides. Default 5 in 60 s.
  restart_budget_options budget;
  /// In start order.
  std::vector<child_spec> children;
  /// Told with an `escalation` when this supervisor gives up; empty at the
  /// root.
  fabric::actor_ref parent;
  /// Where decisions are reported; may be null.
  std::shared_ptr<event_sink> events;
  /// Spreads the delays; null means the operating system's chance.
  std::shared_ptr<random_source> random;
  /// A child is up, again or for the first time; with an empty handle: it is
  /// down. Comes before anything that starts after it.
  std::function<void(const std::string& child, const fabric::actor_ref& now)>
    on_child;
  /// Its budget is spent. Children that live keep living, and nothing is
  /// restarted, until `proceed` is called, from any thread, or
  /// `give_up_deadline` has passed: the time to commit a ticket.
  std::function<void(const failure& why, std::function<void()> proceed)>
    on_give_up;
  /// Positive; default 5 s.
  duration give_up_deadline = defaults::stop_deadline;
  /// All children are down and it ends; with the reason if it gave up.
  std::function<void(const std::optional<failure>& why)> on_ended;
};

/// Makes a supervisor of a fixed list of children.
///
/// Starts them in order, each when the one before is up; stops them in reverse
/// order; restarts them as their specs, the strategy and the budgets say
/// (`docs/policies/restart.md`). When a budget is spent it stops all children
/// in reverse order, sends its parent an `escalation` with the cause chain and
/// ends as failed, so that even a transient supervisor is restarted.
///
/// Accepts:  describe_tree → tree_node with all that is below
///           await_start → started, when every child has been up once
///           escalation, from a child that is about to give up
///           add_child, terminate_child, restart_child, delete_child
///             → child_changed
/// Ends:     shutdown when asked to stop, or by auto_shutdown; failed when it
///           gave up
/// Errors:   `error{invalid_spec}` naming every field that is wrong, before
///           anything starts.
/// Owns:     its children; should it be killed it kills them.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_supervisor(supervisor_options options);

/// The spec of a supervisor as the child of another, whose handle replaces
/// `options.parent`. Errors as `make_supervisor`.
[[nodiscard]] child_spec supervisor_child(supervisor_options options,
                                          restart_type restart
                                          = restart_type::permanent);

} // namespace stanchion
