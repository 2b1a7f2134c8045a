#include <stanchion/actors/telemetry/detail/event_fields.hpp>
#include <stanchion/actors/telemetry/metrics.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/version.hpp>

#include <nlohmann/json.hpp>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

using nlohmann::json;
using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;
using counters = prometheus::Family<prometheus::Counter>;
using gauges = prometheus::Family<prometheus::Gauge>;
using histograms = prometheus::Family<prometheus::Histogram>;
using buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::string_view other = "other";

constexpr std::array<std::string_view, 4> breaker_states{
  "closed", "open", "half_open", "isolated"};
constexpr std::array<std::string_view, 3> call_results{"succeeded", "degraded",
                                                       "failed"};
constexpr std::array<std::string_view, 3> agent_modes{"autonomous", "advisory",
                                                      "stopped"};
constexpr std::array<ticket_kind, 4> ticket_kinds{
  ticket_kind::approval, ticket_kind::review, ticket_kind::question,
  ticket_kind::escalation};

const auto retry_buckets = buckets{0, 1, 2, 3, 5, 8, 13, 21};
/// As OpenTelemetry has them for calls of tools; seconds.
const auto call_buckets = buckets{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                  1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
/// Of a disk that syncs in tenths of a millisecond up to one that hangs.
const auto commit_buckets
  = buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
            0.025,  0.05,    0.1,    0.25,  0.5,    1,     5};

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

/// The kind of the failure that an event tells of; empty for none.
std::string failure_in(const json& fields) {
  const auto found = fields.find("failure");
  if (found == fields.end() || !found->is_object())
    return {};
  const auto kind = text_in(*found, "kind");
  return parse_failure_kind(kind) ? kind : std::string{other};
}

std::string one_of(const std::set<std::string>& known,
                   const std::string& name) {
  return known.contains(name) ? name : std::string{other};
}

} // namespace

struct metrics::families {
  explicit families(metric_names x) : known(std::move(x)) {
    // nop
  }

  // -- making -----------------------------------------------------------------

  counters& counter(const char* name, const char* help) {
    return BuildCounter().Name(name).Help(help).Register(all);
  }
  gauges& gauge(const char* name, const char* help) {
    return BuildGauge().Name(name).Help(help).Register(all);
  }
  histograms& histogram(const char* name, const char* help) {
    return BuildHistogram().Name(name).Help(help).Register(all);
  }

  metric_names known;
  Registry all;
  std::mutex reading; // what is set when it is read, by one at a time

  // -- runs -------------------------------------------------------------------

  counters& submitted = counter("stanchion_runs_submitted_total",
                                "Runs whose first record is durable.");
  counters& ended
    = counter("stanchion_runs_ended_total", "Runs that ended, by how.");
  counters& parked = counter("stanchion_runs_parked_total",
                             "Times that a run began to wait for a person.");
  counters& crashes = counter("stanchion_run_crashes_total",
                              "Exceptions that agents' code let out.");
  histograms& run_retries = histogram(
    "stanchion_run_retries", "Attempts of a run that followed a failed one.");

  // -- calls ------------------------------------------------------------------

  counters& calls
    = counter("stanchion_calls_total",
              "Calls that ended; degraded: with a value from somewhere else.");
  counters& call_errors = counter("stanchion_call_errors_total",
                                  "Calls that failed, by kind of failure.");
  histograms& call_time = histogram("stanchion_call_duration_seconds",
                                    "From asking until the outcome.");
  counters& attempts
    = counter("stanchion_attempts_total", "Attempts that ended, by how.");
  counters& attempt_errors
    = counter("stanchion_attempt_errors_total",
              "Attempts that failed, by kind of failure.");
  counters& retries = counter("stanchion_retries_total",
                              "Failed attempts that are followed by another.");
  counters& refused = counter("stanchion_calls_refused_total",
                              "Attempts not made for want of room.");
  counters& fallbacks = counter("stanchion_fallbacks_total",
                                "Calls that something else answered.");
  counters& unknown
    = counter("stanchion_unknown_outcomes_total",
              "Calls of which nobody can say whether they took effect.");
  counters& critical
    = counter("stanchion_critical_failures_total",
              "Failed or refused attempts at tools that are critical.");
  gauges& breakers
    = gauge("stanchion_breaker_state", "1 for the state the breaker is in.");

  // -- the tree ---------------------------------------------------------------

  counters& restarts
    = counter("stanchion_restarts_total", "Children that were restarted.");
  gauges& modes
    = gauge("stanchion_agent_mode", "1 for the mode the agent is in.");
  counters& events = counter("stanchion_runtime_events_total",
                             "Events, but for those of every step.");
  gauges& alerts
    = gauge("stanchion_alerts_active", "Alerts that are raised, by name.");

  // -- people, journal, the process -------------------------------------------

