#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Calls `work` as often as its input says.
task<json> works(agent_context& ctx, value times) {
  auto done = std::int64_t{0};
  for (; done < times.as_int(); ++done)
    co_await ctx.call("work");
  co_return json(done);
}

task<json> sleeps(agent_context& ctx, value) {
  co_await ctx.sleep_for(100h);
  co_return json("slept");
}

task<json> asks_then_sleeps(agent_context& ctx, value) {
  co_await ctx.escalate(park_reason::requires_human, "well?");
  co_await ctx.sleep_for(30min);
  co_return json("slept");
}

task<json> spawns_sleeper(agent_context& ctx, value) {
  auto child = co_await ctx.spawn("sleeps", args());
  auto x = co_await child.settled();
  co_return json(x.state());
}

task<json> carries_on(agent_context& ctx, value left) {
  co_await ctx.call("work");
  const auto next = value{left.as_int() - 1};
  if (left.as_int() > 0)
    co_await ctx.continue_as_new(next);
  co_return json("done");
}

/// One life of a program on `store`.
struct life {
  explicit life(std::shared_ptr<memory_store> s, const agent& a,
                effect e = effect::idempotent)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(tool{
      "work", e,
      [this](const value&, tool_context& call) -> json {
        ++attempts;
        deadline = call.deadline;
        if (failing)
          throw tool_error{failure_kind::network, side_effect::none, "down"};
        return 1;
      }}.input(any())
             .output(any())
             .retry({.max_attempts = 10, .backoff = {.first = 1s, .cap = 1s}})
             .run_inline());
    rt.add(a);
    if (a.name() != "sleeps")
      rt.add(agent{"sleeps", "1", sleeps});
    rt.events().subscribe([this](const event& x) { low.push_back(x.fields); },
                          {event_kind::budget_low});
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(const submission& x) {
    return test::submit(rt, x, 1ms);
  }
  run_row row(const run_id& id) {
    return *store->find_run(id);
  }
  ticket only_ticket() {
    return test::only_ticket(*store);
  }
  void decide(verb said, const std::string& payload = {}) {
    decide_only(rt, said, payload, 1ms);
  }

  std::shared_ptr<memory_store> store;
  int attempts = 0;
  bool failing = false;
  instant deadline;
  std::vector<std::string> low;
  runtime rt;
};

} // namespace

TEST_CASE("a run that wants more steps than it may is parked until extended",
          "[runtime][budget]") {
  auto it = life{new_store(), agent{"works", "1", works}.max_steps(5)};
  const auto id = it.submit({.agent = "works", .input = value{7}});
  it.pass(1s);
  CHECK(it.attempts == 5);
  CHECK(it.row(id).state == run_state::parked);
  const auto t = it.only_ticket();
  CHECK(t.reason == park_reason::step_limit);
  CHECK(t.options == std::vector{verb::extend, verb::abort});
  REQUIRE(it.low.size() == 1);
  CHECK_THAT(it.low.front(), ContainsSubstring(R"("used":4)"));
  it.decide(verb::extend, R"({"steps": 1})");
  CHECK(it.attempts == 6);
  it.decide(verb::extend); // as much again
  CHECK(it.row(id).state == run_state::completed);
  CHECK(it.attempts == 7);
}

TEST_CASE("what is left of a budget survives the process",
          "[runtime][budget]") {
  const auto store = new_store();
  const auto program = agent{"works", "1", works}.max_steps(3);
  auto id = run_id{};
  {
    auto it = life{store, program};
    id = it.submit({.agent = "works", .input = value{4}});
    it.pass(1s);
    CHECK(it.attempts == 3);
  }
  {
    auto it = life{store, program};
    it.pass(1s);
    CHECK(it.attempts == 0);
    CHECK(it.row(id).state == run_state::parked);
    it.decide(verb::extend, R"({"steps": 1})");
    CHECK(it.row(id).state == run_state::completed);
    CHECK(it.attempts == 1);
  }
}

TEST_CASE("a process that dies between the step too many and the park parks it "
          "all the same",
          "[runtime][budget]") {
  const auto whole = new_store();
  const auto program = agent{"works", "1", works}.max_steps(1);
  {
    auto it = life{whole, program};
    static_cast<void>(it.submit({.agent = "works", .input = value{2}}));
    it.pass(1s);
  }
  const auto all = whole->records_in_order();
  const auto parked = std::find_if(all.begin(), all.end(), [](const record& r) {
    return r.kind == record_kind::parked;
  });
  REQUIRE(parked != all.end());
  auto cut = std::shared_ptr<memory_store>{
    whole->prefix(static_cast<std::size_t>(parked - all.begin()))};
  auto it = life{cut, program};
  it.pass(1s);
  CHECK(it.attempts == 0);
  CHECK(it.only_ticket().reason == park_reason::step_limit);
}

