#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/defaults.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

/// As much again of what was used up.
budget same_again(park_reason reason, const budget& of) {
  switch (reason) {
  case park_reason::deadline_exceeded:
    return {.time = of.time};
  case park_reason::step_limit:
    return {.steps = of.steps};
  default:
    return {.attempts = of.attempts};
  }
}

budget limits_of(const budget& own, const history& past) {
  const auto first = tighter(own, past.given);
  auto result = first;
  for (const auto& x : past.extensions)
    result
      = enlarged(result, x.by.unlimited() ? same_again(x.reason, first) : x.by);
  return result;
}

} // namespace

void run_actor::allow(const history& past) {
  const auto limits = limits_of(options_.program->limits(), past);
  if (limits.unlimited())
    return;
  if (allowance_ && allowance_->timer != 0)
    cancel(allowance_->timer);
  allowance_ = std::make_unique<allowance>(
    allowance{.limits = limits,
              .used = {.steps = static_cast<std::uint32_t>(past.steps.size()),
                       .attempts = past.attempts},
              .since = past.started + past.paused});
}

/// A process may have died between the step too many and the park.
bool run_actor::park_if_spent() {
  if (!allowance_)
    return false;
  const auto& [limits, used, since, timer] = *allowance_;
  if (limits.time && now() >= *deadline()) {
    park({.reason = park_reason::deadline_exceeded,
          .title = "its deadline of " + to_text(*limits.time) + " has passed",
          .suggestion = "extend it, or abort"});
    return true;
  }
  if (limits.steps && used.steps > *limits.steps) {
    park({.reason = park_reason::step_limit,
          .title
          = "it wants more than " + std::to_string(*limits.steps) + " steps",
          .suggestion = "see whether it goes in circles; extend, or abort"});
    return true;
  }
  return false;
}

// -- counting -----------------------------------------------------------------

bool run_actor::count_step() {
  if (!allowance_)
    return true;
  const auto& most = allowance_->limits.steps;
  const auto used = ++allowance_->used.steps;
  if (most)
    say_low("steps", *most, used);
  return !most || used <= *most;
}

void run_actor::count_attempt() {
  if (!allowance_)
    return;
  const auto used = ++allowance_->used.attempts;
  if (const auto& most = allowance_->limits.attempts)
    say_low("attempts", *most, used);
}

bool run_actor::attempts_spent(const step& s) {
  if (!allowance_ || !allowance_->limits.attempts
      || allowance_->used.attempts < *allowance_->limits.attempts)
    return false;
  park({.reason = park_reason::budget_exhausted,
        .step = s.path,
        .revision = s.revision,
        .title = s.name + " needs another attempt, and all "
                 + std::to_string(*allowance_->limits.attempts)
                 + " of the run are used up",
        .suggestion = "see what keeps failing; extend, or abort"});
  return true;
}

void run_actor::say_low(std::string_view limit, std::uint64_t most,
                        std::uint64_t used) {
  const auto percent = defaults::budget_warning;
  if (reached(most, used, percent) && !reached(most, used - 1, percent))
    publish(event_kind::budget_low, severity::warning,
            json{{"limit", limit}, {"most", most}, {"used", used}}.dump());
}

void run_actor::begin_beyond(step& s) {
  if (s.kind == step_kind::call)
    if (const auto tool = services_.tools->find(s.name))
      s.tool_effect = tool->tool_effect;
  if (s.kind == step_kind::spawn || s.kind == step_kind::renewal)
    name_child(s);
  log_->add(record_kind::intent, s.path, bodies::intent(s), now());
  if (!engine_->frozen())
    park_if_spent();
}

// -- time ---------------------------------------------------------------------

std::optional<instant> run_actor::deadline() const {
  if (!allowance_ || !allowance_->limits.time)
    return std::nullopt;
  return allowance_->since + *allowance_->limits.time;
}

/// Wakes the run where its time is nearly up, and where it is. An evicted run
/// is woken by the timers.
void run_actor::watch_time() {
  const auto end = deadline();
  if (!end)
    return;
  const auto limit = *allowance_->limits.time;
  const auto warning
    = *end - limit / 100 * (100 - static_cast<int>(defaults::budget_warning));
  const auto next = now() < warning ? warning : *end;
  allowance_->timer = after(std::max(next - now(), duration::zero()), [this] {
    on_time();
    settle();
  });
}

void run_actor::on_time() {
  allowance_->timer = 0;
  if (over_ || cancelling_ || ending_ || finishing_ || reloading_
      || !parked_.empty())
    return; // it is over, or stands still and looks again when it goes on
  if (park_if_spent())
    return;
  const auto limit = *allowance_->limits.time;
  publish(event_kind::budget_low, severity::warning,
          json{{"limit", "time"},
               {"most", limit.count()},
               {"used", (now() - allowance_->since).count()}}
            .dump());
  watch_time();
}

budget run_actor::remaining() const {
  if (!allowance_)
    return {};
  auto used = allowance_->used;
  used.time = now() - allowance_->since;
  return rest(allowance_->limits, used);
}

} // namespace stanchion::detail
