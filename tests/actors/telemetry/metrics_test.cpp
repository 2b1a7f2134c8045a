#include "support/catch.hpp"

#include <stanchion/actors/telemetry/metrics.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>

using namespace stanchion;
using nlohmann::json;

namespace {

struct page {
  page()
    : counted({.tools = {"pay", "look"},
               .critical = {"pay"},
               .agents = {"refund"},
               .parts = {"journal"}}) {
    // nop
  }

  void hear(event_kind kind, const std::string& subject,
            const json& fields = json::object()) {
    auto x = event{.kind = kind, .subject = subject};
    x.fields = fields.dump();
    counted.hear(x);
  }

  /// The value of a series; `none` when it is not there.
  [[nodiscard]] std::string value(const std::string& series) {
    auto text = std::istringstream{counted.text(readings)};
    for (auto line = std::string{}; std::getline(text, line);)
      if (line.starts_with(series + " "))
        return line.substr(series.size() + 1);
    return "none";
  }

  metrics counted;
  metric_readings readings;
};

json attempt(const std::string& verdict, const std::string& kind = "timeout") {
  return {{"attempt", 1},
          {"reconcile", false},
          {"failure", {{"kind", kind}, {"message", "m"}}},
          {"verdict", verdict}};
}

json ended(const std::string& tool, const std::string& source) {
  return {{"tool", tool},
          {"attempts", 1},
          {"duration_us", 50'000},
          {"source", source}};
}

} // namespace

TEST_CASE("what can be counted begins at zero", "[actors][telemetry]") {
  auto it = page{};
  for (const auto* series :
       {R"(stanchion_calls_total{result="failed",tool="pay"})",
        R"(stanchion_attempts_total{result="succeeded",tool="look"})",
        R"(stanchion_retries_total{tool="pay"})",
        R"(stanchion_critical_failures_total{tool="pay"})",
        R"(stanchion_unknown_outcomes_total{tool="look"})",
        R"(stanchion_runs_submitted_total{agent="refund"})",
        R"(stanchion_breaker_state{state="open",tool="pay"})",
        R"(stanchion_tickets_open{kind="approval"})",
        R"(stanchion_ticket_oldest_age_seconds{kind="approval"})",
        "stanchion_journal_batches_total", "stanchion_pool_queue_length"}) {
    CAPTURE(series);
    CHECK(it.value(series) == "0");
  }
  CHECK(it.value(R"(stanchion_breaker_state{state="closed",tool="pay"})")
        == "1");
  CHECK(it.value(R"(stanchion_critical_failures_total{tool="look"})")
        == "none");
}

TEST_CASE("a call is counted by how it ended", "[actors][telemetry]") {
  const auto [fields, result] = GENERATE(table<json, std::string>({
    {ended("pay", "primary"), "succeeded"},
    {ended("pay", "fallback:cash"), "degraded"},
    {ended("pay", "cache"), "degraded"},
    {{{"tool", "pay"}, {"failure", {{"kind", "http_5xx"}}}}, "failed"},
  }));
  auto it = page{};
  it.hear(event_kind::step_ended, "refund", fields);
  for (const auto* x : {"succeeded", "degraded", "failed"}) {
    CAPTURE(x);
    CHECK(it.value(R"(stanchion_calls_total{result=")" + std::string{x}
                   + R"(",tool="pay"})")
          == (x == result ? "1" : "0"));
  }
  CHECK(it.value(R"(stanchion_call_errors_total{kind="http_5xx",tool="pay"})")
        == (result == "failed" ? "1" : "none"));
  CHECK(it.value(R"(stanchion_attempts_total{result="succeeded",tool="pay"})")
        == (result == "succeeded" ? "1" : "0"));
  CHECK(it.value(R"(stanchion_call_duration_seconds_count{tool="pay"})")
        == "1");
}

