#pragma once

#include <stanchion/actors/run/tool_traits.hpp>
#include <stanchion/actors/tool/coroutine_host.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/fallback.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/secret.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/approval_rule.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>
#include <stanchion/supervisors/policy/failure_policy.hpp>
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
#include <utility>
#include <vector>

namespace stanchion {

class http_loop;

/// What a runtime has for those who work in it.
struct tool_surroundings {
  std::shared_ptr<event_sink> events;
  std::shared_ptr<http_loop> http;
};

/// Makes an actor that does a tool's work: it answers `tool_job` with
/// `tool_answer` (core/tool_job.hpp). Called at each start of the tool.
struct tool_worker {
  std::function<std::unique_ptr<fabric::actor>(const tool_surroundings&)> make;
};

/// A named capability: a function, its two schemas, its effect class and its
/// policies. Effect class and schemas are mandatory; `any()` says that
/// everything is accepted.
class tool {
public:
  /// Called on the pool of blocking threads, or, after `run_inline`, on the
  /// tool's own actor.
  tool(std::string name, effect e, tool_function fn)
    : name_(std::move(name)), effect_(e), function_(std::move(fn)) {
    // nop
  }
  /// A coroutine, driven on the tool's own actor.
  tool(std::string name, effect e, tool_coroutine fn)
    : name_(std::move(name)), effect_(e), coroutine_(std::move(fn)) {
    // nop
  }
  /// An actor of its own kind, such as `caf_tool` of <stanchion/caf.hpp> makes.
  tool(std::string name, effect e, tool_worker make)
    : name_(std::move(name)), effect_(e), worker_(std::move(make)) {
    // nop
  }

  /// What arguments must look like; others are refused before any attempt.
  tool& input(schema x) {
    input_ = std::move(x);
    return *this;
  }
  /// What results must look like; others are `schema_violation`.
  tool& output(schema x) {
    output_ = std::move(x);
    return *this;
  }
  /// What it is for: models choose by it, people read it. Default: nothing.
  tool& description(std::string x) {
    description_ = std::move(x);
    return *this;
  }
  /// Time of one attempt. Positive; default 30 s.
  tool& timeout(duration x) {
    timeout_ = x;
    return *this;
  }
  /// Time that an attempt may go without `tool_context::progress`; then it is
  /// given up, as at its timeout. Positive, shorter than `timeout`. Default: no
  /// matter.
  tool& idle_timeout(duration x) {
    idle_ = x;
    return *this;
  }
  /// Time of a whole call: all attempts, and what it waits between and for
  /// them. Past it the call fails with `timeout`; should it be unknown then
  /// whether an attempt took effect, the effect class decides as ever.
  /// Positive, longer than `timeout`. Default: no limit.
  tool& call_timeout(duration x) {
    traits_.call_timeout = x;
    return *this;
  }
  /// What is tried next in place of this tool once it has failed; each call
  /// adds to the end of the chain. `cached`, `static_value` and `partial` are
  /// for `read_only` tools.
  tool& fallback(stanchion::fallback x) {
    traits_.fallbacks.push_back(std::move(x));
    return *this;
  }
  /// Answers that were kept of another version are not used. Default `1`.
  tool& version(std::string x) {
    traits_.version = std::move(x);
    return *this;
  }
  /// How to undo a success: the tool `<name>.undo`, which is called with
  /// `{"arguments", "key", "result"}` of the act when its run fails or is
  /// cancelled. It is a tool of its own, of class `e`.
  tool& undo(tool_function fn, effect e = effect::idempotent) {
    undo_function_ = std::move(fn);
    undo_effect_ = e;
    traits_.undo = name_ + ".undo";
    return *this;
  }
  /// Shows people afterwards what was done, with a ticket: they have `x` to
  /// `undo` it, which a run of its own then does; else it is accepted.
  /// Positive; needs `undo`. Default: nobody is shown.
  tool& review_within(duration x) {
    traits_.review = x;
    return *this;
  }
  /// This tool takes back what `other` does, as `close` does of `open`. A run
  /// that goes back and forth between the two is stuck, see `agent::on_stuck`.
  tool& inverse(std::string other) {
    traits_.inverse = std::move(other);
    return *this;
  }
  /// People approve a call whose arguments the rule picks, before anything
  /// leaves; one that throws picks it. Called on the guard's actor, once a
  /// call; must not block. Several rules: the first that picks a call gives the
  /// terms.
  tool& approve_if(std::function<bool(const value&)> rule,
                   const approval_options& x = {}) {
    approvals_.push_back({std::move(rule), x});
    traits_.asks_people = true;
    return *this;
  }
  /// People approve every call.
  tool& always_approve(const approval_options& x = {}) {
    return approve_if({}, x);
  }
  /// The most that one attempt with these arguments may cost. It is set aside
  /// from the budget of the run before the attempt leaves; what it did cost
  /// (`tool_context::spent`) takes its place afterwards, or it stays. Called on
  /// the run's actor, maybe more than once; must not block. Default: nothing.
  tool& costs(std::function<spending(const value&)> most) {
    traits_.costs = std::move(most);
    return *this;
  }
  /// Default: 3 attempts, 0.5 s × 2 to 60 s, full jitter.
  tool& retry(const retry_options& x) {
    retry_ = x;
    return *this;
  }
  /// What of all calls may be retries. Default: one for five new calls, and 100
  /// more within 10 s.
  tool& retry_budget(const retry_budget_options& x) {
    retry_budget_ = x;
    return *this;
  }
  /// No bound on the retries of all calls together.
  tool& retry_budget(std::nullopt_t) {
    retry_budget_.reset();
    return *this;
  }
  /// When an attempt that takes long is sent once more. For `read_only` and
  /// `idempotent` tools. Default: never.
  tool& hedge(const hedge_options& x) {
    hedge_ = x;
    return *this;
  }
  /// How many attempts there are at a time. Default: no limit.
  tool& limit(const concurrency_options& x) {
    limit_ = x;
    return *this;
  }
  /// How fast attempts may leave. `cost` says how many tokens a call with these
  /// arguments costs; it is needed where tokens are limited, is called once a
  /// call, on the guard's actor, and must not block. Default: no limit.
  tool& rate(const rate_options& x,
             std::function<std::uint64_t(const value&)> cost = {}) {
    rate_ = x;
    cost_ = std::move(cost);
    return *this;
  }
  /// Default: opens after 5 consecutive failures, or when half of at least 5
  /// calls within 60 s failed, for 10 s, doubling to 5 min.
  tool& breaker(const breaker_options& x) {
    breaker_ = x;
    return *this;
  }
  /// What failures of this tool are taken for, before the runtime's rules.
  tool& classify(const failure_rules& x) {
    failures_.rules = failures_.rules.then(x);
    return *this;
  }
  /// What follows from a kind of failure of this tool, in place of the row of
  /// the runtime or the default one.
  tool& decide(failure_kind kind, const decision_row& row) {
    failures_.rows.push_back({kind, row});
    return *this;
  }
  /// Restarts of the tool's actor allowed in a window. Default 5 in 60 s.
  tool& restarts(std::uint32_t most, duration window) {
    restarts_ = {most, window};
    return *this;
  }
  /// Delays between those restarts. Default 0.5 s × 2 to 60 s, full jitter.
  tool& restart_backoff(const backoff_options& x) {
    backoff_ = x;
    return *this;
  }
  /// Calls that wait while the tool's actor is down. Default 128.
  tool& stash(std::size_t most) {
    stash_ = most;
    return *this;
  }
  /// How to ask whether a key took effect; for `effect::reconcilable`, which
  /// needs it.
  tool& reconcile(reconcile_function fn) {
    reconcile_ = std::move(fn);
    return *this;
  }
  /// Its failures are never ordinary: the first failed attempt raises an
  /// alert, where alerts are on.
  tool& critical() {
    critical_ = true;
    return *this;
  }
  /// The argument at this JSON pointer, such as `/password`, may be
  /// `secret(name)`: the tool gets the secret itself. Nowhere else does it
  /// become one, whatever an agent or a model writes there. Default: none.
  tool& secret(std::string at, std::string name) {
    secrets_.push_back({std::move(at), std::move(name)});
    return *this;
  }
  /// The function never blocks: call it on the actor, not on the pool.
  tool& run_inline() {
    inline_ = true;
    return *this;
  }