TEST_CASE("the attempts of all calls together come out of one budget",
          "[runtime][budget]") {
  const auto e = GENERATE(effect::read_only, effect::idempotent);
  auto it = life{new_store(), agent{"works", "1", works}.max_attempts(4), e};
  it.failing = e == effect::idempotent;
  const auto id = it.submit({.agent = "works", .input = value{6}});
  it.pass(1min);
  CHECK(it.attempts == 4);
  CHECK(it.row(id).state == run_state::parked);
  CHECK(it.only_ticket().reason == park_reason::budget_exhausted);
  it.failing = false;
  it.decide(verb::extend, R"({"attempts": 100})");
  it.pass(1min);
  CHECK(it.row(id).state == run_state::completed);
}

TEST_CASE("a run past its deadline is parked, wherever it waits",
          "[runtime][budget]") {
  auto it = life{
    new_store(),
    agent{"sleeps", "1", sleeps}.deadline(10h).evict_after(GENERATE(1h, 20h))};
  const auto id = it.submit({.agent = "sleeps"});
  it.pass(9h);
  CHECK(it.row(id).state == run_state::waiting);
  it.pass(1h);
  REQUIRE(it.row(id).state == run_state::parked);
  CHECK(it.only_ticket().reason == park_reason::deadline_exceeded);
  it.decide(verb::extend, R"({"seconds": 360000})");
  it.pass(91h);
  CHECK(it.row(id).state == run_state::completed);
}

TEST_CASE("a deadline that passed while no process was there parks the run",
          "[runtime][budget]") {
  const auto store = new_store();
  const auto program = agent{"sleeps", "1", sleeps}.deadline(1h);
  auto id = run_id{};
  {
    auto it = life{store, program};
    id = it.submit({.agent = "sleeps"});
  }
  auto it = life{store, program};
  it.pass(2h);
  CHECK(it.row(id).state == run_state::parked);
}

TEST_CASE("a deadline stands still while a run waits for a person",
          "[runtime][budget]") {
  auto it
    = life{new_store(), agent{"asks", "1", asks_then_sleeps}.deadline(1h)};
  const auto id = it.submit({.agent = "asks"});
  it.pass(20h);
  CHECK(it.row(id).state == run_state::parked);
  CHECK(it.only_ticket().reason == park_reason::requires_human);
  it.decide(verb::answer, "1");
  it.pass(31min);
  CHECK(it.row(id).state == run_state::completed);
}

TEST_CASE("a child has no more time than its parent has left",
          "[runtime][budget]") {
  auto it
    = life{new_store(), agent{"spawns", "1", spawns_sleeper}.deadline(2h)};
  static_cast<void>(it.submit({.agent = "spawns"}));
  it.pass(2h);
  const auto rows = it.store->list_runs({});
  REQUIRE(rows.size() == 2);
  for (const auto& x : rows)
    CHECK(x.state == run_state::parked);
}

TEST_CASE("a tool hears of the run's deadline when that is nearer",
          "[runtime][budget]") {
  auto it = life{new_store(), agent{"works", "1", works}.deadline(2s)};
  static_cast<void>(it.submit({.agent = "works", .input = value{1}}));
  it.pass(1ms);
  REQUIRE(it.attempts == 1);
  CHECK(it.deadline - it.rt.actors().clock().now() <= 2s);
}

TEST_CASE("no attempt is waited for that would begin past the deadline",
          "[runtime][budget]") {
  auto it = life{new_store(), agent{"works", "1", works}.deadline(100ms),
                 effect::read_only};
  it.failing = true;
  const auto id = it.submit({.agent = "works", .input = value{1}});
  it.pass(1min);
  const auto row = it.row(id);
  CHECK(row.state == run_state::parked);
  for (const auto& r : it.store->read(row.number, 0))
    if (r.kind == record_kind::attempt)
      CHECK(r.at <= row.created + 100ms); // the backoff is up to a second
}

TEST_CASE("a run that carries on as new has what the old one left",
          "[runtime][budget]") {
  auto it = life{new_store(), agent{"carries", "1", carries_on}.deadline(1h)};
  static_cast<void>(
    it.submit({.agent = "carries", .input = value{1}, .limits = {.steps = 3}}));
  it.pass(1s);
  // Two steps each: the second run wants none that it may not.
  const auto rows = it.store->list_runs({});
  REQUIRE(rows.size() == 2);
  CHECK(rows.front().state == run_state::completed);
  CHECK(it.attempts == 2);
}

TEST_CASE("limits of nothing are refused before anything runs",
          "[runtime][budget]") {
  auto it = life{new_store(), agent{"works", "1", works}};
  CHECK_THROWS_WITH(it.rt.submit({.agent = "works", .limits = {.steps = 0}},
                                 [](const run_row&) {}),
                    ContainsSubstring("steps"));
  auto rt = runtime{config{.store = new_store(), .virtual_seed = 1}};
  CHECK_THROWS_WITH(rt.add(agent{"a", "1", works}.deadline(0s)),
                    ContainsSubstring("time"));
}

// -- what calls cost ----------------------------------------------------------

