#pragma once

#include <stanchion/actors/telemetry/window_sum.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

/// When people are told that something is wrong. The same thresholds are in
/// `packaging/prometheus/stanchion.rules.yml`.
struct alert_options {
  /// Failed attempts of one kind in `spike_window` that may be a spike: more
  /// than 10, as alert managers in tutorials have it. > 0.
  std::uint32_t spike_least = 11;
  /// How many times as many as in the window before. >= 1; ours: one window of
  /// noise is no spike.
  double spike_factor = 3;
  duration spike_window = 5min;

  /// Average retries of the runs that ended in `retries_window`, as a multiple
  /// of that of the four windows before. > 1; "if retries double, something is
  /// wrong".
  double retries_factor = 2;
  /// Less on average is no trouble, whatever it was before. Ours.
  double retries_least = 0.5;
  /// Runs that make an average, in both. > 0; ours.
  std::uint32_t retries_runs = 20;
  duration retries_window = 15min;

  /// How long a tool that is `critical` must not have failed. Ours.
  duration critical_quiet = 15min;

  /// Open tickets. > 0; ours: more than one person looks through at a time.
  std::size_t open_tickets = 20;

  /// How long a breaker is not closed. Twice the longest that it stays open by
  /// default.
  duration breaker_open = 10min;

  /// Age of the oldest open approval. Ours: half a working day.
  duration approval_age = 4h;

  /// How often to look. > 0; as often as Prometheus asks by custom.
  duration check_every = 15s;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const alert_options& x);

/// One alert that begins or ends.
struct alert_change {
  /// `error_spike`, `retries_doubled`, `critical_tool_failed`,
  /// `escalation_depth`, `breaker_open` or `approval_too_old`.
  std::string alert;
  /// The kind of failure, the tool, or `desk`; empty for all runs.
  std::string subject;
  bool raised = true;
  stanchion::severity severity = stanchion::severity::warning;
  /// The numbers: a JSON object's text.
  std::string fields;
};

/// Decides about alerts: facts in, changes out. Each alert is raised once and
/// cleared once.
///
/// Threads: one. Time: reads no clock.
class alert_rules {
public:
  explicit alert_rules(const alert_options& x);

  // -- facts ------------------------------------------------------------------

  void attempt_failed(const std::string& tool, const std::string& kind,
                      instant at);
  void critical_failed(const std::string& tool, const std::string& kind,
                       instant at);
  void run_ended(double retries, instant at);
  void breaker(const std::string& tool, bool closed, instant at);

  // -- verdicts ---------------------------------------------------------------

  /// What has changed since the last time.
  [[nodiscard]] std::vector<alert_change>
  check(const std::vector<ticket_count>& open, instant now);
  /// How many are raised.
  [[nodiscard]] std::size_t active() const {
    return active_.size();
  }

private:
  struct failures {
    window_sum all;
    std::map<std::string, double> tools; // since the last quiet window
  };
  struct last_failure {
    instant at;
    std::string kind;
    std::uint64_t times = 0;
  };
  using verdicts = std::vector<alert_change>;

  void look_for_spikes(verdicts& to, instant now);
  void look_at_retries(verdicts& to, instant now);
  void look_at_critical(verdicts& to, instant now);
  void look_at_breakers(verdicts& to, instant now);
  void look_at_tickets(verdicts& to, const std::vector<ticket_count>& open,
                       instant now);
  [[nodiscard]] bool is_active(const char* alert,
                               const std::string& subject) const;
  /// Notes whether the alert holds now; tells when that is new.
  void hold(verdicts& to, bool holds, alert_change x);

  alert_options options_;
  std::map<std::string, failures> by_kind_;
  window_sum retries_;
  window_sum runs_;
  /// The average that was doubled, while that alert is raised.
  std::optional<double> usual_retries_;
  std::map<std::string, last_failure> critical_;
  std::map<std::string, instant> not_closed_; // breakers, and since when
  std::set<std::pair<std::string, std::string>> active_; // alert, subject
};

} // namespace stanchion
