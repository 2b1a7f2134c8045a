#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/runtime/tree_tickets.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

using namespace stanchion;

namespace {

/// Whether agents and tools behave; shared by the lives of a process.
struct conditions {
  bool mended = false;
  int written = 0;
};

/// One life of a process, in virtual time, over a store that outlives it.
struct life {
  life(std::shared_ptr<memory_store> in, conditions& c, bool has_agent = true)
    : store(std::move(in)), rt(config{.store = store, .virtual_seed = 7}) {
    rt.add(tool{"write", effect::idempotent,
                [&c](const value&, tool_context&) -> json {
                  ++c.written;
                  return json(c.written);
                }}
             .input(any())
             .output(any())
             .run_inline());
    if (has_agent)
      rt.add(agent{"shaky", "1",
                   [&c](agent_context& ctx, value input) -> task<json> {
                     if (input["crashes"].as_bool() && !c.mended)
                       throw std::runtime_error{"no"};
                     co_await ctx.sleep_for(10min);
                     auto x = co_await ctx.call("write");
                     co_return x.get();
                   }}
               .restarts(0, 1min)
               .backoff(0s));
    rt.start();
    sim.emplace(rt.actors());
    sim->run();
  }

  run_row submit(bool crashes) {
    rt.submit({.agent = "shaky", .input = args("crashes", crashes)},
              [](const run_row&) {});
    sim->run();
    return store->find_run(store->last_run()).value();
  }
  void stop_the_agent() {
    for (auto i = 0; i < 6; ++i)
      submit(true);
    sim->advance(1s);
  }
  void decide_restart(const ticket& t) {
    auto said = std::optional<bool>{};
    rt.decide({.ticket = t.id, .verb = verb::restart, .by = "ann"},
              [&said](const std::variant<ticket, error>& x) {
                said = std::holds_alternative<ticket>(x);
              });
    sim->run();
    REQUIRE(said == true);
  }
  [[nodiscard]] std::vector<ticket> tickets(std::vector<ticket_state> states
                                            = {ticket_state::open}) const {
    return store->list_tickets(
      {.states = std::move(states), .limit = 100, .tree = true});
  }
  [[nodiscard]] std::string state(const run_row& x) const {
    return std::string{to_string(store->find_run(x.number)->state)};
  }
  [[nodiscard]] error_code refusal(const std::string& agent) {
    try {
      rt.submit({.agent = agent}, [](const run_row&) {});
    } catch (const error& e) {
      return e.code();
    }
    return {};
  }

  std::shared_ptr<memory_store> store;
  runtime rt;
  std::optional<fabric::simulation> sim;
};

struct fixture {
  std::shared_ptr<memory_store> store = make_memory_store();
  conditions how;
};

/// As a guard keeps it that was isolated.
void isolate_write(store& in) {
  auto b = breaker{};
  static_cast<void>(b.isolate(instant{5s}));
  auto x = batch{};
  x.facts.push_back({breaker_fact("write"), b.to_text()});
  const auto* p = &x;
  REQUIRE(in.commit({&p, 1}) == commit_status::done);
}

} // namespace

TEST_CASE("a ticket of the tree says what it is about", "[runtime][tree]") {
  const auto [t, part, name] = GENERATE(table<ticket, tree_part, std::string>({
    {root_ticket({}, {}), tree_part::root, ""},
    {agent_ticket("root", {1, 2}, {}), tree_part::agent, "root"},
    {tool_ticket("pay", {}, "hangs"), tree_part::tool, "pay"},
    {version_ticket("a", "1", 3, {}), tree_part::version, "a@1"},
    {ticket{.id = "T", .run = 1, .group = "stopped:a"}, tree_part::other, ""},
  }));
  CHECK((subject_of(t) == tree_subject{part, name}));
}

