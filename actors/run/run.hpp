#pragma once

#include <stanchion/actors/run/agent.hpp>
#include <stanchion/actors/run/services.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/fabric/actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace stanchion {

/// A run that nobody has recorded yet.
struct run_beginning {
  run_row row;
  value input;
  std::uint32_t depth = 0;
  /// What it may use up.
  budget limits;
  /// The header `traceparent` it was submitted with; empty for none.
  std::string traceparent;
  /// Called once the submission is durable, in the run's context.
  std::function<void()> on_durable;
};

/// How to make a run's actor.
struct run_options {
  run_number number = 0;
  std::shared_ptr<const agent> program;
  std::shared_ptr<const run_services> services;
  /// Null: the run is in the journal.
  std::shared_ptr<const run_beginning> beginning;
  /// It has crashed too often: park it instead of driving it.
  bool exhausted = false;
  /// Who spawned the actor and hears how it fares.
  fabric::actor_ref supervisor;
};

/// One execution of an agent.
///
/// Accepts:  cancel_run      → cancel_accepted, once durable
///           ticket_decided, child_changed, timer_due, guards_changed,
///           run_woken       hints: it looks at the durable facts again
///           evict_request   → run_evicted to the supervisor, if it still waits
///           what guards say (core/call.hpp) and `appended`
/// Emits:    run_started, run_resumed, run_waiting, run_parked, run_ended, …
/// State:    its journal; safe to restart any time
///
///                    +--------- a hint, a result ---------+
///                    v                                    |
///     queued --> running --> waiting for itself ----------+
///                    |  \--> parked (a ticket) --decided--+
///                    v
///     completed | failed | cancelled | continued
[[nodiscard]] std::unique_ptr<fabric::actor> make_run(run_options options);

} // namespace stanchion