TEST_CASE("an attempt is counted by its failure and by what follows",
          "[actors][telemetry]") {
  const auto [verdict, counted, again]
    = GENERATE(table<std::string, std::string, std::string>({
      {"try_again", "1", "1"},
      {"give_up", "1", "0"},
      {"park_run", "1", "0"},
      {"await_copy", "0", "0"}, // another copy of it is out
    }));
  auto it = page{};
  it.hear(event_kind::attempt_ended, "pay", attempt(verdict));
  CHECK(it.value(R"(stanchion_attempts_total{result="failed",tool="pay"})")
        == counted);
  CHECK(it.value(R"(stanchion_critical_failures_total{tool="pay"})")
        == counted);
  CHECK(it.value(R"(stanchion_retries_total{tool="pay"})") == again);
}

TEST_CASE("a question about an attempt is none", "[actors][telemetry]") {
  auto it = page{};
  auto fields = attempt("ask_reconcile");
  fields["reconcile"] = true;
  it.hear(event_kind::attempt_ended, "pay", fields);
  CHECK(it.value(R"(stanchion_attempts_total{result="failed",tool="pay"})")
        == "0");
}

TEST_CASE("no name from outside makes a series of its own",
          "[actors][telemetry]") {
  auto it = page{};
  const auto before = it.counted.text(it.readings);
  for (auto i = 0; i < 100; ++i) {
    const auto name = "made-up-" + std::to_string(i);
    it.hear(event_kind::step_ended, name, ended(name, "primary"));
    it.hear(event_kind::attempt_ended, name, attempt("give_up", name));
    it.hear(event_kind::call_refused, name, {{"why", name}});
    it.hear(event_kind::run_submitted, name);
    it.hear(event_kind::run_ended, name, {{"state", name}});
    it.hear(event_kind::run_parked, name, {{"reason", name}, {"tool", name}});
    it.hear(event_kind::run_crashed, name);
    it.hear(event_kind::fallback_used, name, {{"tool", name}});
    it.hear(event_kind::breaker_opened, name, {{"to", "open"}});
    it.hear(event_kind::child_restarted, name);
  }
  const auto text = it.counted.text(it.readings);
  CHECK(text.find("made-up") == std::string::npos);
  CHECK(it.value(R"(stanchion_calls_total{result="succeeded",tool="other"})")
        == "100");
  const auto lines
    = [](const std::string& x) { return std::count(x.begin(), x.end(), '\n'); };
  CHECK(lines(text) - lines(before) < 80);
}

TEST_CASE("a breaker is in one state", "[actors][telemetry]") {
  auto it = page{};
  it.counted.set_breaker("pay", "isolated");
  CHECK(it.value(R"(stanchion_breaker_state{state="isolated",tool="pay"})")
        == "1");
  it.hear(event_kind::breaker_half_opened, "pay", {{"to", "half_open"}});
  auto sum = 0;
  for (const auto* state : {"closed", "open", "half_open", "isolated"})
    sum += std::stoi(it.value(R"(stanchion_breaker_state{state=")"
                              + std::string{state} + R"(",tool="pay"})"));
  CHECK(sum == 1);
  CHECK(it.value(R"(stanchion_breaker_state{state="half_open",tool="pay"})")
        == "1");
}

TEST_CASE("an agent is in one mode", "[actors][telemetry]") {
  auto it = page{};
  const auto shown = [&](const std::string& mode) {
    return it.value(R"(stanchion_agent_mode{agent="refund",mode=")" + mode
                    + "\"}");
  };
  CHECK(shown("autonomous") == "1");
  it.counted.set_mode("refund", "advisory");
  CHECK(shown("autonomous") == "0");
  CHECK(shown("advisory") == "1");
  CHECK(shown("stopped") == "0");
  it.counted.set_mode("refund", "stopped");
  CHECK(shown("stopped") == "1");
  CHECK(shown("advisory") == "0");
  it.counted.set_mode("made-up", "stopped");
  CHECK(it.counted.text(it.readings).find("made-up") == std::string::npos);
}

