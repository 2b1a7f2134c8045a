#include "support/catch.hpp"

#include <stanchion/actors/telemetry/alerts.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace stanchion;
using nlohmann::json;

namespace {

/// Rules, and the time that goes by.
struct watch {
  explicit watch(const alert_options& x = {}) : rules(x) {
    // nop
  }

  void fail(int times, const std::string& kind = "timeout",
            const std::string& tool = "pay") {
    for (auto i = 0; i < times; ++i)
      rules.attempt_failed(tool, kind, now);
  }
  void end_runs(int runs, double retries_each) {
    for (auto i = 0; i < runs; ++i)
      rules.run_ended(retries_each, now);
  }
  /// `+alert subject` or `-alert subject` for each change.
  std::vector<std::string> look(duration later = duration{0},
                                const std::vector<ticket_count>& open = {}) {
    now += later;
    auto result = std::vector<std::string>{};
    for (auto& x : rules.check(open, now)) {
      result.push_back((x.raised ? "+" : "-") + x.alert + " " + x.subject);
      last = std::move(x);
    }
    return result;
  }
  [[nodiscard]] json numbers() const {
    return json::parse(last.fields);
  }

  alert_rules rules;
  instant now = instant{1'000h};
  alert_change last;
};

using changes = std::vector<std::string>;

const auto none = changes{};

} // namespace

TEST_CASE("a spike of one kind of failure is told once, and its end once",
          "[actors][telemetry]") {
  auto it = watch{};
  it.fail(10);
  CHECK(it.look() == none);
  it.fail(1);
  CHECK(it.look() == changes{"+error_spike timeout"});
  CHECK(
    it.numbers()
    == json{{"count", 11}, {"before", 0}, {"window_s", 300}, {"tool", "pay"}});
  CHECK(it.last.severity == severity::error);
  it.fail(5);
  CHECK(it.look(1min) == none);
  CHECK(it.look(6min) == changes{"-error_spike timeout"});
  CHECK(it.look(1h) == none);
}

TEST_CASE("failures of several kinds do not add up", "[actors][telemetry]") {
  auto it = watch{};
  it.fail(10, "timeout");
  it.fail(10, "http_5xx");
  CHECK(it.look() == none);
  it.fail(1, "http_5xx", "look");
  CHECK(it.look() == changes{"+error_spike http_5xx"});
  CHECK(it.numbers()["tool"] == "pay"); // the one with the most
}

TEST_CASE("what fails all the time is no spike until it triples",
          "[actors][telemetry]") {
  auto it = watch{};
  // A first spike, which stays: told, and not told again while it does.
  auto told = changes{};
  for (auto minute = 0; minute < 30; ++minute) {
    it.fail(4);
    for (auto& x : it.look(1min))
      told.push_back(x);
  }
  CHECK(told == changes{"+error_spike timeout"});
  CHECK(it.look(20min) == changes{"-error_spike timeout"});
  // Below the least all the time; then twice, then four times as much.
  for (auto minute = 0; minute < 10; ++minute) {
    it.fail(2);
    CHECK(it.look(1min) == none);
  }
  it.fail(10);
  CHECK(it.look() == none);
  it.fail(20);
  CHECK(it.look() == changes{"+error_spike timeout"});
}

TEST_CASE("retries that double are told", "[actors][telemetry]") {
  const auto [usual, later, told]
    = GENERATE(table<double, double, bool>({{0.4, 0.9, true},
                                            {0.4, 0.7, false},
                                            {0, 0.4, false}, // hardly any
                                            {0, 0.6, true},
                                            {2, 3.9, false},
                                            {2, 4.0, true}}));
  CAPTURE(usual, later);
  auto it = watch{};
  for (auto i = 0; i < 60; ++i) {
    it.end_runs(1, usual);
    CHECK(it.look(1min) == none);
  }
  it.now += 15min;
  it.end_runs(20, later);
  CHECK(it.look() == (told ? changes{"+retries_doubled "} : none));
  if (!told)
    return;
  CHECK(it.numbers()["average"].get<double>() == Approx(later));
  CHECK(it.numbers()["usual"].get<double>() == Approx(usual));
  CHECK(it.look(5min) == none);
  // What was usual then is what it is measured by until it is over.
  it.now += 15min;
  it.end_runs(20, usual);
  CHECK(it.look() == changes{"-retries_doubled "});
}

TEST_CASE("too few runs have no average", "[actors][telemetry]") {
  auto it = watch{};
  it.end_runs(19, 0.1);
  it.now += 20min;
  it.end_runs(100, 5);
  CHECK(it.look() == none);
  auto other = watch{};
  other.end_runs(100, 0.1);
  other.now += 20min;
  other.end_runs(19, 5);
  CHECK(other.look() == none);
}

TEST_CASE("the first failure of a critical tool is told",
          "[actors][telemetry]") {
  auto it = watch{};
  it.rules.critical_failed("pay", "http_5xx", it.now);
  CHECK(it.look() == changes{"+critical_tool_failed pay"});
  CHECK(it.last.severity == severity::critical);
  CHECK(it.numbers()["kind"] == "http_5xx");
  it.now += 10min;
  it.rules.critical_failed("pay", "timeout", it.now);
  CHECK(it.look(10min) == none); // not quiet for long enough
  CHECK(it.look(6min) == changes{"-critical_tool_failed pay"});
  it.rules.critical_failed("pay", "timeout", it.now);
  CHECK(it.look() == changes{"+critical_tool_failed pay"});
  CHECK(it.numbers()["failures"] == 1);
}

TEST_CASE("a breaker that is not closed for long is told, however it flaps",
          "[actors][telemetry]") {
  auto it = watch{};
  it.rules.breaker("pay", false, it.now);
  CHECK(it.look(5min) == none);
  it.rules.breaker("pay", false, it.now); // half open, open again
  CHECK(it.look(4min) == none);
  CHECK(it.look(1min) == changes{"+breaker_open pay"});
  CHECK(it.numbers() == json{{"for_s", 600}, {"limit_s", 600}});
  CHECK(it.look(1h) == none);
  it.rules.breaker("pay", true, it.now);
  CHECK(it.look() == changes{"-breaker_open pay"});
  it.rules.breaker("pay", false, it.now);
  CHECK(it.look(9min) == none);
  it.rules.breaker("pay", true, it.now);
  CHECK(it.look(1h) == none);
}

TEST_CASE("too many tickets, and an approval that is too old, are told",
          "[actors][telemetry]") {
  auto it = watch{};
  const auto tickets = [&](std::size_t questions, duration age) {
    return std::vector<ticket_count>{
      {.kind = ticket_kind::approval, .count = 1, .oldest = it.now - age},
      {.kind = ticket_kind::question,
       .count = questions,
       .oldest = it.now - 100h}};
  };
  CHECK(it.look(0s, tickets(18, 4h)) == none);
  CHECK(it.look(0s, tickets(19, 4h)) == changes{"+escalation_depth desk"});
  CHECK(it.numbers() == json{{"open", 20}, {"limit", 20}});
  CHECK(it.look(0s, tickets(30, 4h + 1s)) == changes{"+approval_too_old desk"});
  CHECK(it.look(0s, {})
        == changes{"-escalation_depth desk", "-approval_too_old desk"});
}

TEST_CASE("thresholds that make no sense are named", "[actors][telemetry]") {
  CHECK(validate(alert_options{}).empty());
  const auto bad = validate(alert_options{.spike_least = 0,
                                          .spike_factor = 0.5,
                                          .spike_window = 0s,
                                          .retries_factor = 1,
                                          .retries_least = -1,
                                          .retries_runs = 0,
                                          .retries_window = -1s,
                                          .critical_quiet = 0s,
                                          .open_tickets = 0,
                                          .breaker_open = 0s,
                                          .approval_age = 0s,
                                          .check_every = 0s});
  CHECK(bad.size() == 12);
  for (const auto& x : bad)
    CHECK_THAT(x, StartsWith("alerts."));
}

TEST_CASE("a sum slides in tenths of its window", "[actors][telemetry]") {
  auto sum = window_sum{10s, 2};
  const auto t0 = instant{1'000s};
  sum.add(t0, 1);
  sum.add(t0 + 5s, 2);
  CHECK(sum.recent(t0 + 5s) == 3);
  CHECK(sum.recent(t0 + 10s) == 2);
  CHECK(sum.before(t0 + 10s) == 1);
  CHECK(sum.recent(t0 + 15s) == 0);
  CHECK(sum.before(t0 + 15s) == 3);
  CHECK(sum.before(t0 + 20s) == 2);
  sum.add(t0 + 4s, 4); // late: it counts as of the newest
  CHECK(sum.recent(t0 + 5s) == 7);
  sum.add(t0 + 100s, 1);
  CHECK(sum.before(t0 + 100s) == 0);
}
