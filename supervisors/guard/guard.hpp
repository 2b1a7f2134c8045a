#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/secret.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/approval_rule.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>
#include <stanchion/supervisors/policy/hedging.hpp>
#include <stanchion/supervisors/policy/rate_limit.hpp>
#include <stanchion/supervisors/policy/restart_budget.hpp>
#include <stanchion/supervisors/policy/retry.hpp>
#include <stanchion/supervisors/policy/retry_budget.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace stanchion {

/// Everything a guard is told about its tool.
struct guard_options {
  /// The tool's name. Not empty.
  std::string name;
  /// What happens in the world when the tool is called twice.
  stanchion::effect effect = effect::once;
  /// What arguments and answers must look like.
  schema input = any();
  schema output = any();
  /// How long one attempt may take once the tool has it. Positive; default
  /// 30 s.
  duration attempt_timeout = defaults::attempt_timeout;
  /// How long an attempt may go without progress. Positive, and shorter than
  /// `attempt_timeout` to mean anything; nothing for no matter.
  std::optional<duration> idle_timeout;
  retry_options retry;
  /// What of all calls may be retries; nothing for no bound.
  std::optional<retry_budget_options> retry_budget = retry_budget_options{};
  /// Its state as the fact `retry_budget_fact` last had it; empty for none.
  std::string retry_budget_text;
  /// How fast attempts may leave; nothing for no limit.
  std::optional<rate_options> rate;
  /// How many tokens of it a call with these arguments costs; needed where
  /// tokens are limited. Runs in the guard's context and must not block; a call
  /// for which it throws fails.
  std::function<std::uint64_t(const value& arguments)> cost;
  /// How many attempts the tool has at a time; nothing for no limit.
  std::optional<concurrency_options> limit;
  /// When an attempt is sent once more; nothing for never.
  std::optional<hedge_options> hedge;
  /// Puts secrets in their places, and hides them in answers; null for
  /// neither.
  std::shared_ptr<secret_vault> vault;
  std::vector<secret_place> secrets;
  /// People are asked where any of them says so, on its terms.
  std::vector<approval_rule> approvals;
  /// A `probe_lease` that is not longer than an attempt is lengthened.
  breaker_options breaker;
  /// The breaker's state as the fact `breaker_fact` last had it; empty for
  /// closed. A text that is none isolates the tool: it may have been.
  std::string breaker_text;
  decision_table table;
  /// What failures are taken for before anything is decided about them.
  failure_rules rules = default_failure_rules();

  /// Makes the tool's actor, each time anew. Runs in the guard's context and
  /// must not block; what it throws, and null, are failures to start.
  std::function<std::unique_ptr<fabric::actor>()> child;
  /// Restarts of the tool's actor. Default 5 in 60 s.
  restart_budget_options restarts;
  /// Delays between them. Default 0.5 s × 2 to 60 s, full jitter.
  backoff_options restart_backoff;
  /// Time the tool's actor has to start, and to stop before it is killed.
  /// Positive; default 5 s.
  duration start_deadline = defaults::start_deadline;
  duration stop_deadline = defaults::stop_deadline;
  /// New calls that may wait while the tool is down. Default 128.
  std::size_t stash = defaults::stash;

  /// Gives up on a worker of the pool. Empty for a tool that does not use it.
  std::function<void(std::thread::id)> replace_worker;
  /// How long after its timeout a function may still run before its worker
  /// counts as hung. Not negative; default 1 s.
  duration hung_after = 1s;
  /// Hung workers, all at a time, at which the tool is isolated; fewer if they
  /// have all the places. Positive; default 4.
  std::uint32_t max_abandoned = defaults::abandoned_workers;

  /// The tool is isolated since then; also said by a guard that finds it so
  /// when it starts. True: a person has decided meanwhile that calls may pass.
  /// Runs in the guard's context; must not block or throw; may be null.
  std::function<bool(instant since, const std::string& reason)> on_isolated;

  /// What was injected into an attempt, as a failure's code; empty for nothing.
  /// Null where nothing is injected.
  std::function<std::string(const std::string& key, std::uint32_t attempt)>
    injected;

  /// Where decisions are reported; may be null.
  std::shared_ptr<event_sink> events;
  /// Spreads delays; null means the operating system's chance.
  std::shared_ptr<random_source> random;
  /// Keeps the states of breaker and retry budget; may be empty.
  fabric::actor_ref journal;
  /// The desk there is now, which knows what people approved. Null where nobody
  /// is asked.
  std::function<fabric::actor_ref()> desk;
  /// Told with an `escalation` when the guard gives up; may be empty.
  fabric::actor_ref parent;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const guard_options& x);

/// The keys of the facts that keep the state of the breaker of `tool`, and of
/// its retry budget.
[[nodiscard]] std::string breaker_fact(std::string_view tool);
[[nodiscard]] std::string retry_budget_fact(std::string_view tool);

/// An operator's word: nothing leaves until `close_breaker`.
struct isolate_tool {
  std::string reason;
};

/// An operator's word: calls pass again, whatever was before.
struct close_breaker {
  std::string reason;
};

/// Makes the guard of one tool: the only one that talks to it, starts it and
/// decides about its calls. Holds no policy: `supervisors/policy` does.
///
/// Accepts:  call_request, attempt_go, call_dropped: see core/call.hpp
///           isolate_tool, close_breaker
///           describe_tree → tree_node; `detail` is the breaker's state
/// Sends:    tool_job to the tool's actor, which answers with tool_answer
///           claim_grant to the desk, before what people approved
/// Emits:    attempt_ended, retry_scheduled, retry_denied, call_refused,
///           limit_lowered, hedge_started, late_result, breaker_…,
///           child_…, worker_abandoned, supervisor_gave_up; nothing for a
///           success
/// Ends:     shutdown when asked to stop, once the tool has ended; failed when
///           the restart budget is spent
/// Errors:   `error{invalid_spec}` naming every field that is wrong.
/// Owns:     the tool's actor; should the guard be killed it kills it.
///
/// A call that succeeded or became unknown stays known for a while, so that a
/// run that died before it could record the end hears it again.
[[nodiscard]] std::unique_ptr<fabric::actor> make_guard(guard_options options);

} // namespace stanchion
