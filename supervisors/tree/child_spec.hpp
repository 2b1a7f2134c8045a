#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <functional>
#include <memory>
#include <string>

namespace stanchion {

/// One child of a static supervisor.
struct child_spec {
  /// Not empty, unique under its supervisor.
  std::string id;
  /// Makes the actor, each time anew; `parent` is the supervisor. Runs in the
  /// supervisor's context and must not block. What it throws, and null, are
  /// failures to start.
  std::function<std::unique_ptr<fabric::actor>(const fabric::actor_ref& parent)>
    start;
  /// Default permanent.
  restart_type restart = restart_type::permanent;
  /// Time to come up, after which it is killed and the start has failed.
  /// Positive; default 5 s.
  duration start_deadline = defaults::start_deadline;
  /// Time to end after it was asked to, after which it is killed. One that
  /// does not heed even that, because a handler hangs, is abandoned after the
  /// same time again. Positive; default 5 s.
  duration stop_deadline = defaults::stop_deadline;
  /// Whether its end concerns the supervisor's `auto_shutdown`. Default false.
  bool significant = false;
  /// Whether it has children of its own. Such a child is never killed, which
  /// would orphan them, and has no deadlines: theirs bound it. Default false.
  bool is_supervisor = false;
  /// If it is a supervisor: its own `auto_shutdown`. Default never.
  stanchion::auto_shutdown auto_shutdown = stanchion::auto_shutdown::never;
  /// Its own restart budget; the supervisor's counts besides. Default 5 in
  /// 60 s.
  restart_budget_options budget;
  /// Delays between its restarts. Default 0.5 s × 2 to 60 s, full jitter.
  backoff_options backoff;
  /// What trees show while it does not answer. Default `system`.
  std::string kind = "system";
};

} // namespace stanchion
