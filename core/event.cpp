#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/event.hpp>

namespace stanchion {

std::string_view to_string(event_kind x) {
  switch (x) {
  case event_kind::run_submitted:
    return "run_submitted";
  case event_kind::run_started:
    return "run_started";
  case event_kind::run_resumed:
    return "run_resumed";
  case event_kind::run_waiting:
    return "run_waiting";
  case event_kind::run_parked:
    return "run_parked";
  case event_kind::run_ended:
    return "run_ended";
  case event_kind::run_crashed:
    return "run_crashed";
  case event_kind::run_evicted:
    return "run_evicted";
  case event_kind::run_progress:
    return "run_progress";
  case event_kind::run_log:
    return "run_log";
  case event_kind::step_asked:
    return "step_asked";
  case event_kind::step_ended:
    return "step_ended";
  case event_kind::attempt_started:
    return "attempt_started";
  case event_kind::attempt_ended:
    return "attempt_ended";
  case event_kind::retry_scheduled:
    return "retry_scheduled";
  case event_kind::late_result:
    return "late_result";
  case event_kind::arguments_drifted:
    return "arguments_drifted";
  case event_kind::breaker_opened:
    return "breaker_opened";
  case event_kind::breaker_half_opened:
    return "breaker_half_opened";
  case event_kind::breaker_closed:
    return "breaker_closed";
  case event_kind::breaker_isolated:
    return "breaker_isolated";
  case event_kind::child_started:
    return "child_started";
  case event_kind::child_down:
    return "child_down";
  case event_kind::child_restarted:
    return "child_restarted";
  case event_kind::child_stopped:
    return "child_stopped";
  case event_kind::supervisor_gave_up:
    return "supervisor_gave_up";
  case event_kind::agent_stopped:
    return "agent_stopped";
  case event_kind::ticket_opened:
    return "ticket_opened";
  case event_kind::ticket_decided:
    return "ticket_decided";
  case event_kind::ticket_withdrawn:
    return "ticket_withdrawn";
  case event_kind::store_trouble:
    return "store_trouble";
  case event_kind::store_recovered:
    return "store_recovered";
  case event_kind::step_charged:
    return "step_charged";
  case event_kind::step_quarantined:
    return "step_quarantined";
  case event_kind::mailbox_long:
    return "mailbox_long";
  case event_kind::handler_slow:
    return "handler_slow";
  case event_kind::worker_abandoned:
    return "worker_abandoned";
  case event_kind::runtime_started:
    return "runtime_started";
  case event_kind::runtime_stopping:
    return "runtime_stopping";
  case event_kind::replay_differed:
    return "replay_differed";
  case event_kind::budget_low:
    return "budget_low";
  case event_kind::retry_denied:
    return "retry_denied";
  case event_kind::fault_injected:
    return "fault_injected";
  case event_kind::call_refused:
    return "call_refused";
  case event_kind::limit_lowered:
    return "limit_lowered";
  case event_kind::hedge_started:
    return "hedge_started";
  case event_kind::step_reopened:
    return "step_reopened";
  case event_kind::fallback_used:
    return "fallback_used";
  case event_kind::run_stuck:
    return "run_stuck";
  case event_kind::undo_started:
    return "undo_started";
  case event_kind::undo_failed:
    return "undo_failed";
  case event_kind::mode_changed:
    return "mode_changed";
  case event_kind::ticket_escalated:
    return "ticket_escalated";
  case event_kind::ticket_expired:
    return "ticket_expired";
  case event_kind::signal_received:
    return "signal_received";
  case event_kind::log_lines_dropped:
    return "log_lines_dropped";
  case event_kind::alert_raised:
    return "alert_raised";
  case event_kind::alert_cleared:
    return "alert_cleared";
  }
  return detail::no_name;
}

std::string_view to_string(severity x) {
  switch (x) {
  case severity::debug:
    return "debug";
  case severity::info:
    return "info";
  case severity::warning:
    return "warning";
  case severity::error:
    return "error";
  case severity::critical:
    return "critical";
  }
  return detail::no_name;
}

} // namespace stanchion