TEST_CASE_METHOD(fixture,
                 "an agent that was stopped starts again, and its "
                 "runs go on, when a person says restart",
                 "[runtime][tree]") {
  auto now = life{store, how};
  const auto sound = now.submit(false);
  now.stop_the_agent();
  REQUIRE(now.tickets().size() == 1);
  const auto t = now.tickets()[0];
  CHECK_THAT(t.title, ContainsSubstring("agent shaky was stopped"));
  CHECK(now.rt.leaves_alone(*store->find_run(sound.number)));
  CHECK(now.refusal("shaky") == error_code::run_conflict);
  now.sim->advance(1h);
  CHECK(now.state(sound) != "completed");

  how.mended = true;
  now.decide_restart(t);
  now.sim->advance(1h);
  CHECK(now.state(sound) == "completed");
  CHECK_FALSE(now.rt.leaves_alone(*store->find_run(sound.number)));
  const auto fresh = now.submit(true);
  now.sim->advance(1h);
  CHECK(now.state(fresh) == "completed");
}

TEST_CASE_METHOD(fixture,
                 "an agent that was stopped starts with the next "
                 "process, and its ticket says so",
                 "[runtime][tree]") {
  {
    auto first = life{store, how};
    first.stop_the_agent();
    REQUIRE(first.tickets().size() == 1);
  }
  how.mended = true;
  auto now = life{store, how};
  CHECK(now.tickets().empty());
  const auto t = now.tickets({ticket_state::withdrawn}).at(0);
  CHECK_THAT(t.context, ContainsSubstring("started again with the program"));
  const auto fresh = now.submit(true);
  now.sim->advance(1h);
  CHECK(now.state(fresh) == "completed");
}

TEST_CASE_METHOD(fixture,
                 "an isolated tool stays so over restarts, with one "
                 "ticket, until a person says restart",
                 "[runtime][tree]") {
  isolate_write(*store);
  {
    auto first = life{store, how};
    REQUIRE(first.tickets().size() == 1);
  }
  auto now = life{store, how};
  REQUIRE(now.tickets().size() == 1);
  const auto t = now.tickets()[0];
  CHECK_THAT(t.title, ContainsSubstring("tool write is isolated"));
  const auto before = now.submit(false);
  now.sim->advance(10min);
  CHECK(now.state(before) == "parked");

  now.decide_restart(t);
  CHECK(store->find_fact(breaker_fact("write")).empty());
  const auto after = now.submit(false);
  now.sim->advance(10min);
  CHECK(now.state(after) == "completed");
}

TEST_CASE_METHOD(fixture,
                 "a decision to let a tool go on that a process died "
                 "of counts in the next one",
                 "[runtime][tree]") {
  isolate_write(*store);
  {
    auto first = life{store, how};
    auto b = batch{};
    b.tickets = first.tickets();
    REQUIRE(b.tickets.size() == 1);
    b.tickets[0].state = ticket_state::decided;
    b.tickets[0].decided = decision{.verb = verb::restart, .by = "ann"};
    const auto* p = &b;
    REQUIRE(store->commit({&p, 1}) == commit_status::done);
  }
  auto now = life{store, how};
  CHECK(now.tickets().empty());
  CHECK(store->find_fact(breaker_fact("write")).empty());
}

TEST_CASE_METHOD(fixture,
                 "the ticket of a missing version is withdrawn when "
                 "the version is back, and opened when it is missing "
                 "again",
                 "[runtime][tree]") {
  {
    auto first = life{store, how};
    first.submit(false);
  }
  {
    const auto without = life{store, how, false};
    REQUIRE(without.tickets().size() == 1);
  }
  {
    const auto with = life{store, how};
    CHECK(with.tickets().empty());
  }
  const auto again = life{store, how, false};
  REQUIRE(again.tickets().size() == 1);
  CHECK(again.tickets()[0].version == 2);
}

TEST_CASE_METHOD(fixture, "a team may be named like a part of the runtime",
                 "[runtime][tree]") {
  auto rt = runtime{config{.store = store, .virtual_seed = 7}};
  rt.add(supervisor{"journal", strategy::one_for_one}.child(
    agent{"a", "1", [](agent_context& ctx, value) -> task<json> {
            co_await ctx.sleep_for(1s);
            co_return json("done");
          }}));
  rt.start();
  auto sim = fabric::simulation{rt.actors()};
  sim.run();
  rt.submit({.agent = "a"}, [](const run_row&) {});
  sim.advance(2s);
  CHECK(store->find_run(1)->state == run_state::completed);
}
