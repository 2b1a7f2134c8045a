#pragma once

#include <stanchion/actors/tool/coroutine_host.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/core/executor.hpp>
#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>

#include <memory>
#include <string>

namespace stanchion {

struct tool_options {
  std::string name;
  /// What does the work: one of the two.
  tool_function function;
  tool_coroutine coroutine;
  /// For reconcilable tools; else empty.
  reconcile_function reconcile;
  /// Which exceptions are failures of the call; others are crashes.
  failure_rules rules;
  /// Calls `function` and `reconcile` on the actor itself: for work that never
  /// blocks. Default false: on `pool`.
  bool run_inline = false;
  /// Needed unless everything runs on the actor.
  std::shared_ptr<executor> pool;
  /// Where log lines and progress go; may be null.
  std::shared_ptr<event_sink> sink;
  /// The time of log lines of pooled functions; outlives every thread of the
  /// pool. Null means the machine's clock.
  const clock* pool_clock = nullptr;
};

/// Runs one tool's function, once a job, as many jobs at a time as the pool
/// has room for.
///
/// Accepts:  tool_job → tool_answer
/// Ends:     failed, with the text, when a function throws anything but a
///           `tool_error`. Jobs that were in its functions then are not
///           answered, and functions on the pool run on unheard.
/// Errors:   `error{invalid_spec}` for options that do not go together.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_tool_actor(std::shared_ptr<const tool_options> options);

} // namespace stanchion
