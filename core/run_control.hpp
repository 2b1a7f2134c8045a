#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <compare>
#include <functional>
#include <string>

/// What the rest of the runtime tells a run. All but `cancel_run` are hints
/// over facts that are durable already: a run that misses one finds the fact
/// when it starts again.
namespace stanchion {

/// End it: no new step, open attempts are awaited, then it is `cancelled`.
struct cancel_run {
  std::string reason;
  std::string by;
  /// Told, from the run's context, whether there was something to cancel, once
  /// that is durable; dropped untold when the run has ended meanwhile. May be
  /// null.
  std::function<void(bool)> answer;
};

/// A ticket of this run has been decided, or withdrawn.
struct ticket_decided {
  std::string ticket;
};

/// Its agent, or everything, may do more or less than before.
struct mode_changed {};

/// The run itself may do more or less: a person, or a rule, says so.
struct set_run_mode {
  mode_setting to;
  /// As that of `cancel_run`.
  std::function<void(bool)> answer;
};

/// Something that a run waits for, or will.
struct signal_run {
  std::string name;
  /// The sender's: the same id, the same signal. Not empty.
  std::string id;
  value content;
  std::string by;
  /// As that of `cancel_run`.
  std::function<void(bool)> answer;
};

/// A child has ended, was parked or goes on.
struct child_run_changed {
  run_number child = 0;
};

/// An instant that the run waited for has come.
struct timer_due {};

/// Some tool's guard is new or gone.
struct guards_changed {};

/// What the process may have died of: a step of a run or, without a path, the
/// run's own code.
struct suspect {
  run_number run = 0;
  step_path step;

  auto operator<=>(const suspect&) const = default;
};

/// From a run to the router: may this suspect go? Answered with `turn_granted`
/// when no other one is under way.
struct ask_turn {
  suspect who;
  /// Times that the process has died while it was the only one under way.
  std::uint32_t deaths = 0;
};

/// To the run: go, and say `turn_over` when it is behind you.
struct turn_granted {
  suspect who;
};

/// From a run: it is behind us, or no longer wants to go.
struct turn_over {
  suspect who;
};

/// To the timers: tell `run` when `at` has come.
struct arm_timer {
  run_number run = 0;
  instant at;
};

} // namespace stanchion
