#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/trace.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace stanchion {

/// A decision the runtime took or a change it saw. `docs/telemetry.md` lists
/// each with its fields. Append only.
enum class event_kind : std::uint8_t {
  run_submitted = 1,
  run_started,
  run_resumed,
  run_waiting,
  run_parked,
  run_ended,
  run_crashed,
  run_evicted,
  run_progress,
  run_log,
  step_asked,
  step_ended,
  attempt_started,
  attempt_ended,
  retry_scheduled,
  late_result,
  arguments_drifted,
  breaker_opened,
  breaker_half_opened,
  breaker_closed,
  breaker_isolated,
  child_started,
  child_down,
  child_restarted,
  child_stopped,
  supervisor_gave_up,
  agent_stopped,
  ticket_opened,
  ticket_decided,
  ticket_withdrawn,
  store_trouble,
  store_recovered,
  step_charged,
  step_quarantined,
  mailbox_long,
  handler_slow,
  worker_abandoned,
  runtime_started,
  runtime_stopping,
  replay_differed,
  retry_denied,
  budget_low,
  fault_injected,
  call_refused,
  limit_lowered,
  hedge_started,
  step_reopened,
  fallback_used,
  run_stuck,
  undo_started,
  undo_failed,
  mode_changed,
  ticket_escalated,
  ticket_expired,
  signal_received,
  log_lines_dropped,
  alert_raised,
  alert_cleared,
  notification_sent,
  notification_delayed,
  notification_dropped,
  model_delta,
};

[[nodiscard]] std::string_view to_string(event_kind x);

enum class severity : std::uint8_t {
  debug = 1,
  info,
  warning,
  error,
  critical,
};

[[nodiscard]] std::string_view to_string(severity x);

/// One event with its inputs. `fields` is a JSON object.
struct event {
  event_kind kind = event_kind::run_log;
  stanchion::severity severity = stanchion::severity::info;
  instant at;
  stanchion::run_id run; ///< nil when it is about no run
  step_path step;
  std::string subject; ///< the tool, agent or actor it is about
  std::string fields;  ///< JSON object text, or empty
  trace_id trace;      ///< of its run; nil where that is the run's own
};

/// A set of kinds.
class event_kinds {
public:
  constexpr event_kinds() = default;
  constexpr event_kinds(std::initializer_list<event_kind> xs) {
    for (const auto x : xs)
      add(x);
  }
  [[nodiscard]] static constexpr event_kinds all() {
    auto result = event_kinds{};
    result.bits_ = ~std::uint64_t{0};
    return result;
  }

  constexpr void add(event_kind x) {
    bits_ |= bit(x);
  }
  constexpr void add(event_kinds x) {
    bits_ |= x.bits_;
  }
  [[nodiscard]] constexpr bool contains(event_kind x) const {
    return (bits_ & bit(x)) != 0;
  }

private:
  static constexpr std::uint64_t bit(event_kind x) {
    return std::uint64_t{1} << static_cast<unsigned>(x);
  }

  std::uint64_t bits_ = 0;
};

/// Takes events; must not block.
///
/// Threads: any.
class event_sink {
public:
  virtual ~event_sink() = default;
  virtual void publish(event x) = 0;
  /// Whether anybody would hear such an event: one that nobody hears need not
  /// be made. Cheap; by default all are heard.
  [[nodiscard]] virtual bool wants(event_kind) const {
    return true;
  }
};

} // namespace stanchion
