#include "support/catch.hpp"
#include "support/newest.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <functional>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> plans(agent_context& ctx, value plan) {
  auto said = co_await ctx.approve(plan);
  co_return args("plan", said["plan"], "by", said["by"]);
}

task<json> wonders(agent_context& ctx, value form) {
  auto said = co_await ctx.question("how many?", form);
  co_return args("said", said);
}

task<json> listens(agent_context& ctx, value) {
  auto first = co_await ctx.signal("go");
  auto second = co_await ctx.signal("go");
  co_return args("first", first, "second", second);
}

task<json> listens_a_while(agent_context& ctx, value) {
  auto what = std::string{"nothing"};
  auto done = co_await ctx.race(ctx.sleep_for(2h), ctx.signal("go"));
  if (done.index() == 1)
    what = "signal";
  auto next = co_await ctx.signal("go");
  co_return args("first", what, "next", next);
}

task<json> gives_up(agent_context& ctx, value) {
  co_await ctx.signal("go", 1h);
  co_return json("heard");
}

task<json> renews(agent_context& ctx, value left) {
  const auto next = value{left.as_int() - 1};
  co_await ctx.sleep_for(1h);
  if (left.as_int() > 0)
    co_await ctx.continue_as_new(next);
  auto x = co_await ctx.signal("go");
  co_return args("heard", x);
}

task<json> counts(agent_context& ctx, value) {
  const auto before = ctx.remaining_budget();
  co_await ctx.call("work");
  co_await ctx.sleep_for(10min);
  const auto after = ctx.remaining_budget();
  co_await ctx.escalate(park_reason::requires_human, "well?");
  const auto at_last = ctx.remaining_budget();
  co_return args("before", before.steps.value_or(0), "after",
                 after.steps.value_or(0), "attempts",
                 after.attempts.value_or(0), "minutes",
                 std::chrono::duration_cast<std::chrono::minutes>(
                   at_last.time.value_or(duration{}))
                   .count());
}

/// One life of a program on `store`.
struct life {
  explicit life(std::shared_ptr<memory_store> s)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(tool{"work", effect::read_only,
                [](const value&, tool_context&) -> json { return 1; }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(agent{"plans", "1", plans});
    rt.add(agent{"wonders", "1", wonders});
    rt.add(agent{"listens", "1", listens});
    rt.add(agent{"listens a while", "1", listens_a_while});
    rt.add(agent{"gives up", "1", gives_up}.on_unhandled(on_unhandled::fail));
    rt.add(agent{"renews", "1", renews});
    rt.add(
      agent{"counts", "1", counts}.max_steps(9).max_attempts(5).deadline(1h));
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id start(const std::string& agent, const value& input = {}) {
    return test::submit(rt, {.agent = agent, .input = input}, 1ms);
  }
  bool signal(const std::string& id, const value& x,
              const std::string& name = "go") {
    auto taken = false;
    rt.signal(last().id, {.name = name, .id = id, .content = x, .by = "ann"},
              [&taken](bool yes) { taken = yes; });
    pass(1ms);
    return taken;
  }
  run_row last() {
    return store->list_runs({}).at(0);
  }
  std::string result() {
    return newest_result(rt);
  }

  std::shared_ptr<memory_store> store;
  runtime rt;
};

} // namespace

TEST_CASE("people see a plan as it is, and the agent what they made of it",
          "[runtime][people]") {
  auto it = life{new_store()};
  it.start("plans", args("cut", 3));
  const auto t = only_ticket(*it.store);
  CHECK(t.kind == ticket_kind::approval);
  CHECK(t.terms.digest == to_string(sha256(R"({"cut":3})")));
  SECTION("approved") {
    decide_only(it.rt, verb::approve);
    CHECK(it.result() == R"({"by":"ann","plan":{"cut":3}})");
  }
  SECTION("edited") {
    decide_only(it.rt, verb::edit, R"({"cut": 2})");
    CHECK(it.result() == R"({"by":"ann","plan":{"cut":2}})");
  }
  SECTION("rejected") {
    decide_only(it.rt, verb::reject);
    REQUIRE(it.last().state == run_state::failed);
    CHECK_THAT(to_string(it.rt.result(it.last().id).why()),
               ContainsSubstring("ann rejected it"));
  }
}

TEST_CASE("an answer must fit what was asked", "[runtime][people]") {
  auto it = life{new_store()};
  it.start("wonders", args("type", "integer", "minimum", 1));
  const auto t = only_ticket(*it.store);
  CHECK(t.kind == ticket_kind::question);
  CHECK(t.title == "how many?");
  auto refused = std::string{};
  it.rt.decide(
    {.ticket = t.id, .verb = verb::answer, .by = "ann", .payload = "\"many\""},
    [&refused](const std::variant<ticket, error>& x) {
      if (const auto* why = std::get_if<error>(&x))
        refused = why->what();
    });
  it.pass(1ms);
  CHECK_THAT(refused, ContainsSubstring("does not fit"));
  decide_only(it.rt, verb::answer, "3");
  CHECK(it.result() == R"({"said":3})");
}

TEST_CASE("what is no schema is no question", "[runtime][people]") {
  auto it = life{new_store()};
  it.start("wonders", args("type", 7));
  CHECK(it.last().state == run_state::failed);
}

TEST_CASE("signals wait for whoever asks, in order, each once",
          "[runtime][signals]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.start("listens");
    CHECK(first.last().waiting_for == "signal go");
    CHECK(first.signal("a", 1));
    CHECK(first.signal("a", 1)); // the sender did not hear
    CHECK(first.signal("x", 9, "other"));
    CHECK(first.result() == "waiting");
  }
  auto it = life{store};
  CHECK(it.signal("a", 1));
  CHECK(it.result() == "waiting");
  CHECK(it.signal("b", 2));
  CHECK(it.result() == R"({"first":1,"second":2})");
  CHECK_THROWS_AS(it.signal("c", 3), error);
}