  gauges& tickets
    = gauge("stanchion_tickets_open", "Tickets that wait for a person.");
  gauges& ticket_age = gauge("stanchion_ticket_oldest_age_seconds",
                             "Age of the oldest open ticket; 0 for none.");
  counters& batches = counter("stanchion_journal_batches_total",
                              "Batches that were made durable.");
  histograms& commit_time = histogram("stanchion_journal_commit_seconds",
                                      "Time of a commit, the sync included.");
  gauges& waiting = gauge("stanchion_journal_waiting_bytes",
                          "Bytes of records that wait for the store.");
  gauges& pool = gauge("stanchion_pool_queue_length",
                       "Jobs that wait for a thread of the pool.");
  counters& dropped = counter("stanchion_log_lines_dropped_total",
                              "Log lines that were dropped.");
  gauges& build
    = gauge("stanchion_runtime_info", "1; the version is its label.");

  // -- hearing ----------------------------------------------------------------

  void announce();
  void set_state(gauges& of, const char* label, const std::string& name,
                 const char* what, std::span<const std::string_view> states,
                 std::string_view state);
  void set_breaker(const std::string& tool, std::string_view state) {
    set_state(breakers, "tool", tool, "state", breaker_states, state);
  }
  void set_mode(const std::string& agent, std::string_view mode) {
    set_state(modes, "agent", agent, "mode", agent_modes, mode);
  }
  void run_event(const event& x, const json& fields);
  void call_ended(const json& fields);
  void attempt_ended(const event& x, const json& fields);
  void call_refused(const event& x, const json& fields);
  void alert(const json& fields, bool raised);
  void hear(const event& x, const json& fields);
};

/// All series whose labels are known begin at 0: what is counted for the first
/// time is otherwise not seen to grow.
void metrics::families::announce() {
  for (const auto& tool : known.tools) {
    for (const auto result : call_results)
      calls.Add({{"tool", tool}, {"result", std::string{result}}});
    for (const auto* result : {"succeeded", "failed"})
      attempts.Add({{"tool", tool}, {"result", result}});
    for (auto* of : {&retries, &unknown, &fallbacks})
      of->Add({{"tool", tool}});
    set_breaker(tool, breaker_states.front());
  }
  for (const auto& tool : known.critical)
    critical.Add({{"tool", tool}});
  for (const auto& agent : known.agents) {
    for (auto* of : {&submitted, &crashes})
      of->Add({{"agent", agent}});
    set_mode(agent, agent_modes.front());
  }
  batches.Add({});
  commit_time.Add({}, commit_buckets);
  build.Add({{"version", std::string{version()}}}).Set(1);
}

void metrics::families::set_state(gauges& of, const char* label,
                                  const std::string& name, const char* what,
                                  std::span<const std::string_view> states,
                                  std::string_view state) {
  for (const auto x : states)
    of.Add({{label, name}, {what, std::string{x}}}).Set(x == state ? 1 : 0);
}

void metrics::families::run_event(const event& x, const json& fields) {
  const auto agent = one_of(known.agents, x.subject);
  if (x.kind == event_kind::run_submitted) {
    submitted.Add({{"agent", agent}}).Increment();
  } else if (x.kind == event_kind::run_crashed) {
    crashes.Add({{"agent", agent}}).Increment();
  } else if (x.kind == event_kind::run_ended) {
    const auto state = text_in(fields, "state");
    ended
      .Add({{"agent", agent},
            {"state", parse_run_state(state) ? state : std::string{other}}})
      .Increment();
    run_retries.Add({{"agent", agent}}, retry_buckets)
      .Observe(fields.value("retries", 0.0));
  } else {
    const auto reason = text_in(fields, "reason");
    const auto why = parse_park_reason(reason);
    parked
      .Add({{"agent", agent}, {"reason", why ? reason : std::string{other}}})
      .Increment();
    if (why == park_reason::ambiguous_state)
      unknown.Add({{"tool", one_of(known.tools, text_in(fields, "tool"))}})
        .Increment();
  }
}

void metrics::families::call_ended(const json& fields) {
  if (!fields.contains("tool"))
    return; // a timer, a child, a person's answer
  const auto tool = one_of(known.tools, text_in(fields, "tool"));
  const auto failed = failure_in(fields);
  const auto own = text_in(fields, "source") == "primary";
  const auto* result = !failed.empty() ? "failed"
                       : own           ? "succeeded"
                                       : "degraded";
  calls.Add({{"tool", tool}, {"result", result}}).Increment();
  if (!failed.empty())
    call_errors.Add({{"tool", tool}, {"kind", failed}}).Increment();
  if (own)
    attempts.Add({{"tool", tool}, {"result", "succeeded"}}).Increment();
  call_time.Add({{"tool", tool}}, call_buckets)
    .Observe(seconds(duration{fields.value("duration_us", std::int64_t{0})}));
}

