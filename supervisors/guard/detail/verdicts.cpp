#include <stanchion/core/defaults.hpp>
#include <stanchion/core/drop.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/guard/call_rules.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>
#include <stanchion/supervisors/policy/retry.hpp>

#include <memory>
#include <string_view>
#include <utility>
#include <variant>

namespace stanchion::detail {

// -- what follows -------------------------------------------------------------

void guard_actor::succeeded(open_call& call, const value& x,
                            const char* source) {
  record(call, breaker_result::success, nullptr);
  finish(call, source == nullptr ? x : x.with_source(source));
}

void guard_actor::failed(open_call& call, failure why) {
  why = options_.rules.classify(std::move(why));
  if (call.copy_failed)
    why = merge_copies(*std::exchange(call.copy_failed, std::nullopt),
                       std::move(why));
  why.effect = judge(options_.effect, why.effect);
  why.attempts = call.made;
  if (options_.injected && why.code.empty())
    why.code = options_.injected(
      idempotency_key(call.run, call.key.step, call.key.revision), call.made);
  record(call, result_of(options_.table[why.kind]), &why);
  const auto verdict = decide_and_spend(call, why);
  // What an earlier attempt may have done stays unknown.
  if (options_.effect != effect::read_only) {
    call.unsettled = call.unsettled || why.effect == side_effect::unknown;
    if (call.unsettled)
      why.effect = side_effect::unknown;
  }
  apply(call, std::move(why), verdict);
}

/// As `decide_about`; another attempt that costs one is taken from the budget.
retry_verdict guard_actor::decide_and_spend(open_call& call, failure& why) {
  auto verdict = decide_about(call, why);
  if (!std::holds_alternative<try_again>(verdict)
      || !options_.table[why.kind].costs_attempt || spend_retry())
    return verdict;
  report_.retry_denied(now(), call, why);
  why.message += "; not tried again: the retry budget of " + options_.name
                 + " is exhausted";
  return decide_about(call, why, true);
}

retry_verdict guard_actor::decide_about(const open_call& call,
                                        const failure& why, bool denied) const {
  auto verdict = next_attempt(options_.retry, options_.table,
                              {.effect = options_.effect,
                               .why = why,
                               .attempts_made = call.made,
                               .earlier_unknown = call.unsettled,
                               .first_attempt = call.first,
                               .now = now(),
                               .deadline = call.deadline,
                               .unit = chance(),
                               .last_backoff = call.last_backoff,
                               .denied = denied});
  if (!call.dropped || !std::holds_alternative<try_again>(verdict))
    return verdict;
  constexpr auto no_more = std::string_view{"nobody wants a further attempt"};
  if (call.unsettled
      || (options_.effect != effect::read_only
          && why.effect == side_effect::unknown))
    return park_run{park_reason::ambiguous_state, no_more};
  return give_up{why, no_more};
}

void guard_actor::apply(open_call& call, failure why,
                        const retry_verdict& verdict) {
  const auto at = now();
  if (const auto* again = std::get_if<try_again>(&verdict)) {
    report_.attempt_ended(at, call, why, "try_again", again->because);
    call.last_backoff = again->backoff;
    tell_failed(call, why, again->at);
    wait(call, again->at, wait_reason::backoff);
  } else if (const auto* ask = std::get_if<ask_reconcile>(&verdict)) {
    report_.attempt_ended(at, call, why, "ask_reconcile", ask->because);
    reconcile(call, std::move(why));
  } else if (const auto* park = std::get_if<park_run>(&verdict)) {
    report_.attempt_ended(at, call, why, "park_run", park->because);
    finish_unknown(call, std::move(why), park->reason);
  } else {
    const auto& end = std::get<give_up>(verdict);
    report_.attempt_ended(at, call, why, "give_up", end.because);
    finish(call, end.why);
  }
}

void guard_actor::tell_failed(open_call& call, const failure& why,
                              instant next) {
  call.last_failed = attempt_failed{call.key, call.made, why, next, {}};
  auto told = *call.last_failed;
  told.decided = std::exchange(call.decided, {});
  told.spent = std::exchange(call.spent, std::nullopt);
  send(call.caller, std::move(told));
}

void guard_actor::tell_held(open_call& call) {
  send(call.caller, call_held{call.key, std::exchange(call.decided, {})});
}

void guard_actor::wait(open_call& call, instant until, wait_reason why) {
  const auto delay = until - now();
  if (delay <= duration::zero())
    return proceed(call);
  report_.retry_scheduled(now(), call, until, why);
  if (delay > defaults::guard_wait_limit) {
    if (call.reconciling)
      tell_failed(call, *call.evidence, until); // its end was held back
    if (why == wait_reason::rate || why == wait_reason::place)
      keep(call, until);
    send(call.caller,
         call_waits{call.key, until, why, std::exchange(call.decided, {})});
    return forget(call);
  }
  call.phase = call_phase::waiting;
  call.waits_for = why;
  call.wait = ++last_wait_;
  tell_held(call);
  after(delay, [this, key = call.key, id = call.wait] {
    auto* waiting = find(key);
    if (waiting != nullptr && waiting->phase == call_phase::waiting
        && waiting->wait == id)
      proceed(*waiting);
  });
}

/// The attempt's end is not told before it is known.
void guard_actor::reconcile(open_call& call, failure why) {
  call.reconciling = true;
  call.questions = 0;
  call.evidence = std::move(why);
  proceed(call);
}

void guard_actor::reconciled(open_call& call, const outcome& x) {
  if (!x.ok() && x.why().effect == side_effect::none)
    return did_not_happen(call, x.why());
  auto why = x.ok() ? failure{} : options_.rules.classify(x.why());
  if (x.ok()) {
    const auto problem = options_.output.check(x.get().get());
    if (!problem)
      return succeeded(call, x.get(), "reconciled");
    why = failure{.kind = failure_kind::schema_violation,
                  .message = "what reconcile found does not fit the output "
                             "schema: "
                             + *problem};
  }
  record(call, result_of(options_.table[why.kind]), &why);
  why.attempts = ++call.questions;
  why.effect = side_effect::none; // a question changes nothing
  const auto verdict = next_attempt(options_.retry, options_.table,
                                    {.effect = effect::read_only,
                                     .why = why,
                                     .attempts_made = call.questions,
                                     .now = now(),
                                     .unit = chance()});
  report_.attempt_ended(now(), call, why, "ask_reconcile", because(verdict));
  if (const auto* again = std::get_if<try_again>(&verdict))
    wait(call, again->at, wait_reason::backoff);
  else
    unreconciled(call, std::move(why));
}

void guard_actor::did_not_happen(open_call& call, const failure& answer) {
  record(call, breaker_result::success, nullptr);
  auto why = *std::exchange(call.evidence, std::nullopt);
  call.reconciling = false;
  call.unsettled = false;
  why.effect = side_effect::none;
  why.message += "; reconcile says that it did not happen";
  if (!answer.message.empty())
    why.message += ": " + answer.message;
  if (call.dropped) {
    tell_failed(call, why, now());
    return finish_untried(
      call, stanchion::dropped("cancelled; the attempt before did not happen"));
  }
  if (call.gives_up && *call.gives_up <= now()) {
    tell_failed(call, why, now());
    return finish_untried(call, not_started(failure_kind::timeout,
                                            "the time of the call was up; the "
                                            "attempt before did not happen"));
  }
  const auto verdict = call.lost
                         ? try_again{.at = now(),
                                     .because = "the lost attempt did not "
                                                "happen"}
                         : decide_and_spend(call, why);
  apply(call, std::move(why), verdict);
}

void guard_actor::unreconciled(open_call& call, failure why) {
  auto evidence = *call.evidence;
  why.cause = evidence.cause;
  evidence.cause = std::make_shared<const failure>(std::move(why));
  finish_unknown(call, std::move(evidence), park_reason::ambiguous_state);
}

/// The call ends without the attempt that was to come.
void guard_actor::finish_untried(open_call& call, failure why) {
  why.attempts = call.made;
  if (!call.unsettled)
    return finish(call, std::move(why));
  why.effect = side_effect::unknown;
  if (call.last_failed)
    why.cause = std::make_shared<const failure>(call.last_failed->why);
  finish_unknown(call, std::move(why), park_reason::ambiguous_state);
}

void guard_actor::finish(open_call& call, outcome result) {
  auto done = call_done{call.key, call.made, std::move(result),
                        std::move(call.decided), call.spent};
  if (options_.effect != effect::read_only && call.made > 0
      && !is_dropped(done.result))
    kept_.keep(done);
  send(call.caller, std::move(done));
  forget(call);
}

void guard_actor::finish_unknown(open_call& call, failure why,
                                 park_reason reason) {
  auto unknown = call_unknown{
    call.key,  call.made, std::move(why), reason, std::move(call.decided),
    call.spent};
  kept_.keep(unknown);
  send(call.caller, std::move(unknown));
  forget(call);
}

void guard_actor::forget(open_call& call) {
  if (call.phase == call_phase::stashed || call.phase == call_phase::ready)
    std::erase(queue_, call.key);
  if (call.arrival != 0)
    line_.erase(call.arrival);
  give_turn_back(call);
  if (std::exchange(call.has_place, false))
    free_place();
  calls_.erase(calls_.find(call.key));
}

} // namespace stanchion::detail
