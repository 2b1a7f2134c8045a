// Runs that are called off where the process had died again and again.
#include "support/catch.hpp"
#include "support/simulated_systems.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace stanchion;

namespace {

task<json> poisoned(agent_context& ctx, value) {
  co_await ctx.call("poison", args());
  co_return json("alive");
}

/// Is called off while its child is quarantined.
task<json> boss(agent_context& ctx, value) {
  auto child = co_await ctx.spawn("poisoned", args());
  co_await ctx.sleep_for(10min);
  auto word = co_await ctx.escalate(park_reason::validation_failed, "Go on?");
  auto done = co_await child.result();
  co_return done.get();
}

simulation system_of(effect e) {
  auto sim = simulation{[e](runtime& rt) {
    rt.add(tool_of("poison", e));
    rt.add(agent{"poisoned", "1", poisoned});
    rt.add(agent{"boss", "1", boss});
  }};
  sim.inject(parse_faults("poison:kill@1"));
  sim.check("all is called off", [](const simulated& x) {
    return x.count(run_state::cancelled) == x.runs.size();
  });
  return sim;
}

} // namespace

TEST_CASE("a run that is aborted at what killed the process ends",
          "[runtime][poison]") {
  const auto e
    = GENERATE(effect::read_only, effect::idempotent, effect::reconcilable);
  auto sim = system_of(e);
  sim.submit({.agent = "poisoned"});
  sim.person(park_reason::poison_step, verb::abort);
  const auto report = sim.try_seeds(50, {.shrink = false});
  INFO(to_string(e) << ": " << report.text());
  CHECK(report.ok());
  CHECK(report.tickets >= 50);
}

TEST_CASE("a run that is cancelled at what killed the process ends",
          "[runtime][poison]") {
  const auto e = GENERATE(effect::read_only, effect::idempotent);
  auto sim = system_of(e);
  sim.submit({.agent = "boss"});
  sim.person(park_reason::validation_failed, verb::abort);
  const auto report = sim.try_seeds(50, {.shrink = false});
  INFO(to_string(e) << ": " << report.text());
  CHECK(report.ok());
}
