#include <stanchion/core/canonical.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>

#include <exception>
#include <utility>

namespace stanchion::detail {

namespace {

/// How long a desk may take to be replaced before it is asked again.
constexpr duration desk_patience = 1s;

} // namespace

// -- whether anybody has to be asked ------------------------------------------

/// The mode, and what people approved: looked at before each attempt. False
/// when the call has to wait for the desk, or is over.
bool guard_actor::may_go(open_call& call) {
  const auto why = blocked_by(call);
  if (!why)
    return true;
  if (*why == block_reason::stopped || call.grant.empty()) {
    if (call.reconciling)
      tell_failed(call, *call.evidence, now()); // its end was held back
    block(call, *why);
  } else {
    claim(call);
  }
  return false;
}

/// Nothing when it may be made unattended, or people have said so.
std::optional<block_reason> guard_actor::blocked_by(open_call& call) {
  const auto mode
    = call.allowed == nullptr ? mode::autonomous : call.allowed->effective();
  if (mode == mode::stopped)
    return block_reason::stopped;
  // To ask what became of an attempt changes nothing, and undoing is what
  // people asked for when the run was to end.
  if (call.granted || call.reconciling || call.undoes)
    return std::nullopt;
  if (!call.rule)
    call.rule = rule_for(call);
  if (*call.rule != 0)
    return block_reason::rule;
  if (!call.acted.empty())
    return block_reason::acted;
  if ((mode == mode::advisory || call.unsure)
      && options_.effect != effect::read_only)
    return block_reason::advisory;
  return std::nullopt;
}

/// The first one that asks for approval, from 1; 0 for none. In doubt, a person
/// looks.
std::size_t guard_actor::rule_for(open_call& call) {
  for (auto i = std::size_t{0}; i < options_.approvals.size(); ++i) {
    const auto& rule = options_.approvals[i];
    try {
      if (!rule.when || rule.when(call.arguments))
        return i + 1;
    } catch (const std::exception& e) {
      call.because = std::string{"its rule could not be asked: "} + e.what();
      return i + 1;
    } catch (...) {
      call.because = "its rule could not be asked";
      return i + 1;
    }
  }
  return 0;
}

void guard_actor::block(open_call& call, block_reason why) {
  auto told = call_blocked{.key = call.key,
                           .why = why,
                           .because = call.because,
                           .decided = std::move(call.decided)};
  if (!call.acted.empty())
    told.because += (told.because.empty() ? "" : "; ") + call.acted;
  if (why == block_reason::rule) {
    const auto& rule = options_.approvals[*call.rule - 1];
    told.terms = std::make_shared<const approval_options>(rule.terms);
  }
  send(call.caller, std::move(told));
  forget(call);
}

/// It was admitted, and has not left: that attempt is over.
void guard_actor::hold_back(open_call& call, block_reason why) {
  record(call, breaker_result::ignored, nullptr);
  if (call.reconciling) {
    tell_failed(call, *call.evidence, now()); // its end was held back
    return block(call, why);
  }
  auto never = not_started(failure_kind::crashed,
                           "it was stopped before the attempt left");
  never.attempts = call.made;
  if (call.unsettled)
    never.effect = side_effect::unknown;
  tell_failed(call, never, now());
  block(call, why);
}

/// The desk says whether the approval covers exactly this call.
void guard_actor::claim(open_call& call) {
  call.phase = call_phase::waiting;
  call.wait = ++last_wait_;
  tell_held(call);
  const auto desk = options_.desk ? options_.desk() : fabric::actor_ref{};
  if (!desk) // it is being replaced
    return wait(call, now() + desk_patience, wait_reason::backoff);
  request(desk,
          fabric::message::of(claim_grant{
            .ticket = call.grant,
            .run = call.key.run,
            .step = call.key.step,
            .digest = to_string(sha256(canonical(call.arguments)))}),
          [this, key = call.key, id = call.wait](fabric::reply& r) {
            auto* found = find(key);
            if (found != nullptr && found->phase == call_phase::waiting
                && found->wait == id)
              on_claimed(*found, r);
          });
}

void guard_actor::on_claimed(open_call& call, const fabric::reply& r) {
  const auto* said = r.body.as<grant_claimed>();
  if (said == nullptr)
    return wait(call, now() + desk_patience, wait_reason::backoff);
  if (said->refused.empty()) {
    call.granted = true;
    return proceed(call);
  }
  call.grant.clear();
  report_.call_refused(
    now(), call, not_started(failure_kind::permission_denied, said->refused),
    "approval");
  proceed(call); // which asks people again, if they still must be
}

} // namespace stanchion::detail