  /// Throws `error{invalid_spec}` naming every part that is missing or does
  /// not fit.
  void validate() const;

  [[nodiscard]] const std::string& name() const {
    return name_;
  }
  [[nodiscard]] effect effect_class() const {
    return effect_;
  }
  [[nodiscard]] bool is_critical() const {
    return critical_;
  }
  [[nodiscard]] const failure_policy& failures() const {
    return failures_;
  }
  [[nodiscard]] const tool_traits& traits() const {
    return traits_;
  }
  /// The tool that undoes what this one did; nothing if it has none.
  [[nodiscard]] std::optional<tool> undo_tool() const;
  /// Its description.
  [[nodiscard]] const std::string& about() const {
    return description_;
  }
  /// Precondition: it has one.
  [[nodiscard]] const schema& input_schema() const {
    return *input_;
  }
  /// Precondition: it has one.
  [[nodiscard]] const schema& output_schema() const {
    return *output_;
  }
  /// Whether people approve every call.
  [[nodiscard]] bool always_asks() const;
  [[nodiscard]] const retry_options& retries() const {
    return retry_;
  }

private:
  friend struct tool_parts;
  friend struct tool_catalog;

  std::string name_;
  std::string description_;
  effect effect_;
  tool_function function_;
  tool_coroutine coroutine_;
  tool_worker worker_;
  reconcile_function reconcile_;
  std::optional<schema> input_;
  std::optional<schema> output_;
  duration timeout_ = defaults::attempt_timeout;
  std::optional<duration> idle_;
  tool_traits traits_;
  tool_function undo_function_;
  effect undo_effect_ = effect::idempotent;
  retry_options retry_;
  std::optional<retry_budget_options> retry_budget_ = retry_budget_options{};
  std::optional<hedge_options> hedge_;
  std::optional<concurrency_options> limit_;
  std::vector<approval_rule> approvals_;
  std::optional<rate_options> rate_;
  std::function<std::uint64_t(const value&)> cost_;
  breaker_options breaker_;
  failure_policy failures_;
  std::vector<secret_place> secrets_;
  restart_budget_options restarts_;
  backoff_options backoff_;
  std::size_t stash_ = defaults::stash;
  bool inline_ = false;
  bool critical_ = false;
};

} // namespace stanchion
