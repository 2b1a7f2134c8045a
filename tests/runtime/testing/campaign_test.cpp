#include "support/catch.hpp"
#include "support/simulated_systems.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

using namespace stanchion;

namespace {

/// Pays again when it cannot see that it has paid: a bug.
task<json> pays_again(agent_context& ctx, value) {
  co_await ctx.call("pay", args("try", 1));
  auto seen = co_await ctx.try_call("look", args());
  if (!seen.ok())
    co_await ctx.call("pay", args("try", 2));
  co_return json("paid");
}

void add_buggy(runtime& rt) {
  rt.add(tool_of("pay", effect::idempotent));
  rt.add(tool_of("look", effect::read_only));
  rt.add(agent{"buggy", "1", pays_again});
}

simulation buggy_system() {
  auto sim = simulation{add_buggy};
  sim.submit({.agent = "buggy"});
  sim.inject(parse_faults("look:http_5xx@0.5,pay:latency=1s@0.3,"
                          "commit:kill@0.02"));
  sim.check("paid once",
            [](const simulated& x) { return x.effects("pay") == 1; });
  return sim;
}

} // namespace

TEST_CASE("no seed breaks a promise, and faults do strike",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.inject(rough_days());
  const auto report = sim.try_seeds(300);
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.systems == 300);
  CHECK(report.runs == 900);
  CHECK(report.completed > 800);
  CHECK(report.deaths > 100);
  for (const auto& [rule, count] : report.faults) {
    INFO(rule);
    CHECK(count > 0);
  }
}

TEST_CASE("a death at every boundary leaves every promise kept",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.check("all is done", [](const simulated& x) {
    return x.count(run_state::completed) == 3 && x.effects("hold") == 3
           && x.effects("pay") == 3 && x.effects("send") == 3;
  });
  const auto report = sim.crash_everywhere();
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.systems > 40);
  CHECK(report.deaths == report.systems);
}

TEST_CASE("a failing seed is shrunk to what it takes", "[runtime][testing]") {
  const auto report = buggy_system().try_seeds(200);
  INFO(report.text());
  REQUIRE(!report.ok());
  REQUIRE(report.failures.size() == 3);
  const auto& x = report.failures[0];
  REQUIRE(x.violations.size() == 1);
  CHECK(x.violations[0].rule == "paid once");
  // Three attempts of one call fail; the order of messages is no part of it.
  CHECK(x.least.faults->size() == 3);
  CHECK(x.least.shuffled == 0);
  CHECK_THAT(x.faults, StartsWith("look:http_5xx@#"));
  CHECK(x.trace.find("call pay") != std::string::npos);
  CHECK_THAT(report.text(), ContainsSubstring("FAILED seed "));
}

TEST_CASE("a failing seed replays exactly, also from its text",
          "[runtime][testing]") {
  auto sim = buggy_system();
  const auto report = sim.try_seeds(200);
  REQUIRE(!report.failures.empty());
  const auto& x = report.failures[0];
  CHECK(sim.try_again(x.least).trace == x.trace);
  sim.inject(parse_faults(x.faults));
  const auto again = sim.try_again({.seed = x.seed, .shuffled = 0});
  CHECK(again.effects("pay") == 2);
}

TEST_CASE("processes that share the work count the same",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.inject(rough_days());
  auto options = campaign_options{};
  const auto alone = sim.try_seeds(60, options).text();
  options.workers = 3;
  CHECK(sim.try_seeds(60, options).text() == alone);
}

TEST_CASE("a system that ends its own process is named by its seed",
          "[runtime][testing]") {
  auto sim = simulation{[](runtime& rt) {
    rt.add(tool_of("pay", effect::idempotent));
    rt.add(agent{"a", "1", [](agent_context& ctx, value) -> task<json> {
                   if (ctx.random() % 16 == 0)
                     static_cast<void>(std::raise(SIGKILL));
                   co_return json{};
                 }});
  }};
  sim.submit({.agent = "a"});
  auto options = campaign_options{};
  options.workers = 2;
  const auto report = sim.try_seeds(200, options);
  REQUIRE(!report.failures.empty());
  CHECK(report.failures[0].violations[0].rule == "crash");
  CHECK(report.failures[0].seed > 0);
}

TEST_CASE("a goal that no system reaches is missing", "[runtime][testing]") {
  auto sim = three_runs();
  sim.goal("an agent was stopped", [](const simulated& x) {
    return x.count(event_kind::agent_stopped) > 0;
  });
  sim.goal("a run completed", [](const simulated& x) {
    return x.count(run_state::completed) > 0;
  });
  const auto report = sim.try_seeds(5);
  CHECK(!report.ok());
  REQUIRE(report.shortfalls.size() == 1);
  CHECK_THAT(report.shortfalls[0], ContainsSubstring("an agent was stopped"));
}

TEST_CASE("a campaign in which nothing ends is no success",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.inject(parse_faults("send:timeout@1"));
  sim.nobody();
  const auto report = sim.try_seeds(3);
  CHECK(report.failures.empty());
  REQUIRE(report.shortfalls.size() == 1);
  CHECK_THAT(report.shortfalls[0], ContainsSubstring("0 of 9 runs ended"));
}