TEST_CASE("what runs did is counted by agent", "[actors][telemetry]") {
  auto it = page{};
  it.hear(event_kind::run_submitted, "refund");
  it.hear(event_kind::run_ended, "refund",
          {{"state", "failed"}, {"retries", 4}});
  it.hear(event_kind::run_parked, "refund",
          {{"reason", "ambiguous_state"}, {"tool", "pay"}});
  it.hear(event_kind::run_crashed, "refund", {{"message", "m"}});
  it.hear(event_kind::child_restarted, "journal");
  CHECK(it.value(R"(stanchion_runs_submitted_total{agent="refund"})") == "1");
  CHECK(it.value(R"(stanchion_runs_ended_total{agent="refund",state="failed"})")
        == "1");
  CHECK(it.value(R"(stanchion_run_retries_sum{agent="refund"})") == "4");
  CHECK(it.value(R"(stanchion_run_retries_bucket{agent="refund",le="3"})")
        == "0");
  CHECK(it.value(R"(stanchion_run_retries_bucket{agent="refund",le="5"})")
        == "1");
  CHECK(it.value(R"(stanchion_runs_parked_total{agent="refund",)"
                 R"(reason="ambiguous_state"})")
        == "1");
  CHECK(it.value(R"(stanchion_unknown_outcomes_total{tool="pay"})") == "1");
  CHECK(it.value(R"(stanchion_run_crashes_total{agent="refund"})") == "1");
  CHECK(it.value(R"(stanchion_restarts_total{child="journal"})") == "1");
  CHECK(it.value(R"(stanchion_runtime_events_total{kind="run_parked"})")
        == "1");
}

TEST_CASE("tickets and queues are read when somebody asks",
          "[actors][telemetry]") {
  auto it = page{};
  it.readings.now = instant{100s};
  it.readings.tickets
    = {{.kind = ticket_kind::approval, .count = 3, .oldest = instant{40s}}};
  it.readings.journal_waiting = 4'096;
  it.readings.pool_queue = 7;
  it.readings.log_lines_dropped = 2;
  it.counted.committed(12, 3ms);
  CHECK(it.value(R"(stanchion_tickets_open{kind="approval"})") == "3");
  CHECK(it.value(R"(stanchion_ticket_oldest_age_seconds{kind="approval"})")
        == "60");
  CHECK(it.value(R"(stanchion_tickets_open{kind="review"})") == "0");
  CHECK(it.value("stanchion_journal_waiting_bytes") == "4096");
  CHECK(it.value("stanchion_pool_queue_length") == "7");
  CHECK(it.value("stanchion_log_lines_dropped_total") == "2");
  CHECK(it.value("stanchion_journal_batches_total") == "12");
  CHECK(it.value(R"(stanchion_journal_commit_seconds_bucket{le="0.005"})")
        == "1");
  CHECK(it.value(R"(stanchion_journal_commit_seconds_bucket{le="0.0025"})")
        == "0");
  it.readings.tickets.clear();
  CHECK(it.value(R"(stanchion_tickets_open{kind="approval"})") == "0");
}

TEST_CASE("alerts that are raised are shown until they are cleared",
          "[actors][telemetry]") {
  auto it = page{};
  const auto fields = json{{"alert", "breaker_open"}};
  it.hear(event_kind::alert_raised, "pay", fields);
  it.hear(event_kind::alert_raised, "look", fields);
  CHECK(it.value(R"(stanchion_alerts_active{alert="breaker_open"})") == "2");
  it.hear(event_kind::alert_cleared, "pay", fields);
  CHECK(it.value(R"(stanchion_alerts_active{alert="breaker_open"})") == "1");
}

TEST_CASE("events without sense are counted and do no harm",
          "[actors][telemetry]") {
  auto it = page{};
  const auto fields
    = GENERATE(std::string{}, std::string{"no JSON"}, std::string{"[1]"},
               std::string{R"({"failure":7,"verdict":8,"state":[],"tool":{},)"
                           R"("alert":1,"to":2,"reason":3})"});
  for (auto n = 1U; n < 64; ++n)
    CHECK_NOTHROW(it.counted.hear({.kind = static_cast<event_kind>(n),
                                   .subject = "pay",
                                   .fields = fields}));
}

TEST_CASE("nothing is heard that comes with every step, but for its end",
          "[actors][telemetry]") {
  const auto kinds = metrics::kinds();
  CHECK(kinds.contains(event_kind::step_ended));
  for (const auto x : {event_kind::step_asked, event_kind::attempt_started,
                       event_kind::run_waiting, event_kind::run_started})
    CHECK_FALSE(kinds.contains(x));
}
