#include <stanchion/core/defaults.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

namespace stanchion::detail {

namespace {

/// How long after its time something is kept for a call that is not back.
constexpr duration grace = 1min;

/// Absences that are kept before it is looked for those that nobody ended.
constexpr std::size_t few_absences = 64;

} // namespace

// -- whether an attempt may leave ---------------------------------------------

/// People, the tool, the breaker, the rate, a place: what each of them refuses
/// ends here.
void guard_actor::proceed(open_call& call) {
  if (!may_go(call))
    return;
  if (state_ != tool_state::up)
    return stash(call);
  const auto at = now();
  auto answer = breaker_.admit(at);
  if (!answer.changes.empty())
    on_changes(answer.changes, &call);
  const auto* yes = std::get_if<admitted>(&answer.answer);
  if (yes == nullptr)
    return refused_by_breaker(call, std::get<rejected>(answer.answer).retry_at);
  call.permit = yes->permit;
  if ((rate_ && !take_turn(call, at)) || (places_ && !take_place(call, at)))
    return;
  admit(call, at);
}

void guard_actor::admit(open_call& call, instant at) {
  call.has_turn = false;
  call.arrival = 0;
  call.left = at;
  if (call.reconciling)
    return fly(call, at);
  ++call.made;
  if (retries_ && call.made == 1)
    retries_->deposit(at);
  call.first = call.first.value_or(at);
  call.lost = false;
  call.phase = call_phase::admitted;
  if (!std::exchange(call.counted, false))
    send(call.caller, call_admitted{call.key, call.made});
  if (call.at_once)
    fly(call, at);
}

void guard_actor::stash(open_call& call) {
  if (call.made == 0 && queue_.size() >= options_.stash)
    return refuse(call,
                  not_started(failure_kind::bulkhead_full,
                              options_.name + " is down and "
                                + std::to_string(queue_.size())
                                + " calls wait for it already"),
                  "down");
  call.phase = call_phase::stashed;
  queue_.push_back(call.key);
  tell_held(call);
}

/// The call ends for want of room.
void guard_actor::refuse(open_call& call, failure why, std::string_view by) {
  report_.call_refused(now(), call, why, by);
  if (call.reconciling)
    return unreconciled(call, std::move(why));
  finish_untried(call, std::move(why));
}

void guard_actor::refused_by_breaker(open_call& call,
                                     std::optional<instant> retry_at) {
  const auto status = breaker_.status(now());
  auto why = not_started(failure_kind::circuit_open,
                         "the breaker of " + options_.name + " is "
                           + std::string{to_string(status.state)});
  // While probes are out it may close any moment.
  if (retry_at && status.state == breaker_state::half_open)
    retry_at = std::min(*retry_at, now() + defaults::guard_wait_limit);
  if (retry_at)
    why.retry_after = std::max(*retry_at - now(), duration::zero());
  if (call.reconciling) {
    if (retry_at)
      return wait(call, *retry_at, wait_reason::breaker);
    return unreconciled(call, why);
  }
  if (call.has_fallback && !call.unsettled)
    return finish_untried(call, why); // which need not wait
  const auto verdict = decide_about(call, why);
  if (const auto* again = std::get_if<try_again>(&verdict))
    wait(call, again->at, wait_reason::breaker);
  else
    finish_untried(call, why);
}

// -- the rate -----------------------------------------------------------------

/// False when the call has to wait for its turn, or is over. The breaker's
/// permit is given back then.
bool guard_actor::take_turn(open_call& call, instant at) {
  if (call.has_turn)
    return true;
  if (const auto problem = reckon_cost(call)) {
    record(call, breaker_result::ignored, nullptr);
    finish_untried(call, not_started(failure_kind::internal, *problem));
    return false;
  }
  const auto verdict = rate_->ask(cost_of(call), has_begun(call), at);
  if (std::holds_alternative<rate_pass>(verdict)) {
    call.has_turn = true;
    return true;
  }
  record(call, breaker_result::ignored, nullptr);
  if (const auto* turn = std::get_if<rate_turn>(&verdict)) {
    call.has_turn = true;
    if (call.deadline && turn->at >= *call.deadline) {
      give_turn_back(call);
      auto why = not_started(failure_kind::rate_limited,
                             "its turn under the rate limit of " + options_.name
                               + " would come past the deadline");
      why.retry_after = turn->at - at;
      refuse(call, std::move(why), "rate");
      return false;
    }
    wait(call, turn->at, wait_reason::rate);
    return false;
  }
  auto why = not_started(failure_kind::rate_limited, {});
  why.retry_after = std::get<rate_refused>(verdict).retry_after;
  why.message = why.retry_after
                  ? "the rate limit of " + options_.name + " is reached"
                  : "it costs " + std::to_string(cost_of(call))
                      + " tokens, more than the rate limit of " + options_.name
                      + " lets through at a time";
  refuse(call, std::move(why), "rate");
  return false;
}

/// What went wrong with it, if anything did.
std::optional<std::string> guard_actor::reckon_cost(open_call& call) {
  if (call.cost || !rate_->counts_tokens())
    return std::nullopt;
  try {
    call.cost = options_.cost(call.arguments);
    return std::nullopt;
  } catch (const std::exception& e) {
    return std::string{"nobody can say what the call costs: "} + e.what();
  } catch (...) {
    return "nobody can say what the call costs";
  }
}

/// A question costs none.
std::uint64_t guard_actor::cost_of(const open_call& call) {
  return call.reconciling ? 0 : call.cost.value_or(0);
}

/// It will not be used.
void guard_actor::give_turn_back(open_call& call) {
  if (std::exchange(call.has_turn, false))
    rate_->give_back(cost_of(call));
}

// -- calls that their runs wait for -------------------------------------------

/// Its run asks again at `until`: it keeps its turn and its number.
void guard_actor::keep(open_call& call, instant until) {
  if (absent_.size() >= most_absent_)
    sweep_absent();
  absent_.insert_or_assign(call.key,
                           absent_call{.at = until,
                                       .has_turn = call.has_turn,
                                       .cost = cost_of(call),
                                       .arrival = call.arrival,
                                       .in_line_since = call.in_line_since});
  call.has_turn = false;
  away_ += call.arrival != 0 ? 1 : 0;
}

void guard_actor::sweep_absent() {
  std::erase_if(absent_, [this, at = now()](const auto& x) {
    const auto lost = x.second.at + grace < at;
    away_ -= lost && x.second.arrival != 0 ? 1 : 0;
    return lost;
  });
  most_absent_ = std::max(few_absences, 2 * absent_.size());
}

/// It is back, unless it was never away.
void guard_actor::resume(open_call& call) {
  const auto kept = absent_.extract(call.key);
  if (kept.empty())
    return;
  const auto& x = kept.mapped();
  const auto at = now();
  away_ -= x.arrival != 0 ? 1 : 0;
  if (x.at > at) { // early: somebody wants it anew
    if (x.has_turn)
      rate_->give_back(x.cost);
  } else if (x.at + grace >= at) {
    call.has_turn = x.has_turn;
    call.arrival = x.arrival;
    call.in_line_since = x.in_line_since;
  }
}

} // namespace stanchion::detail