void metrics::families::attempt_ended(const event& x, const json& fields) {
  if (!detail::is_whole_attempt(fields))
    return;
  const auto tool = one_of(known.tools, x.subject);
  attempts.Add({{"tool", tool}, {"result", "failed"}}).Increment();
  attempt_errors.Add({{"tool", tool}, {"kind", failure_in(fields)}})
    .Increment();
  if (text_in(fields, "verdict") == "try_again")
    retries.Add({{"tool", tool}}).Increment();
  if (known.critical.contains(x.subject))
    critical.Add({{"tool", tool}}).Increment();
}

void metrics::families::call_refused(const event& x, const json& fields) {
  static const auto reasons = std::set<std::string>{"rate", "place", "down"};
  refused
    .Add({{"tool", one_of(known.tools, x.subject)},
          {"why", one_of(reasons, text_in(fields, "why"))}})
    .Increment();
  if (known.critical.contains(x.subject))
    critical.Add({{"tool", x.subject}}).Increment();
}

void metrics::families::alert(const json& fields, bool raised) {
  // Of a table of our own, see alerts.hpp.
  auto& active = alerts.Add({{"alert", text_in(fields, "alert")}});
  raised ? active.Increment() : active.Decrement();
}

void metrics::families::hear(const event& x, const json& fields) {
  switch (x.kind) {
  case event_kind::step_ended:
    return call_ended(fields);
  case event_kind::run_submitted:
  case event_kind::run_ended:
  case event_kind::run_parked:
  case event_kind::run_crashed:
    return run_event(x, fields);
  case event_kind::attempt_ended:
    return attempt_ended(x, fields);
  case event_kind::call_refused:
    return call_refused(x, fields);
  case event_kind::fallback_used:
    fallbacks.Add({{"tool", one_of(known.tools, text_in(fields, "tool"))}})
      .Increment();
    return;
  case event_kind::breaker_opened:
  case event_kind::breaker_half_opened:
  case event_kind::breaker_closed:
  case event_kind::breaker_isolated:
    if (known.tools.contains(x.subject))
      set_breaker(x.subject, text_in(fields, "to"));
    return;
  case event_kind::child_restarted:
    restarts.Add({{"child", one_of(known.parts, x.subject)}}).Increment();
    return;
  case event_kind::alert_raised:
  case event_kind::alert_cleared:
    return alert(fields, x.kind == event_kind::alert_raised);
  default:
    return;
  }
}

// -- metrics ------------------------------------------------------------------

metrics::metrics(const metric_names& known)
  : all_(std::make_unique<families>(known)) {
  auto& parts = all_->known.parts;
  parts.insert(known.tools.begin(), known.tools.end());
  parts.insert(known.agents.begin(), known.agents.end());
  all_->announce();
}

metrics::~metrics() = default;

event_kinds metrics::kinds() {
  auto kinds = event_kinds{};
  for (auto n = 1U; n < 64; ++n)
    switch (const auto x = static_cast<event_kind>(n); x) {
    case event_kind::run_started:
    case event_kind::run_waiting:
    case event_kind::run_evicted:
    case event_kind::run_progress:
    case event_kind::run_log:
    case event_kind::step_asked:
    case event_kind::attempt_started:
      break; // they come with every step, and nothing is counted by them
    default:
      kinds.add(x);
    }
  return kinds;
}

void metrics::hear(const event& x) {
  if (x.kind != event_kind::step_ended)
    all_->events.Add({{"kind", std::string{to_string(x.kind)}}}).Increment();
  const auto fields
    = x.fields.empty() ? json::object() : json::parse(x.fields, nullptr, false);
  if (fields.is_object())
    all_->hear(x, fields);
}

void metrics::set_breaker(const std::string& tool, const std::string& state) {
  if (all_->known.tools.contains(tool))
    all_->set_breaker(tool, state);
}

void metrics::set_mode(const std::string& agent, const std::string& mode) {
  if (all_->known.agents.contains(agent))
    all_->set_mode(agent, mode);
}

void metrics::committed(std::size_t batches, duration took) {
  all_->batches.Add({}).Increment(static_cast<double>(batches));
  all_->commit_time.Add({}, commit_buckets).Observe(seconds(took));
}

std::string metrics::text(const metric_readings& x) {
  const std::lock_guard lock{all_->reading};
  for (const auto kind : ticket_kinds) {
    const auto label
      = prometheus::Labels{{"kind", std::string{to_string(kind)}}};
    auto found = ticket_count{.oldest = x.now};
    for (const auto& of : x.tickets)
      if (of.kind == kind)
        found = of;
    all_->tickets.Add(label).Set(static_cast<double>(found.count));
    all_->ticket_age.Add(label).Set(seconds(x.now - found.oldest));
  }
  all_->waiting.Add({}).Set(static_cast<double>(x.journal_waiting));
  all_->pool.Add({}).Set(static_cast<double>(x.pool_queue));
  auto& dropped = all_->dropped.Add({});
  dropped.Increment(static_cast<double>(x.log_lines_dropped) - dropped.Value());
  return prometheus::TextSerializer{}.Serialize(all_->all.Collect());
}

} // namespace stanchion
