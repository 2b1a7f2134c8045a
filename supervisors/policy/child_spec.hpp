#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <string>
#include <vector>

namespace stanchion {

/// What a supervisor is told about a child, apart from how to make it.
struct child_facts {
  /// Not empty, unique under its supervisor.
  std::string id;
  /// Default permanent (Erlang/OTP).
  restart_type restart = restart_type::permanent;
  /// Time to come up, after which the start has failed. Positive; default 5 s.
  duration start_deadline = defaults::start_deadline;
  /// Time to end after it was asked to, after which it is killed. Positive;
  /// default 5 s (Erlang/OTP's worker).
  duration stop_deadline = defaults::stop_deadline;
  /// Whether its end concerns the supervisor's `auto_shutdown`. Only for
  /// transient and temporary children; default false.
  bool significant = false;
  /// The child's own restart budget; the supervisor's counts besides.
  restart_budget_options budget;
  /// Delays between its restarts.
  backoff_options backoff;
  /// If the child is a supervisor: its own `auto_shutdown`. Default never.
  stanchion::auto_shutdown auto_shutdown = stanchion::auto_shutdown::never;
};

/// What is known of a supervisor before anything starts.
struct supervisor_facts {
  /// Default one_for_one (Erlang/OTP).
  stanchion::strategy strategy = stanchion::strategy::one_for_one;
  /// Default never (Erlang/OTP).
  stanchion::auto_shutdown auto_shutdown = stanchion::auto_shutdown::never;
  /// Shared by all children. Default 5 in 60 s.
  restart_budget_options budget;
  /// In start order.
  std::vector<child_facts> children;
};

/// What is wrong with `x`, one sentence a fault, each naming its field and
/// what to do; empty when the supervisor may start.
///
/// Besides ranges it proves relations: ids are unique, significance and
/// `auto_shutdown` agree, and each restart window is longer than the delays it
/// must count, without which a budget could never be exceeded and a child that
/// dies at every start would be restarted for ever.
[[nodiscard]] std::vector<std::string> problems(const supervisor_facts& x);

} // namespace stanchion
