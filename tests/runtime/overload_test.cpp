#include "support/catch.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace stanchion;

namespace {

task<json> calls(agent_context& ctx, value) {
  auto x = co_await ctx.call("slow", args());
  co_return x.get();
}

} // namespace

TEST_CASE("a tool that holds its actor up is an event with the actor's name",
          "[runtime][watch]") {
  runtime rt{config{.in_memory = true, .virtual_seed = 1}};
  auto heard = std::vector<event>{};
  rt.events().subscribe([&](const event& x) {
    if (x.kind == event_kind::handler_slow)
      heard.push_back(x);
  });
  const auto dawdle = [&](const value&, tool_context&) -> json {
    for (auto i = 0; i < 20; ++i)
      rt.actors().watch();
    return {};
  };
  rt.add(tool{"slow", effect::read_only, dawdle}
           .input(any())
           .output(any())
           .run_inline());
  rt.add(agent{"calls", "1", calls});
  rt.start();
  auto sim = fabric::simulation{rt.actors()};
  sim.run();
  rt.submit({.agent = "calls"}, [](const run_row&) {});
  sim.run();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].subject == "slow");
  CHECK(heard[0].severity == severity::warning);
  CHECK(heard[0].fields == R"({"busy_us":1000000})");
}