namespace {

/// A life whose tool may cost ten tokens an attempt, and costs `real`.
struct costly {
  explicit costly(std::shared_ptr<memory_store> s, const agent& a,
                  effect e = effect::read_only)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(tool{"work", e,
                [this](const value&, tool_context& call) -> json {
                  ++attempts;
                  if (real)
                    call.spent({.tokens = *real, .cost = 2 * *real});
                  if (failing)
                    throw tool_error{*failing};
                  return 1;
                }}
             .input(any())
             .output(any())
             .retry({.max_attempts = 2, .backoff = {.first = 1s, .cap = 1s}})
             .costs([this](const value&) {
               if (priceless)
                 throw std::runtime_error{"no list"};
               return spending{.tokens = 10, .cost = 20};
             })
             .run_inline());
    rt.add(a);
    if (a.name() != "works")
      rt.add(agent{"works", "1", works});
    rt.events().subscribe([this](const event& x) { low.push_back(x.fields); },
                          {event_kind::budget_low});
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(const std::string& name, const value& times) {
    return test::submit(rt, {.agent = name, .input = times}, 1min);
  }
  run_state state(const run_id& id) {
    return store->find_run(id)->state;
  }

  std::shared_ptr<memory_store> store;
  std::optional<std::uint64_t> real;
  std::optional<failure> failing;
  bool priceless = false;
  int attempts = 0;
  std::vector<std::string> low;
  runtime rt;
};

task<json> shares(agent_context& ctx, value times) {
  auto first = co_await ctx.spawn("works", times);
  co_await first.result();
  auto second = co_await ctx.spawn("works", times);
  auto end = co_await second.settled();
  co_return json(end.state());
}

} // namespace

TEST_CASE("what an attempt may cost is set aside, and what it did cost counts",
          "[runtime][budget]") {
  auto it = costly{new_store(), agent{"works", "1", works}.max_tokens(50)};
  SECTION("as was set aside where the tool does not say") {
    const auto id = it.submit("works", 6);
    CHECK(it.attempts == 5);
    CHECK(it.state(id) == run_state::parked);
  }
  SECTION("as the tool says, if that is less") {
    it.real = 2;
    const auto id = it.submit("works", 100);
    CHECK(it.attempts == 21); // 40 spent; with 42, ten more do not fit
    CHECK(it.state(id) == run_state::parked);
    const auto open = it.store->list_tickets({});
    CHECK(open.front().reason == park_reason::budget_exhausted);
    CHECK_THAT(open.front().title, ContainsSubstring("42 of 50"));
    REQUIRE_FALSE(it.low.empty());
    CHECK_THAT(it.low.front(), ContainsSubstring(R"("limit":"tokens")"));
  }
  SECTION("as the tool says, if that is more") {
    it.real = 30;
    const auto id = it.submit("works", 6);
    CHECK(it.attempts == 2);
    CHECK(it.state(id) == run_state::parked);
  }
}

TEST_CASE("an attempt that never began costs nothing, an unknown one what was "
          "set aside",
          "[runtime][budget]") {
  const auto effect = GENERATE(side_effect::not_started, side_effect::unknown);
  auto it = costly{new_store(), agent{"works", "1", works}.max_cost(100),
                   effect::idempotent};
  it.failing
    = failure{.kind = failure_kind::network, .effect = effect, .message = "?"};
  const auto id = it.submit("works", 1);
  const auto past = history{it.store->read(it.store->find_run(id)->number, 0)};
  CHECK(it.attempts == 2);
  CHECK(past.spent.cost == (effect == side_effect::unknown ? 40 : 0));
}

TEST_CASE("what calls have cost outlives the process, and extend adds to it",
          "[runtime][budget]") {
  const auto store = new_store();
  const auto program = agent{"works", "1", works}.max_tokens(30);
  auto id = run_id{};
  {
    auto it = costly{store, program};
    id = it.submit("works", 4);
    CHECK(it.attempts == 3);
  }
  auto it = costly{store, program};
  it.pass(1s);
  CHECK(it.attempts == 0);
  decide_only(it.rt, verb::extend, R"({"tokens": 10})");
  CHECK(it.attempts == 1);
  CHECK(it.state(id) == run_state::completed);
}

TEST_CASE("a call of which nobody can say what it costs fails, and only it",
          "[runtime][budget]") {
  auto it = costly{new_store(), agent{"works", "1", works}.max_tokens(50)};
  it.priceless = true;
  const auto id = it.submit("works", 1);
  CHECK(it.attempts == 0);
  REQUIRE(it.state(id) == run_state::parked);
  CHECK_THAT(it.store->list_tickets({}).front().title,
             ContainsSubstring("nobody can say what the call costs"));
}

TEST_CASE("children spend what their parent has left", "[runtime][budget]") {
  auto it = costly{new_store(), agent{"shares", "1", shares}.max_tokens(50)};
  const auto id = it.submit("shares", 3); // 30, of 50; then 20 of 30
  CHECK(it.attempts == 5);
  CHECK(it.rt.result(id).get() == "parked");
}
