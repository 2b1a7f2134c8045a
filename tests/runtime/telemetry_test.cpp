#include "support/catch.hpp"
#include "support/journal_samples.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/trace.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto given
  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

task<json> pays(agent_context& ctx, value input) {
  auto x = co_await ctx.call("pay", input);
  co_return x.get();
}

/// Calls, spawns a child that calls, and sleeps for long before.
task<json> delegates(agent_context& ctx, value input) {
  co_await ctx.sleep_for(1h);
  auto own = co_await ctx.call("pay", input);
  auto child = co_await ctx.spawn("pays", input);
  auto theirs = co_await child.result();
  co_return args("own", own, "theirs", theirs);
}

/// One life of a program.
struct life {
  explicit life(const telemetry_options& shown,
                std::shared_ptr<memory_store> s = new_store())
    : store(std::move(s)),
      rt(config{.store = store, .telemetry = shown, .virtual_seed = 7}) {
    rt.add(agent{"pays", "1", pays});
    rt.add(agent{"delegates", "1", delegates});
    rt.events().subscribe(
      [this](const event& x) {
        alerts.push_back((x.kind == event_kind::alert_raised ? "+" : "-")
                         + json::parse(x.fields)["alert"].get<std::string>()
                         + " " + x.subject);
      },
      {event_kind::alert_raised, event_kind::alert_cleared});
  }

  /// A tool that fails as `broken` says, or tells the trace it is in.
  tool pay() {
    auto t = tool{"pay", effect::idempotent,
                  [this](const value&, tool_context& ctx) -> json {
                    if (broken)
                      throw tool_error{*broken};
                    return ctx.traceparent();
                  }};
    t.input(any()).output(any()).run_inline().retry({.max_attempts = 2});
    return t;
  }
  void begin(tool t) {
    rt.add(std::move(t));
    rt.start();
    pass(rt, 1ms);
  }
  [[nodiscard]] std::string metric(const std::string& series) const {
    const auto text = rt.metrics();
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos)
      return "none";
    const auto from = at + series.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  std::shared_ptr<memory_store> store;
  std::optional<failure> broken;
  std::vector<std::string> alerts;
  runtime rt;
};

failure down(const std::string& message) {
  return {.kind = failure_kind::http_5xx,
          .effect = side_effect::none,
          .message = message};
}

std::vector<json> lines_of(const std::filesystem::path& file) {
  auto lines = std::vector<json>{};
  auto in = std::ifstream{file};
  for (auto line = std::string{}; std::getline(in, line);)
    lines.push_back(json::parse(line));
  return lines;
}

std::string trace_in(const json& traceparent) {
  const auto x = parse_traceparent(traceparent.get<std::string>());
  REQUIRE(x);
  return to_string(x->trace);
}

} // namespace

TEST_CASE("nothing is counted, watched or logged unless it is switched on",
          "[runtime][telemetry]") {
  auto it = life{{}};
  it.begin(it.pay().critical());
  CHECK(it.rt.metrics().empty());
  for (const auto x : {event_kind::step_ended, event_kind::attempt_ended,
                       event_kind::breaker_opened})
    CHECK_FALSE(it.rt.events().wants(x));
}

TEST_CASE("metrics count what runs and calls do", "[runtime][telemetry]") {
  auto it = life{{.metrics = true}};
  it.begin(it.pay().critical());
  test::submit(it.rt, {.agent = "pays"});
  it.broken = down("no");
  test::submit(it.rt, {.agent = "pays"}, 1min);
  const auto is = [&](const std::string& series, const std::string& value) {
    CAPTURE(series);
    CHECK(it.metric("stanchion_" + series) == value);
  };
  is(R"(runs_submitted_total{agent="pays"})", "2");
  is(R"(runs_ended_total{agent="pays",state="completed"})", "1");
  is(R"(runs_parked_total{agent="pays",reason="max_retries_exceeded"})", "1");
  is(R"(calls_total{result="succeeded",tool="pay"})", "1");
  is(R"(calls_total{result="failed",tool="pay"})", "1");
  is(R"(call_errors_total{kind="http_5xx",tool="pay"})", "1");
  is(R"(attempts_total{result="succeeded",tool="pay"})", "1");
  is(R"(attempts_total{result="failed",tool="pay"})", "2");
  is(R"(retries_total{tool="pay"})", "1");
  is(R"(critical_failures_total{tool="pay"})", "2");
  is(R"(run_retries_count{agent="pays"})", "1");
  is(R"(tickets_open{kind="escalation"})", "1");
  CHECK(it.metric("stanchion_journal_batches_total") != "0");
}

TEST_CASE("a breaker that was open when the program ended is shown as such",
          "[runtime][telemetry]") {
  const auto store = new_store();
  {
    auto it = life{{}, store};
    it.begin(it.pay().breaker({.consecutive_failures = 1, .open_for = 2min}));
    it.broken = down("no");
    test::submit(it.rt, {.agent = "pays"});
  }
  auto it = life{{.metrics = true}, store};
  it.begin(it.pay().breaker({.consecutive_failures = 1, .open_for = 2min}));
  CHECK(it.metric(R"(stanchion_breaker_state{state="open",tool="pay"})")
        == "1");
  CHECK(it.metric(R"(stanchion_breaker_state{state="closed",tool="pay"})")
        == "0");
}

