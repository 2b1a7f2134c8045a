#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/operation.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Asks until the answer is another one; says from where, and what it was told.
task<json> insists(agent_context& ctx, value) {
  auto rungs = json::array();
  for (;;) {
    auto x = co_await ctx.call("look");
    if (const auto stuck = ctx.stuck())
      rungs.push_back(to_string(stuck->rung));
    if (x.get() != "nothing")
      co_return args("found", x.get(), "source", x.source(), "rungs", rungs);
  }
}

task<json> writes_eight(agent_context& ctx, value) {
  for (auto i = 0; i < 8; ++i)
    co_await ctx.call("write");
  co_return json("written");
}

task<json> waits_for_slow(agent_context& ctx, value) {
  auto x = co_await ctx.try_call("slow");
  co_return args("ok", x.ok());
}

struct life {
  life(const std::shared_ptr<memory_store>& s, const stuck_options& options,
       bool falls_back = false)
    : store(s), rt(config{.store = s, .virtual_seed = 9}) {
    auto look = tool{"look", effect::read_only,
                     [this](const value&, tool_context&) -> json {
                       ++looks;
                       return looks >= finds_at ? "it" : "nothing";
                     }};
    look.input(any()).output(any()).run_inline();
    if (falls_back)
      look.fallback(static_value("enough"));
    rt.add(look);
    rt.add(tool{"write", effect::idempotent,
                [this](const value&, tool_context&) -> json {
                  ++writes;
                  return nullptr;
                }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(agent{"writes", "1", writes_eight}.on_stuck(options));
    rt.add(tool{"slow", effect::read_only,
                [](tool_context& ctx, value) { return sleeps(ctx); }}
             .input(any())
             .output(any())
             .timeout(1h));
    rt.add(agent{"insists", "1", insists}.on_stuck(options));
    rt.add(agent{"waits", "1", waits_for_slow}.on_stuck(options));
    rt.events().subscribe([this](const event& x) { told.push_back(x.fields); },
                          {event_kind::run_stuck});
    rt.start();
    pass(1ms);
  }

  static task<json> sleeps(tool_context& ctx) {
    co_await ctx.sleep_for(50min);
    co_return json(1);
  }
  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(const std::string& agent) {
    return test::submit(rt, {.agent = agent});
  }
  run_state state(const run_id& id) {
    return store->find_run(id)->state;
  }
  ticket only_ticket() {
    return test::only_ticket(*store);
  }
  void decide(verb v, const std::string& payload = {}) {
    decide_only(rt, v, payload);
  }

  std::shared_ptr<memory_store> store;
  int looks = 0;
  int writes = 0;
  int finds_at = 1'000'000;
  std::vector<std::string> told;
  runtime rt;
};

const auto hint_then_person = stuck_options{
  .ladder = {stuck_rung::hint, stuck_rung::narrow, stuck_rung::escalate}};

} // namespace

TEST_CASE("an agent that goes in circles is told, then a person is",
          "[runtime][stuck]") {
  auto it = life{new_store(), hint_then_person};
  const auto id = it.submit("insists");
  REQUIRE(it.state(id) == run_state::parked);
  CHECK(it.looks == 6);
  CHECK(it.told.size() == 3);
  const auto t = it.only_ticket();
  CHECK(t.reason == park_reason::loop_detected);
  CHECK_THAT(t.title, ContainsSubstring("6 times in a row"));
  SECTION("who gives another result") {
    it.decide(verb::skip, "\"theirs\"");
    REQUIRE(it.state(id) == run_state::completed);
    const auto x = it.rt.result(id).get();
    CHECK(x["found"] == "theirs");
    CHECK(x["rungs"] == value{json{"hint", "narrow"}});
  }
  SECTION("who lets it go on, and is asked again only for a new circle") {
    it.decide(verb::retry);
    REQUIRE(it.state(id) == run_state::parked);
    CHECK(it.looks == 12); // the last one anew, and a whole ladder
  }
  SECTION("who lets it go on to something new") {
    it.finds_at = 8;
    it.decide(verb::retry);
    CHECK(it.state(id) == run_state::completed);
  }
}

TEST_CASE("a tool that leads nowhere is answered for by its fallback",
          "[runtime][stuck]") {
  auto it = life{new_store(), {}, true};
  const auto id = it.submit("insists");
  REQUIRE(it.state(id) == run_state::completed);
  CHECK(it.looks == 6); // hint, narrow, fallback; then it is not asked
  CHECK(it.rt.result(id).get()["source"] == "static");
}

TEST_CASE("what an agent was told is the same in every replay",
          "[runtime][stuck]") {
  const auto whole = new_store();
  {
    auto it = life{whole, {}, true};
    static_cast<void>(it.submit("insists"));
  }
  const auto count = whole->records_in_order().size();
  for (auto n = std::size_t{1}; n < count; ++n) {
    INFO("cut after record " << n);
    auto cut = std::shared_ptr<memory_store>{whole->prefix(n)};
    auto it = life{cut, {}, true};
    it.pass(10s);
    const auto row = cut->list_runs({}).front();
    REQUIRE(row.state == run_state::completed);
    const auto x = it.rt.result(row.id).get();
    CHECK(x["rungs"].get() == json{"hint", "narrow", "fallback"});
  }
}

TEST_CASE("a run that goes in circles may at last only propose",
          "[runtime][stuck]") {
  auto it = life{new_store(),
                 {.ladder = {stuck_rung::advisory, stuck_rung::escalate}}};
  const auto id = it.submit("writes");
  REQUIRE(it.state(id) == run_state::parked);
  const auto t = it.only_ticket();
  CHECK(t.kind == ticket_kind::approval);
  CHECK_THAT(t.title, ContainsSubstring("advisory by a rule"));
  CHECK(it.writes == 4);
}

TEST_CASE("what has been done is not done again because of a circle",
          "[runtime][stuck]") {
  auto it = life{new_store(), hint_then_person};
  const auto id = it.submit("writes");
  REQUIRE(it.state(id) == run_state::parked);
  CHECK(it.only_ticket().options == std::vector{verb::resume, verb::abort});
  const auto before = it.writes;
  it.decide(verb::resume);
  CHECK(it.state(id) == run_state::completed);
  CHECK(it.writes == before + 2); // it goes on with what it has
}

TEST_CASE("a run from which nothing comes is noticed, then a person's",
          "[runtime][stuck]") {
  auto it
    = life{new_store(),
           stuck_options{.silence = 1min,
                         .ladder = {stuck_rung::hint, stuck_rung::escalate}}};
  const auto id = it.submit("waits");
  it.pass(70s);
  CHECK(it.told.size() == 1);
  CHECK(it.state(id) == run_state::running);
  it.pass(1min);
  CHECK(it.state(id) == run_state::parked);
  CHECK(it.only_ticket().reason == park_reason::loop_detected);
}