TEST_CASE("signals that came early are kept", "[runtime][signals]") {
  auto store = new_store();
  auto it = life{store};
  it.start("listens");
  it.pass(10min); // it has left memory
  CHECK(it.signal("a", 1));
  it.pass(10min);
  CHECK(it.signal("b", 2));
  CHECK(it.result() == R"({"first":1,"second":2})");
}

TEST_CASE("nobody waits for a signal longer than said", "[runtime][signals]") {
  auto it = life{new_store()};
  it.start("gives up");
  it.pass(59min);
  CHECK(it.result() == "waiting");
  it.pass(1min);
  CHECK(it.result() == "failed");
  CHECK_THAT(to_string(it.rt.result(it.last().id).why()),
             ContainsSubstring("no signal go has come in time"));
}

TEST_CASE("a signal may win a race", "[runtime][signals]") {
  auto it = life{new_store()};
  it.start("listens a while");
  SECTION("and is used up then") {
    CHECK(it.signal("a", 1));
    CHECK(it.signal("b", 2));
    CHECK(it.result() == R"({"first":"signal","next":2})");
  }
  SECTION("or lose it, and is the next one's") {
    it.pass(2h);
    CHECK(it.signal("a", 1));
    CHECK(it.result() == R"({"first":"nothing","next":1})");
  }
}

TEST_CASE("what nobody took moves along with a run that carries on as new",
          "[runtime][signals]") {
  auto it = life{new_store()};
  it.start("renews", 1);
  CHECK(it.signal("a", 1));
  it.pass(2h);
  CHECK(it.store->list_runs({}).size() == 2);
  CHECK(it.result() == R"({"heard":1})");
}

TEST_CASE("a program knows what is left as of its last outcome, also again",
          "[runtime][budget]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.start("counts");
    first.pass(30min);
  }
  auto it = life{store};
  it.pass(10h); // people may take their time
  decide_only(it.rt, verb::answer, "1");
  CHECK(it.result() == R"({"after":7,"attempts":4,"before":9,"minutes":50})");
}
