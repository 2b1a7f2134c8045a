#include "support/catch.hpp"
#include "support/simulated_systems.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

using namespace stanchion;

TEST_CASE("a simulated agent runs to its end on fakes", "[runtime][testing]") {
  auto sim = simulation{add_five_steps};
  auto asked = std::string{};
  sim.fake("look", [&asked](const value& x, tool_context& ctx) {
    asked = ctx.tool;
    return json{{"id", x["id"].as_int()}};
  });
  sim.submit({.agent = "five", .input = args("id", 7)});
  const auto x = sim.try_seed(1);
  REQUIRE(x.runs.size() == 1);
  CHECK(x.runs[0].row.state == run_state::completed);
  CHECK(x.runs[0].result->get().dump() == R"({"id":7})");
  CHECK(asked == "look");
  CHECK(x.attempts("look") == 2);
  CHECK(x.effects("look") == 0);
  CHECK(x.effects("hold") == 1);
  CHECK(x.effects("pay") == 1);
  CHECK(x.effects("send") == 1);
  CHECK(x.violations.empty());
}

TEST_CASE("the same seed gives the same trace, byte for byte",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.inject(rough_days());
  auto traces = std::set<std::string>{};
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed) {
    const auto first = sim.try_seed(seed);
    INFO("seed " << seed);
    CHECK(first.trace == sim.try_seed(seed).trace);
    for (const auto& v : first.violations)
      UNSCOPED_INFO(v.rule << ": " << v.what);
    CHECK(first.violations.empty());
    traces.insert(first.trace);
  }
  CHECK(traces.size() == 20);
}

TEST_CASE(
  "a simulated person cancels a run, at an instant of the seed's choice",
  "[runtime][testing]") {
  auto sim = simulation{[](runtime& rt) {
    rt.add(agent{"sleeps", "1", [](agent_context& ctx, value) -> task<json> {
                   co_await ctx.sleep_for(1h);
                   co_return json("slept");
                 }});
  }};
  sim.submit({.agent = "sleeps"});
  sim.submit({.agent = "sleeps"});
  sim.cancel(2, 1min, 30min);
  auto took = std::set<duration>{};
  for (auto seed = std::uint64_t{1}; seed <= 5; ++seed) {
    const auto x = sim.try_seed(seed);
    CHECK(x.violations.empty());
    REQUIRE(x.runs.size() == 2);
    CHECK(x.runs[0].row.state == run_state::completed);
    CHECK(x.runs[1].row.state == run_state::cancelled);
    const auto lived = x.runs[1].row.updated - x.runs[1].row.created;
    CHECK(lived >= 1min);
    CHECK(lived < 31min);
    took.insert(lived);
  }
  CHECK(took.size() == 5);
}

TEST_CASE("a simulated person stops an agent, and lets it go on",
          "[runtime][testing]") {
  auto sim = simulation{add_five_steps};
  sim.submit({.agent = "five", .input = args("id", 1)}, 5min);
  sim.set_mode("five", mode::stopped, 1min, 1min);
  sim.set_mode("five", mode::autonomous, 10min, 1min);
  const auto x = sim.try_seed(1);
  CHECK(x.violations.empty());
  REQUIRE(x.runs.size() == 1);
  CHECK(x.runs[0].row.state == run_state::completed);
  CHECK(x.took >= 10min);
}

TEST_CASE("a scenario that cancels what nobody submits is refused",
          "[runtime][testing]") {
  auto sim = three_runs();
  sim.cancel(4, {}, 1min);
  CHECK_THROWS_WITH(sim.try_seed(1), Catch::Contains("cancels submission 4")
                                       && Catch::Contains("3 submissions"));
}
