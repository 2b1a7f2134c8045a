#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/recovery.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace stanchion;

namespace {

constexpr auto runs = run_number{4};

task<json> works(agent_context& ctx, value) {
  auto x = co_await ctx.call("work");
  co_return x.get();
}

/// What each call sees when it comes to the tool.
struct watch {
  memory_store* store = nullptr;
  duration takes{};
  int inside = 0;
  int most = 0;
  std::set<std::string> remembered;
};

task<json> waits_for_child(agent_context& ctx, value) {
  auto child = co_await ctx.spawn("works", args());
  co_await ctx.race(child.result(), ctx.sleep_for(24h));
  co_return json("raced");
}

struct life {
  life(std::shared_ptr<memory_store> store, watch& w, effect e)
    : rt(config{.store = std::move(store), .virtual_seed = 3}) {
    auto work = tool{"work", e, [&w](tool_context& ctx, value) -> task<json> {
                       w.most = std::max(w.most, ++w.inside);
                       w.remembered.insert(w.store->remembered());
                       co_await ctx.sleep_for(w.takes);
                       --w.inside;
                       co_return json("done");
                     }};
    if (e == effect::reconcilable)
      work.reconcile([](const std::string&) {
        return outcome{failure{.effect = side_effect::none}};
      });
    rt.add(std::move(work.input(any()).output(any()).timeout(100h)));
    rt.add(agent{"works", "1", works});
    rt.add(agent{"waits_for_child", "1", waits_for_child});
    rt.start();
    pass(1ms); // the tree comes up
  }

  void pass(duration d) {
    auto sim = fabric::simulation{rt.actors()};
    sim.advance(d);
  }

  runtime rt;
};

/// What is left of a process that died while its runs were at work.
std::shared_ptr<memory_store> left_by_death(effect e) {
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  auto w = watch{store.get(), 50h};
  auto it = life{store, w, e};
  for (auto i = run_number{0}; i < runs; ++i)
    it.rt.submit({.agent = "works"}, [](const run_row&) {});
  it.pass(1s);
  REQUIRE(w.most == runs);
  REQUIRE(w.remembered == std::set<std::string>{""});
  return store->prefix(store->records_in_order().size());
}

std::string death_of(memory_store& in, run_number run) {
  auto body = std::string{};
  for (const auto& r : in.read(run, 0))
    if (r.kind == record_kind::death)
      body = r.body;
  return body;
}

} // namespace

TEST_CASE("what a process may have died of goes one at a time, and the store "
          "remembers which",
          "[runtime][poison]") {
  const auto e
    = GENERATE(effect::read_only, effect::idempotent, effect::reconcilable);
  const auto store = left_by_death(e);
  auto w = watch{store.get(), 1s};
  auto it = life{store, w, e};
  it.pass(1min);
  CHECK(w.most == 1);
  CHECK(w.remembered
        == std::set<std::string>{"run 1 step 1", "run 2 step 1", "run 3 step 1",
                                 "run 4 step 1"});
  CHECK(store->remembered().empty());
  for (auto i = run_number{1}; i <= runs; ++i)
    CHECK(store->find_run(i)->state == run_state::completed);
}

TEST_CASE("that an attempt did not happen does not clear its suspect",
          "[runtime][poison]") {
  const auto store = left_by_death(effect::reconcilable);
  auto w = watch{store.get(), 10h};
  auto it = life{store, w, effect::reconcilable};
  it.pass(1min);
  charge_deaths(*store, system_clock().now());
  CHECK(death_of(*store, 1) == R"({"alone":true})");
  CHECK(death_of(*store, 2) == R"({"alone":false})");
}

TEST_CASE("who waits for its turn says so", "[runtime][poison]") {
  const auto store = left_by_death(effect::idempotent);
  auto w = watch{store.get(), 1h};
  auto it = life{store, w, effect::idempotent};
  it.pass(1s);
  const auto in_line = [&] {
    auto rows = store->list_runs({.states = {run_state::waiting}});
    std::erase_if(rows, [](const run_row& x) {
      return x.waiting_for != "its turn: the process may have died of work";
    });
    return rows.size();
  };
  CHECK(in_line() == 3);
  it.pass(1h);
  CHECK(in_line() == 2);
  it.pass(4h);
  CHECK(in_line() == 0);
  CHECK(store->list_runs({.states = {run_state::completed}}).size() == runs);
}

TEST_CASE("a death counts against the suspect whose turn it was",
          "[runtime][poison]") {
  const auto store = left_by_death(effect::idempotent);
  store->remember(to_text({2, "1"}));
  charge_deaths(*store, system_clock().now());
  CHECK(death_of(*store, 1) == R"({"alone":false})");
  CHECK(death_of(*store, 2) == R"({"alone":true})");
  CHECK(death_of(*store, 3) == R"({"alone":false})");
}

// -- recovery -----------------------------------------------------------------

namespace {

task<json> naps(agent_context& ctx, value) {
  co_await ctx.sleep_for(1s);
  co_return json("rested");
}

} // namespace

TEST_CASE("code that may have been given what it waited for is charged",
          "[runtime][poison]") {
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  auto rt = runtime{config{.store = store, .virtual_seed = 3}};
  rt.add(agent{"naps", "1", naps});
  rt.start();
  auto sim = fabric::simulation{rt.actors()};
  sim.advance(1ms);
  rt.submit({.agent = "naps"}, [](const run_row&) {});
  sim.advance(1ms);
  const auto before = store->prefix(99);
  const auto due = *before->find_run(1)->next_at;
  charge_deaths(*before, due - 1ms);
  CHECK(death_of(*before, 1).empty());
  charge_deaths(*before, due);
  CHECK(death_of(*before, 1) == R"({"alone":false})");
}

TEST_CASE("a run that has children is looked at, whatever it sleeps for",
          "[runtime]") {
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  auto w = watch{store.get(), 50h};
  auto it = life{store, w, effect::idempotent};
  it.rt.submit({.agent = "waits_for_child"}, [](const run_row&) {});
  it.pass(1s);
  REQUIRE(store->find_run(1)->next_at.has_value());
  const auto plan = plan_recovery(*store, it.rt.actors().clock().now(),
                                  [](const run_row&) { return true; });
  CHECK(plan.sleeping.empty());
  CHECK(std::ranges::count(plan.resume, run_number{1}) == 1);
}
