#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/recovery.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace stanchion;

namespace {

struct kept_events final : event_sink {
  std::vector<event> all;

  void publish(event x) override {
    all.push_back(std::move(x));
  }
};

/// A run of one call that was under way.
batch one_call() {
  auto s = step{};
  s.path = "1";
  s.name = "pay";
  s.tool_effect = effect::once;
  auto row = run_row{};
  row.number = 1;
  row.id = derived_uuid(1, 1);
  row.agent = "payer";
  row.state = run_state::running;
  auto b = batch{};
  b.runs.push_back(row);
  b.records = {{1,
                0,
                record_kind::started,
                {},
                {},
                bodies::started({.agent = "payer", .version = "1"})},
               {1, 1, record_kind::intent, {}, "1", bodies::intent(s)},
               {1, 2, record_kind::attempt, {}, "1", bodies::attempt(1, "k")}};
  return b;
}

} // namespace

TEST_CASE("what is charged with a death of the process is told",
          "[runtime][recovery]") {
  const auto store = make_memory_store();
  const auto content = one_call();
  const auto* pointer = &content;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  auto told = kept_events{};
  charge_deaths(*store, instant{1s}, &told);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].kind == event_kind::step_charged);
  CHECK(told.all[0].run == derived_uuid(1, 1));
  CHECK(told.all[0].step == "1");
  CHECK(told.all[0].subject == "payer");
  CHECK(told.all[0].fields == R"({"alone":false})");
}

TEST_CASE("a death is charged at the time of the simulation",
          "[runtime][recovery]") {
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  const auto content = one_call();
  const auto* pointer = &content;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  const auto start = fabric::virtual_epoch + 72h;
  auto rt = runtime{
    config{.store = store, .virtual_seed = 1, .virtual_start = start}};
  rt.start();
  CHECK(rt.actors().clock().now() == start);
  const auto records = store->read(1, 0);
  REQUIRE(records.back().kind == record_kind::death);
  CHECK(records.back().at == start);
}

TEST_CASE("what a tool of the pool logs bears the time of the simulation",
          "[runtime]") {
  auto logged = std::vector<instant>{};
  auto rt = runtime{config{.in_memory = true, .virtual_seed = 1}};
  rt.events().subscribe([&](const event& x) { logged.push_back(x.at); },
                        {event_kind::run_log});
  const auto say = [](const value&, tool_context& ctx) {
    ctx.log("here");
    return json{};
  };
  rt.add(tool{"say", effect::read_only, say}.input(any()).output(any()));
  rt.add(agent{"says", "1", [](agent_context& ctx, value) -> task<json> {
                 co_await ctx.call("say", args());
                 co_return json{};
               }});
  rt.start();
  auto sim = fabric::simulation{rt.actors()};
  sim.advance(1h);
  rt.submit({.agent = "says"}, [](const run_row&) {});
  sim.run();
  CHECK(logged == std::vector<instant>{fabric::virtual_epoch + 1h});
}
