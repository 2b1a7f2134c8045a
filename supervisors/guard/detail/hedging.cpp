#include <stanchion/supervisors/guard/call_rules.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>
#include <stanchion/supervisors/policy/hedging.hpp>

#include <utility>
#include <variant>

namespace stanchion::detail {

// -- copies of an attempt -----------------------------------------------------
//
// The copies of an attempt are one attempt to everybody else: they bear its
// number and its key, so what is durable about it holds for all of them. Only
// the last one to fail makes it fail.

/// Another one leaves unless `x` is answered soon.
void guard_actor::expect_copy(const std::shared_ptr<flight>& x, instant at) {
  hedges_->push(at, x);
  if (const auto delay = hedges_->arm())
    after(*delay, [this] { on_copies_due(); });
}

void guard_actor::on_copies_due() {
  hedges_->pop_due([this](const auto& x) {
    if (x->call != nullptr)
      send_copy(*x->call, x->epoch);
  });
  if (const auto delay = hedges_->arm())
    after(*delay, [this] { on_copies_due(); });
}

void guard_actor::send_copy(open_call& call, std::uint64_t epoch) {
  const auto at = now();
  const auto healthy = state_ == tool_state::up && epoch == epoch_
                       && breaker_.status(at).state == breaker_state::closed
                       && !blocked_by(call);
  const auto verdict = decide_hedge(
    *options_.hedge, {.sent = call.copies_sent,
                      .dropped = call.dropped,
                      .healthy = healthy,
                      .affordable = !retries_ || retries_->left(at) > 0});
  if (verdict == hedge_verdict::denied)
    return report_.hedge_denied(at, call);
  if (verdict != hedge_verdict::send || !admit_copy(call, at) || !spend_retry())
    return;
  report_.hedge_started(at, call, ++call.copies_sent);
  const auto& x = call.copies.emplace_back(launch(call, at));
  expect_copy(x, at);
}

/// A copy is not worth waiting for anything.
bool guard_actor::admit_copy(open_call& call, instant at) {
  const auto answer = breaker_.admit(at); // closed: nothing changes
  const auto* yes = std::get_if<admitted>(&answer.answer);
  if (yes == nullptr || (rate_ && !rate_->try_pass(cost_of(call), at)))
    return false;
  if (places_ && !(line_.empty() && places_->try_enter())) {
    if (rate_)
      rate_->give_back(cost_of(call));
    return false;
  }
  call.permit = yes->permit;
  call.has_place = places_.has_value();
  return true;
}

/// Of several copies the first success counts, and the last failure.
void guard_actor::copy_ended(open_call& call, const outcome& x) {
  if (call.job == nullptr && call.copies.empty())
    return answered(call, x);
  auto why = x.ok() ? failure{} : x.why();
  if (x.ok()) {
    const auto problem = options_.output.check(x.get().get());
    if (!problem) {
      give_up_copies(call);
      return answered(call, x);
    }
    why = failure{.kind = failure_kind::schema_violation,
                  .message
                  = "the answer does not fit the output schema: " + *problem};
  }
  why = options_.rules.classify(std::move(why));
  why.effect = judge(options_.effect, why.effect);
  why.attempts = call.made;
  record(call, result_of(options_.table[why.kind]), &why);
  report_.attempt_ended(now(), call, why, "await_copy",
                        "another copy of the attempt may succeed");
  if (call.copy_failed)
    why = merge_copies(*call.copy_failed, std::move(why));
  call.copy_failed = std::move(why);
}

/// The tool was gone before it took the copy: the others tell what becomes of
/// the attempt, or have told.
void guard_actor::copy_bounced(open_call& call) {
  if (call.job == nullptr && call.copies.empty())
    copy_ended(call, not_started(failure_kind::crashed,
                                 "the tool was gone before it took another "
                                 "copy of the attempt"));
}

/// Whether nothing is known of any other copy of the attempt.
bool guard_actor::is_last_copy(const open_call& call) {
  return call.job == nullptr && call.copies.empty() && !call.copy_failed;
}

/// All that the tool has of the attempt; its call no longer waits for them.
std::vector<std::shared_ptr<flight>> guard_actor::take_copies(open_call& call) {
  auto all = std::exchange(call.copies, {});
  if (call.job != nullptr)
    all.push_back(std::exchange(call.job, nullptr));
  for (const auto& x : all) {
    x->call = nullptr;
    x->stop.request_stop();
  }
  return all;
}

/// One of them has succeeded: the others are asked to stop.
void guard_actor::give_up_copies(open_call& call) {
  for (const auto& x : take_copies(call))
    if (x->where && x->where->call_off())
      vacate(x, false);
    else
      give_up_on(x, call,
                 x->left + options_.attempt_timeout + options_.hung_after
                   - now());
}

} // namespace stanchion::detail
