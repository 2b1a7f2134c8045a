#pragma once

#include <stanchion/actors/run/stuck_watch.hpp>
#include <stanchion/actors/run/task.hpp>
#include <stanchion/core/agent_ledger.hpp>
#include <stanchion/core/backoff.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/mode_rules.hpp>
#include <stanchion/core/value.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace stanchion {

class agent_context;

/// What happens to a run whose agent lets a `step_error` out. A `user_data`
/// failure always fails the run: nobody but its submitter can mend it.
enum class on_unhandled : std::uint8_t {
  park, ///< a person decides: retry, skip with a result, or abort
  fail, ///< the run fails
};

/// How often the step that a run fails of is tried again before that happens.
/// The waits are durable.
struct retry {
  /// Series of attempts of one step, beside the first. At least 1; default 3.
  std::uint32_t most = defaults::step_reopenings;
  /// The waits between them. Default 30 s × 2 to 10 min, full jitter.
  backoff_options backoff
    = {.first = defaults::reopen_backoff, .cap = defaults::reopen_backoff_cap};
};

/// A named, versioned coroutine: a template for runs. Open runs stay with the
/// version they started with; several versions may be registered at once.
class agent {
public:
  using function = std::function<task<json>(agent_context&, value)>;

  agent(std::string name, std::string version, function fn)
    : name_(std::move(name)), version_(std::move(version)), fn_(std::move(fn)) {
    // nop
  }

  /// What an unhandled failure does. Default: park.
  agent& on_unhandled(stanchion::on_unhandled x) {
    unhandled_ = x;
    return *this;
  }
  /// Tries the step again that the run failed of, if that may be gone in a
  /// while and the tool's effect class allows; then what was said otherwise.
  agent& on_unhandled(const retry& x) {
    retries_ = x;
    return *this;
  }
  /// Time that a run may take, without what it waits for people; past it, it is
  /// parked, and `extend` gives it more. Positive; default no limit.
  agent& deadline(duration x) {
    limits_.time = x;
    return *this;
  }
  /// Steps of a run after which it is parked in the same way. Default no limit.
  agent& max_steps(std::uint32_t x) {
    limits_.steps = x;
    return *this;
  }
  /// Attempts of all calls of a run together, in the same way. Default no
  /// limit.
  agent& max_attempts(std::uint32_t x) {
    limits_.attempts = x;
    return *this;
  }
  /// Tokens of all calls of a run together, in the same way: see
  /// `tool::costs`. Default no limit.
  agent& max_tokens(std::uint64_t x) {
    limits_.tokens = x;
    return *this;
  }
  /// Money, in millionths of its unit, in the same way. Default no limit.
  agent& max_cost(std::uint64_t x) {
    limits_.cost = x;
    return *this;
  }
  /// When the agent may do less by itself, and how it earns that back. Default:
  /// it becomes advisory when 3 of the last 10 decisions about what it proposed
  /// to do with one tool were rejections.
  agent& modes(const mode_rules& x) {
    modes_ = x;
    return *this;
  }
  /// What all runs of the agent together may use up within a sliding window,
  /// counted from the journal. At 100 % the agent is lowered to what `modes`
  /// says, advisory by default; only a person raises it again, and what was
  /// used until then counts no more. Of several versions that of the last one
  /// added holds. Default: no limit.
  agent& spend_at_most(const agent_budget& x) {
    spend_at_most_ = x;
    return *this;
  }
  /// Looks out for runs that go on without getting anywhere, and does about it
  /// what the ladder says. Default: nobody does.
  agent& on_stuck(const stuck_options& x) {
    stuck_ = x;
    return *this;
  }
  /// Restarts of one run allowed in a window before it is parked. Defaults:
  /// 3 in 60 s.
  agent& restarts(std::uint32_t most, duration window) {
    restarts_ = most;
    window_ = window;
    return *this;
  }
  /// Delay before a restart: the first, doubling to a minute, full jitter.
  /// Default 0.5 s; 0 restarts at once.
  agent& backoff(duration first) {
    backoff_ = first;
    return *this;
  }
  /// How long a run waits before its actor leaves memory. Default 60 s.
  agent& evict_after(duration x) {
    evict_after_ = x;
    return *this;
  }

  [[nodiscard]] const std::string& name() const {
    return name_;
  }
  [[nodiscard]] const std::string& version() const {
    return version_;
  }
  [[nodiscard]] const function& body() const {
    return fn_;
  }
  [[nodiscard]] stanchion::on_unhandled unhandled() const {
    return unhandled_;
  }
  [[nodiscard]] const std::optional<retry>& retries() const {
    return retries_;
  }
  [[nodiscard]] const mode_rules& modes() const {
    return modes_;
  }
  [[nodiscard]] const std::optional<agent_budget>& shared_limits() const {
    return spend_at_most_;
  }
  [[nodiscard]] const std::optional<stuck_options>& stuck() const {
    return stuck_;
  }
  [[nodiscard]] const budget& limits() const {
    return limits_;
  }
  [[nodiscard]] std::uint32_t max_restarts() const {
    return restarts_;
  }
  [[nodiscard]] duration restart_window() const {
    return window_;
  }
  [[nodiscard]] duration first_backoff() const {
    return backoff_;
  }
  [[nodiscard]] duration eviction() const {
    return evict_after_;
  }

private:
  std::string name_;
  std::string version_;
  function fn_;
  stanchion::on_unhandled unhandled_ = stanchion::on_unhandled::park;
  std::optional<retry> retries_;
  std::optional<stuck_options> stuck_;
  mode_rules modes_;
  std::optional<agent_budget> spend_at_most_;
  budget limits_;
  std::uint32_t restarts_ = defaults::run_restarts;
  duration window_ = defaults::restart_window;
  duration backoff_ = defaults::restart_backoff;
  duration evict_after_ = defaults::evict_after;
};

} // namespace stanchion
