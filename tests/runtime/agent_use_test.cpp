#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/agent_use.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto t0 = instant{1'000'000s};

task<json> works(agent_context& ctx, value) {
  co_await ctx.call("look");
  co_return json("done");
}

/// One life of a program on `store`; its agent `works` makes a step and an
/// attempt a run, which costs 7 of the 10 that were set aside.
struct life {
  life(std::shared_ptr<memory_store> s, const agent_budget& most,
       const mode_rules& rules = {}, instant begin = config{}.virtual_start)
    : store(std::move(s)),
      rt(config{.store = store, .virtual_seed = 5, .virtual_start = begin}) {
    rt.add(tool{"look", effect::read_only,
                [](const value& x, tool_context& call) -> json {
                  call.spent({.cost = 7});
                  return x.get();
                }}
             .input(any())
             .output(any())
             .costs([](const value&) { return spending{.cost = 10}; })
             .run_inline());
    rt.add(agent{"works", "1", works}.modes(rules).spend_at_most(most));
    rt.events().subscribe([this](const event& x) { changes.push_back(x); },
                          {event_kind::mode_changed});
    rt.start();
    pass(rt, 1ms);
  }

  void work(int times) {
    for (auto i = 0; i < times; ++i)
      test::submit(rt, {.agent = "works"}, 1ms);
  }
  mode now_is() {
    return rt.mode_of("works").mode;
  }
  void raise() {
    rt.set_mode("works", {mode::autonomous, "ann", "looked"}, {});
    pass(rt, 1ms);
  }

  std::shared_ptr<memory_store> store;
  runtime rt;
  std::vector<event> changes;
};

record record_at(duration when, record_kind kind, const std::string& body,
                 const step_path& step = "1") {
  return {.run = 1, .kind = kind, .at = t0 + when, .step = step, .body = body};
}

} // namespace

TEST_CASE("what a run has used is read from its records", "[runtime][ledger]") {
  using k = record_kind;
  const auto records = std::vector<record>{
    record_at(0s, k::started, "{}", ""),
    record_at(1s, k::intent, "{}"),
    record_at(2s, k::attempt, R"({"n":1,"tokens":10})"),
    record_at(3s, k::spent, R"({"n":1,"tokens":4,"cost":2})"),
    record_at(4s, k::intent, "{}", "1~1"), // its own, not the program's
    record_at(5s, k::attempt, R"({"n":1})", "1~1"),
    record_at(6s, k::spent, R"({"n":0,"cost":99})", "2"), // a child's
  };
  auto total = agent_use{};
  for (const auto& [when, used] : use_in(records)) {
    CHECK(when > t0);
    total.steps += used.steps;
    total.attempts += used.attempts;
    total.tokens += used.tokens;
    total.cost += used.cost;
  }
  CHECK(total.steps == 1);
  CHECK(total.attempts == 2);
  CHECK(total.tokens == 4);
  CHECK(total.cost == 2);
}

TEST_CASE("an agent whose runs have used up what they share is lowered, once, "
          "with the figures",
          "[runtime][ledger]") {
  const auto [most, words] = GENERATE(table<agent_budget, const char*>({
    {{.steps = 3}, "its runs have used 3 of 3 steps within "},
    {{.attempts = 3}, "its runs have used 3 of 3 attempts within "},
    {{.cost = 21}, "its runs have used 21 of 21 cost within "},
  }));
  auto it = life{new_store(), most};
  it.work(2);
  CHECK(it.now_is() == mode::autonomous);
  it.work(3);
  CHECK(it.now_is() == mode::advisory);
  const auto setting = it.rt.mode_of("works");
  CHECK_THAT(setting.reason, StartsWith("its runs have used "));
  CHECK(setting.by == "the budget");
  REQUIRE(it.changes.size() == 1);
  if (!most.cost) // of which some is set aside for a moment
    CHECK_THAT(it.changes[0].fields, ContainsSubstring(words));
}

TEST_CASE("use that lies back longer than the window is no matter",
          "[runtime][ledger]") {
  auto it = life{new_store(), {.attempts = 3, .window = 1h}};
  it.work(2);
  pass(it.rt, 2h);
  it.work(2);
  CHECK(it.now_is() == mode::autonomous);
  it.work(1);
  CHECK(it.now_is() == mode::advisory);
}

TEST_CASE("what agents have used survives the process", "[runtime][ledger]") {
  const auto most
    = GENERATE(agent_budget{.steps = 3}, agent_budget{.attempts = 3},
               agent_budget{.cost = 21});
  const auto store = new_store();
  {
    auto it = life{store, most};
    it.work(2);
    CHECK(it.now_is() == mode::autonomous);
  }
  auto it = life{store, most};
  CHECK(it.now_is() == mode::autonomous);
  it.work(1);
  CHECK(it.now_is() == mode::advisory);
}

TEST_CASE("a process that dies before it lowers an agent does so when it is "
          "back",
          "[runtime][ledger]") {
  const auto store = new_store();
  {
    auto it = life{store, {.attempts = 100}};
    it.work(3);
  }
  auto it = life{store, {.attempts = 3}};
  CHECK(it.now_is() == mode::advisory);
}

TEST_CASE("only a person raises what the budget has lowered, and then it "
          "begins anew",
          "[runtime][ledger]") {
  const auto store = new_store();
  const auto rules = mode_rules{.recover_after_clean = 1};
  {
    auto it = life{store, {.attempts = 2, .window = 1h}, rules};
    it.work(2);
    REQUIRE(it.now_is() == mode::advisory);
    pass(it.rt, 2h);
    it.work(1);
    CHECK(it.now_is() == mode::advisory);
    it.raise();
    it.work(1);
    CHECK(it.now_is() == mode::autonomous);
  }
  // The process that takes over knows what a person has seen.
  auto it = life{store,
                 {.attempts = 2, .window = 1h},
                 rules,
                 config{}.virtual_start + 2h + 30min};
  CHECK(it.now_is() == mode::autonomous);
  it.work(1);
  CHECK(it.now_is() == mode::advisory);
}

TEST_CASE("a shared budget that limits nothing is refused",
          "[runtime][ledger]") {
  auto rt = runtime{config{.in_memory = true}};
  CHECK_THROWS_AS(
    rt.add(agent{"works", "1", works}.spend_at_most(agent_budget{})), error);
}
