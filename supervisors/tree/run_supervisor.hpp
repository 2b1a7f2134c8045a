#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stanchion {

/// Makes the actor of one run. `beginning` is what `start_run` brought, or null
/// to read the journal; `exhausted`: it has crashed too often and is to park
/// itself instead of going on. What it throws counts as a crash.
using run_factory = std::function<std::unique_ptr<fabric::actor>(
  run_number run, const std::shared_ptr<const void>& beginning, bool exhausted,
  const fabric::actor_ref& supervisor)>;

/// What all runs of one agent share.
struct run_supervisor_options {
  /// Not empty.
  std::string agent;
  run_factory make;
  /// Of each run alone. Default 3 in 60 s. The journal counts too; this one
  /// bears what the journal cannot see, such as a run that cannot be read.
  restart_budget_options budget = run_restart_budget;
  /// Default 0.5 s × 2 to 60 s, full jitter.
  backoff_options backoff;
  /// How long a run must wait before it is asked to leave memory. Positive;
  /// default 60 s. One that goes on by itself within as long again is left
  /// alone.
  duration evict_after = defaults::evict_after;
  /// Time that all runs together have to stop, after which they are killed.
  /// Positive; default 5 s.
  duration stop_deadline = defaults::stop_deadline;
  /// More runs than this exhausted within `exhausted_window` stop the agent.
  /// Default 5 in 60 s.
  std::uint32_t exhausted_runs = defaults::agent_exhausted_runs;
  duration exhausted_window = defaults::restart_window;
  /// Runs that may be starting at once; more wait their turn, so that a burst
  /// leaves room for others. Positive; default 256.
  std::size_t starting_at_once = 256;
  /// May be null.
  std::shared_ptr<event_sink> events;
  /// Spreads the delays; null means the operating system's chance.
  std::shared_ptr<random_source> random;
  /// The agent has been stopped because these runs are exhausted. Runs in the
  /// supervisor's context; must not block or throw; may be null.
  std::function<void(const std::vector<run_number>& exhausted)>
    on_agent_stopped;
};

/// Makes the supervisor of one agent's runs.
///
/// Runs are independent: each has its own budget and delays. A run in memory
/// costs some 150 bytes here besides its actor, one that was evicted nothing.
///
/// Accepts:  start_run       null `beginning`: read from the journal; one that
///                           is driven already is woken
///           routed          handed to the run, which is brought back for it;
///                           a request is answered with the run's answer
///           guards_changed, mode_changed  handed to all runs in memory
///           run_idle, run_busy, run_evicted, run_over, run_exhausted
///                           from its runs
///           resume_agent    after the agent was stopped
///           describe_tree   → tree_node: counts, and the runs in trouble
/// Ends:     shutdown, when asked to stop and all runs are down
/// Errors:   `error{invalid_spec}` naming every field that is wrong.
/// Owns:     its runs; should it be killed it kills them. Whoever replaces it
///           sends `start_run` for each that is open.
///
///                 start              run_idle … evict_after
///      (absent) ───────▶ queued ─▶ live ─────────────────▶ evicting
///         ▲                 ▲      │ ▲ ▲                    │   │
///         │            woken│ crash│ │ └────── it declines ─┘   │
///         │                 │      ▼ │                          │
///         │                 │   waiting (delay)                 │
///         └─────────────────┴───────── it has gone ─────────────┘
[[nodiscard]] std::unique_ptr<fabric::actor>
make_run_supervisor(run_supervisor_options options);

} // namespace stanchion
