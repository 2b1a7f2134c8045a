#include <stanchion/core/encode.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/supervisors/guard/guard_report.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

event_kind kind_of(breaker_state to) {
  switch (to) {
  case breaker_state::closed:
    return event_kind::breaker_closed;
  case breaker_state::open:
    return event_kind::breaker_opened;
  case breaker_state::half_open:
    return event_kind::breaker_half_opened;
  case breaker_state::isolated:
    break;
  }
  return event_kind::breaker_isolated;
}

event make_event(event_kind kind, severity level, instant at,
                 const std::string& tool, const json& fields) {
  auto x = event{.kind = kind, .severity = level, .at = at, .subject = tool};
  x.fields = json_text(fields);
  return x;
}

} // namespace

guard_report::guard_report(std::string tool, std::shared_ptr<event_sink> sink)
  : tool_(std::move(tool)), sink_(std::move(sink)) {
  // nop
}

void guard_report::publish(event x, open_call& call) const {
  x.run = call.run;
  x.step = call.key.step;
  x.trace = call.trace;
  call.decided.push_back({x.kind, x.fields});
  if (sink_ != nullptr)
    sink_->publish(std::move(x));
}

void guard_report::attempt_ended(instant at, open_call& call,
                                 const failure& why, std::string_view verdict,
                                 std::string_view because) const {
  auto fields = json{{"attempt", call.made},
                     {"reconcile", call.reconciling},
                     {"failure", why},
                     {"verdict", verdict},
                     {"because", because}};
  if (call.left != instant{})
    fields["duration_us"] = (at - call.left).count();
  publish(
    make_event(event_kind::attempt_ended, severity::warning, at, tool_, fields),
    call);
}

void guard_report::retry_scheduled(instant at, open_call& call, instant next,
                                   wait_reason why) const {
  publish(make_event(event_kind::retry_scheduled, severity::info, at, tool_,
                     {{"attempt", call.made + (call.reconciling ? 0 : 1)},
                      {"reconcile", call.reconciling},
                      {"why", to_string(why)},
                      {"at", to_rfc3339(next)},
                      {"delay_us", (next - at).count()}}),
          call);
}

void guard_report::call_refused(instant at, open_call& call, const failure& why,
                                std::string_view by) const {
  publish(make_event(
            event_kind::call_refused, severity::warning, at, tool_,
            {{"attempt", call.made + (call.phase == call_phase::ready ? 0 : 1)},
             {"why", by},
             {"failure", why}}),
          call);
}

void guard_report::hedge_started(instant at, open_call& call,
                                 std::uint32_t copy) const {
  publish(make_event(event_kind::hedge_started, severity::info, at, tool_,
                     {{"attempt", call.made}, {"copy", copy}}),
          call);
}

void guard_report::hedge_denied(instant at, open_call& call) const {
  publish(make_event(event_kind::retry_denied, severity::warning, at, tool_,
                     {{"attempt", call.made}, {"hedge", true}}),
          call);
}

void guard_report::limit_lowered(instant at, const limit_change& x) const {
  if (sink_ != nullptr)
    sink_->publish(make_event(event_kind::limit_lowered, severity::warning, at,
                              tool_, {{"from", x.from}, {"to", x.to}}));
}

void guard_report::retry_denied(instant at, open_call& call,
                                const failure& why) const {
  publish(make_event(event_kind::retry_denied, severity::warning, at, tool_,
                     {{"attempt", call.made + 1}, {"failure", why}}),
          call);
}

void guard_report::late(instant at, const flight& x,
                        const outcome& result) const {
  if (sink_ == nullptr)
    return;
  auto fields = json{{"attempt", x.attempt}, {"succeeded", result.ok()}};
  if (!result.ok())
    fields["failure"] = result.why();
  auto e
    = make_event(event_kind::late_result, severity::warning, at, tool_, fields);
  e.step = x.key.step;
  sink_->publish(std::move(e));
}

void guard_report::breaker(const breaker_transition& x,
                           const std::string& reason, open_call* call) const {
  const auto bad
    = x.to == breaker_state::open || x.to == breaker_state::isolated;
  auto fields = json{{"from", to_string(x.from)},
                     {"to", to_string(x.to)},
                     {"cause", to_string(x.cause)},
                     {"failures", x.failures}};
  if (x.recent.calls > 0)
    fields["recent"] = {{"calls", x.recent.calls},
                        {"failed", x.recent.failed},
                        {"slow", x.recent.slow}};
  if (x.until)
    fields["until"] = to_rfc3339(*x.until);
  if (!reason.empty())
    fields["reason"] = reason;
  auto e = make_event(kind_of(x.to), bad ? severity::error : severity::info,
                      x.at, tool_, fields);
  if (call != nullptr)
    publish(std::move(e), *call);
  else if (sink_ != nullptr)
    sink_->publish(std::move(e));
}

void guard_report::started(instant at, bool again) const {
  if (sink_ == nullptr)
    return;
  sink_->publish(
    make_event(again ? event_kind::child_restarted : event_kind::child_started,
               severity::info, at, tool_, {{"supervisor", tool_}}));
}

void guard_report::down(instant at, const fabric::down& d, std::size_t restarts,
                        std::optional<instant> next) const {
  if (sink_ == nullptr)
    return;
  auto fields = json{{"supervisor", tool_},
                     {"cause", to_string(d.kind)},
                     {"text", d.text},
                     {"restarts", restarts},
                     {"verdict", next ? "restart" : "escalate"}};
  if (next)
    fields["next_at"] = to_rfc3339(*next);
  sink_->publish(
    make_event(event_kind::child_down, severity::error, at, tool_, fields));
}

void guard_report::stopped(instant at, bool killed) const {
  if (sink_ == nullptr)
    return;
  sink_->publish(make_event(
    event_kind::child_stopped, killed ? severity::warning : severity::info, at,
    tool_, {{"supervisor", tool_}, {"killed", killed}}));
}

void guard_report::gave_up(instant at, const failure& why) const {
  if (sink_ == nullptr)
    return;
  sink_->publish(make_event(event_kind::supervisor_gave_up, severity::error, at,
                            tool_, {{"failure", why}}));
}

void guard_report::worker_abandoned(instant at, const flight& x,
                                    std::size_t hanging) const {
  if (sink_ == nullptr)
    return;
  auto e = make_event(event_kind::worker_abandoned, severity::error, at, tool_,
                      {{"attempt", x.attempt}, {"hanging", hanging}});
  e.step = x.key.step;
  sink_->publish(std::move(e));
}

} // namespace stanchion
