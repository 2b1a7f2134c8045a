#include <stanchion/core/encode.hpp>
#include <stanchion/supervisors/tree/detail/report.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::detail {

namespace {

using fields = nlohmann::json;

/// What a verdict is called in events.
std::string_view name_of(const restart_decision& x) {
  if (std::holds_alternative<restart_after>(x))
    return "restart";
  if (std::holds_alternative<forget_child>(x))
    return "forget";
  if (std::holds_alternative<keep_stopped>(x))
    return "keep_stopped";
  return "escalate";
}

void publish(event_sink* sink, event_kind kind, severity level, instant at,
             const std::string& subject, const fields& x) {
  if (sink == nullptr)
    return;
  event e;
  e.kind = kind;
  e.severity = level;
  e.at = at;
  e.subject = subject;
  // Replaces what is no UTF-8: ids and texts are the user's.
  e.fields = x.dump(-1, ' ', false, fields::error_handler_t::replace);
  sink->publish(std::move(e));
}

} // namespace

reporter::reporter(std::string supervisor, std::shared_ptr<event_sink> sink)
  : supervisor_(std::move(supervisor)), sink_(std::move(sink)) {
  // nop
}

void reporter::started(instant at, const std::string& child, bool again) const {
  publish(sink_.get(),
          again ? event_kind::child_restarted : event_kind::child_started,
          severity::info, at, child, {{"supervisor", supervisor_}});
}

void reporter::down(instant at, const std::string& child, exit_cause cause,
                    const failure* why, const restart_decision* verdict) const {
  fields x{{"supervisor", supervisor_}, {"cause", to_string(cause)}};
  if (why != nullptr)
    x["failure"] = *why;
  if (verdict != nullptr)
    x["verdict"] = name_of(*verdict);
  if (verdict != nullptr)
    if (const auto* restart = std::get_if<restart_after>(verdict))
      x["delay_us"] = restart->delay.count();
  publish(sink_.get(), event_kind::child_down,
          why == nullptr ? severity::info : severity::warning, at, child, x);
}

void reporter::stopped(instant at, const std::string& child,
                       bool killed) const {
  publish(sink_.get(), event_kind::child_stopped,
          killed ? severity::warning : severity::info, at, child,
          {{"supervisor", supervisor_}, {"killed", killed}});
}

void reporter::abandoned(instant at, const std::string& child) const {
  publish(sink_.get(), event_kind::worker_abandoned, severity::error, at, child,
          {{"supervisor", supervisor_}});
}

void reporter::gave_up(instant at, const failure& why) const {
  publish(sink_.get(), event_kind::supervisor_gave_up, severity::critical, at,
          supervisor_, {{"failure", why}});
}

void reporter::crowded(instant at, const std::string& child) const {
  publish(sink_.get(), event_kind::mailbox_long, severity::warning, at, child,
          {{"supervisor", supervisor_}, {"dropped", true}});
}

void reporter::agent_stopped(instant at,
                             const std::vector<run_number>& runs) const {
  publish(sink_.get(), event_kind::agent_stopped, severity::critical, at,
          supervisor_, {{"runs", runs}});
}

std::optional<failure> failure_of(exit_cause cause, const fabric::down& d) {
  if (cause != exit_cause::failure && cause != exit_cause::start_failure)
    return std::nullopt;
  failure x;
  x.kind = failure_kind::crashed;
  x.effect = cause == exit_cause::start_failure ? side_effect::not_started
                                                : side_effect::unknown;
  x.message = d.kind == fabric::exit_kind::killed ? "killed" : d.text;
  return x;
}

failure give_up_failure(const std::string& supervisor, const std::string& child,
                        const stop_and_escalate& verdict,
                        std::shared_ptr<const failure> cause) {
  failure x;
  x.kind = failure_kind::crashed;
  x.message = "supervisor '" + supervisor + "' gave up: child '" + child
              + "' failed after " + std::to_string(verdict.limit.max_restarts)
              + (verdict.owner == budget_owner::child ? " restarts of its own"
                                                      : " restarts of all")
              + " within " + to_text(verdict.limit.window);
  x.cause = std::move(cause);
  return x;
}

} // namespace stanchion::detail