TEST_CASE("the first failure of a critical tool raises an alert at once",
          "[runtime][telemetry]") {
  auto it = life{{.alerts = alert_options{.check_every = 1h}}};
  it.begin(it.pay().critical());
  it.broken = down("no");
  test::submit(it.rt, {.agent = "pays"}, 1s);
  CHECK(it.alerts == std::vector<std::string>{"+critical_tool_failed pay"});
  pass(it.rt, 2h);
  CHECK(it.alerts
        == std::vector<std::string>{"+critical_tool_failed pay",
                                    "-critical_tool_failed pay"});
}

TEST_CASE("alerts are looked at again and again", "[runtime][telemetry]") {
  auto it
    = life{{.alerts = alert_options{.open_tickets = 2, .check_every = 10s}}};
  it.begin(it.pay());
  it.broken = down("no");
  test::submit(it.rt, {.agent = "pays"}, 1min);
  CHECK(it.alerts.empty());
  test::submit(it.rt, {.agent = "pays"}, 1min);
  CHECK(it.alerts == std::vector<std::string>{"+escalation_depth desk"});
}

TEST_CASE("a trace goes from the submission to the last tool",
          "[runtime][telemetry]") {
  const auto [header, trace] = GENERATE(table<std::string, std::string>({
    {given, "4bf92f3577b34da6a3ce929d0e0e4736"},
    {"", ""}, // the run's own
    {"nonsense", ""},
  }));
  const auto store = new_store();
  auto id = run_id{};
  {
    auto it = life{{}, store};
    it.begin(it.pay());
    id = test::submit(it.rt, {.agent = "delegates", .traceparent = header});
  }
  auto it = life{{}, store}; // read from the journal
  auto heard = std::vector<event>{};
  it.rt.events().subscribe([&](const event& x) { heard.push_back(x); },
                           {event_kind::step_ended, event_kind::run_ended});
  it.begin(it.pay());
  pass(it.rt, 2h);
  const auto result = it.rt.result(id).get().get();
  const auto expected = trace.empty() ? to_string(trace_of(id)) : trace;
  CHECK(trace_in(result["own"]) == expected);
  CHECK(trace_in(result["theirs"]) == expected);
  CHECK(result["own"] != result["theirs"]); // spans of their own
  REQUIRE_FALSE(heard.empty());
  for (const auto& x : heard)
    CHECK(to_string(x.trace.nil() ? trace_of(x.run) : x.trace) == expected);
}

TEST_CASE("log lines carry the run's trace and submitter, and no secret",
          "[runtime][telemetry]") {
  const auto canary = std::string{"c4n4ry-0123456789"};
  const auto dir = temp_dir{};
  const auto file = dir.path() / "log.jsonl";
  {
    auto it = life{
      {.log
       = {.target = log_target::file, .file = file, .least = severity::debug}}};
    it.begin(it.pay());
    it.broken = down("401 for Bearer " + canary + ", api_key=" + canary);
    test::submit(it.rt,
                 {.agent = "pays",
                  .input = args("password", canary, "note", "sk-" + canary),
                  .submitter = "ann",
                  .traceparent = given},
                 1min);
    it.rt.stop();
  }
  auto failed = 0;
  for (const auto& x : lines_of(file)) {
    CHECK(x.dump().find(canary) == std::string::npos);
    if (!x.contains("workflow_id"))
      continue;
    CHECK(x["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
    // Who submitted it is known once the run is durable.
    if (x["event"] == "run_parked" || x["event"] == "run_ended")
      CHECK(x.value("user_id", "") == "ann");
    if (x["event"] != "attempt_ended")
      continue;
    ++failed;
    CHECK(x["tool_name"] == "pay");
    CHECK(x["step_name"] == "1");
    CHECK(x["error_type"] == "http_5xx");
    CHECK(x["retries"] == failed - 1);
    CHECK(x.contains("duration_ms"));
  }
  CHECK(failed == 2);
}

TEST_CASE("telemetry that cannot work is refused", "[runtime][telemetry]") {
  auto it
    = life{{.log = {.queue = 0}, .alerts = alert_options{.open_tickets = 0}}};
  const auto why = refused([&] { it.rt.start(); });
  CHECK(why.code == error_code::invalid_spec);
  CHECK_THAT(why.text, ContainsSubstring("log.queue"));
  CHECK_THAT(why.text, ContainsSubstring("alerts.open_tickets"));
}

TEST_CASE("the mode of an agent is shown as it is now",
          "[runtime][telemetry]") {
  auto it = life{{.metrics = true}};
  it.begin(it.pay());
  const auto shown = [&](const std::string& mode) {
    return it.metric(R"(stanchion_agent_mode{agent="pays",mode=")" + mode
                     + "\"}");
  };
  CHECK(shown("autonomous") == "1");
  it.rt.stop_all("ann", "a drill");
  pass(it.rt, 1s);
  CHECK(shown("autonomous") == "0");
  CHECK(shown("stopped") == "1");
}
