#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/run/run.hpp>

#include <algorithm>
#include <set>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using texts = std::vector<std::string>;

outcome echo(const call_request& x, std::uint32_t) {
  return parse_json(x.arguments);
}

tool_script failing(failure_kind kind, side_effect effect) {
  return [=](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = kind, .effect = effect, .message = "no"}};
  };
}

task<json> three(agent_context& ctx, value input) {
  auto a = co_await ctx.call("look", args("n", input["n"]));
  auto b = co_await ctx.call("pay", args("n", a["n"].as_int() + 1));
  auto c = co_await ctx.call("once", args("n", b["n"].as_int() + 1));
  co_return args("n", c["n"]);
}

task<json> calls_once(agent_context& ctx, value) {
  auto x = co_await ctx.call("once", args("cents", 5));
  co_return x.get();
}

task<json> fan_out(agent_context& ctx, value input) {
  auto children = std::vector<child_result_operation>{};
  for (auto i = std::int64_t{0}; i < input["n"].as_int(); ++i) {
    auto child = co_await ctx.spawn("leaf", args("n", i));
    children.push_back(child.result());
  }
  auto results = co_await ctx.all(std::move(children), 0);
  auto sum = std::int64_t{0};
  for (const auto& x : results)
    sum += x["n"].as_int();
  co_return args("sum", sum);
}

task<json> leaf(agent_context& ctx, value input) {
  auto x = co_await ctx.call("pay", args("n", input["n"]));
  co_return args("n", x["n"]);
}

task<json> asks(agent_context& ctx, value) {
  auto answer = co_await ctx.escalate(park_reason::low_confidence,
                                      "Is it red or blue?", "red");
  co_return args("colour", answer, "source", answer.source());
}

task<value> asks_first(agent_context& ctx) {
  auto answer = co_await ctx.escalate(park_reason::low_confidence, "sure?");
  co_return answer;
}

struct world : run_world {
  using run_world::run_world;
  world() {
    equip();
  }
  void equip() {
    tool("look", effect::read_only, echo);
    tool("pay", effect::idempotent, echo);
    tool("once", effect::once, echo);
    agent({"three", "1", three});
    agent({"once", "1", calls_once});
    agent({"fan", "1", fan_out});
    agent({"leaf", "1", leaf});
    agent({"asks", "1", asks});
  }
};

} // namespace

TEST_CASE_METHOD(world, "a run calls its tools and completes", "[run]") {
  const auto n = submit("three", args("n", 1));
  CHECK(result(n) == R"({"n":3})");
  CHECK(kinds(n)
        == texts{"started", "intent", "attempt", "outcome", "intent", "attempt",
                 "outcome", "intent", "attempt", "outcome", "completed"});
  CHECK(runs.empty());
}

TEST_CASE_METHOD(world,
                 "an attempt at a tool that changes things is durable "
                 "before it leaves, with every outcome before it",
                 "[run][barrier]") {
  auto seen = std::vector<texts>{};
  tool("pay", effect::idempotent, [&](const call_request& x, std::uint32_t) {
    seen.push_back(kinds(x.key.run));
    return outcome{parse_json(x.arguments)};
  });
  submit("three", args("n", 1));
  REQUIRE(seen.size() == 1);
  CHECK(
    seen[0]
    == texts{"started", "intent", "attempt", "outcome", "intent", "attempt"});
}

TEST_CASE_METHOD(world, "a chain of effects costs one commit a step",
                 "[run][barrier]") {
  agent({"chain", "1", [](agent_context& ctx, value) -> task<json> {
           for (auto i = 0; i < 5; ++i)
             co_await ctx.call("once", args("i", i));
           co_return json{};
         }});
  const auto before = store->batch_ends().size();
  submit("chain");
  // Five attempts, and the end.
  CHECK(store->batch_ends().size() - before == 6);
}

TEST_CASE("the journal cut after every single record gives the same result",
          "[run][cut]") {
  auto reference = world{};
  REQUIRE(reference.result(reference.submit("three", args("n", 1)))
          == R"({"n":3})");
  const auto records = reference.store->records_in_order().size();
  for (auto cut = std::size_t{1}; cut <= records; ++cut) {
    auto w = run_world{
      std::shared_ptr<memory_store>{reference.store->prefix(cut)}, cut};
    w.tool("look", effect::read_only, echo);
    // What was attempted before the cut says since when.
    w.tool("pay", effect::idempotent,
           [](const call_request& x, std::uint32_t at) {
             CHECK(x.attempts.first.has_value() == (x.attempts.made > 0));
             return echo(x, at);
           });
    // Asked again for an attempt that is open it cannot know: the person says.
    w.tool("once", effect::once,
           [](const call_request& x, std::uint32_t) -> outcome {
             if (x.attempts.open)
               return failure{.kind = failure_kind::crashed,
                              .effect = side_effect::unknown};
             return parse_json(x.arguments);
           });
    w.agent({"three", "1", three});
    w.recover();
    if (w.state(1) == "parked")
      w.decide(1, verb::happened, R"({"n":3})");
    INFO("cut after record " << cut);
    CHECK(w.result(1) == R"({"n":3})");
    auto effects = std::multiset<std::string>{w.calls.begin(), w.calls.end()};
    CHECK(effects.count("1/3") <= 1);
  }
}

TEST_CASE_METHOD(world, "a run says what it waits for, after a restart as well",
                 "[run]") {
  auto [why, text] = GENERATE(table<wait_reason, const char*>({
    {wait_reason::backoff, "another try of look"},
    {wait_reason::breaker, "the breaker of look"},
    {wait_reason::rate, "the rate limit of look"},
    {wait_reason::place, "a free place at look"},
  }));
  auto again = false;
  const auto waits = [&again, name = to_string(why)](
                       const call_request& x, std::uint32_t at) -> outcome {
    if (std::exchange(again, true))
      return echo(x, at);
    return failure{.kind = failure_kind::timeout,
                   .effect = side_effect::none,
                   .code = std::string{name}};
  };
  tool("look", effect::read_only, waits);
  const auto n = submit("three", args("n", 1));
  CHECK(state(n) == "waiting");
  CHECK(row(n).waiting_for == text);
  const auto due = row(n).next_at;
  CHECK(due == sys.clock().now() + 20s);

  auto next = run_world{std::shared_ptr<memory_store>{
                          store->prefix(store->records_in_order().size())},
                        2};
  next.tool("look", effect::read_only, waits);
  next.agent({"three", "1", three});
  next.recover();
  CHECK(next.state(n) == "waiting");
  CHECK(next.row(n).waiting_for == text);
  CHECK(next.row(n).next_at == due);
}

TEST_CASE_METHOD(world, "an unknown tool fails the run's call, not the runtime",
                 "[run]") {
  agent({"odd", "1", [](agent_context& ctx, value) -> task<json> {
           auto x = co_await ctx.try_call("nowhere", args());
           co_return json(to_string(x.why()));
         }});
  const auto n = submit("odd");
  CHECK_THAT(result(n), ContainsSubstring("no tool named nowhere"));
}

TEST_CASE_METHOD(world, "an ambiguous once call parks with its evidence",
                 "[run][park]") {
  tool("once", effect::once,
       failing(failure_kind::crashed, side_effect::unknown));
  const auto n = submit("once");
  REQUIRE(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  const auto t = tickets()[0];
  CHECK(t.reason == park_reason::ambiguous_state);
  CHECK(t.step == "1");
  CHECK(t.options
        == std::vector{verb::happened, verb::did_not_happen, verb::abort});
  const auto context = json::parse(t.context);
  CHECK(context["failing_step"]["arguments"] == json{{"cents", 5}});
  CHECK(context["error"]["kind"] == "crashed");
  CHECK_THAT(row(n).waiting_for, ContainsSubstring(t.id));

  SECTION("a cancel waits until a person has said what became of it") {
    auto told = false;
    tell(n, fabric::message::of(
              cancel_run{"enough", "ann", [&told](bool x) { told = x; }}));
    CHECK(told);
    CHECK(tickets()[0].state == ticket_state::open);
    SECTION("in this life") {
      CHECK(state(n) == "parked");
      CHECK_THAT(row(n).waiting_for, ContainsSubstring("then it is cancelled"));
      decide(n, verb::happened, R"({"id":7})");
      CHECK(state(n) == "cancelled");
      CHECK(kinds(n).back() == "cancelled");
    }
    SECTION("and in the next") {
      auto next = world{std::shared_ptr<memory_store>{store->prefix(99)}};
      next.equip();
      next.recover();
      CHECK(next.state(n) == "parked");
      next.decide(n, verb::did_not_happen);
      CHECK(next.state(n) == "cancelled");
      CHECK(next.calls.empty());
    }
  }
  SECTION("it happened: the person's result counts") {
    decide(n, verb::happened, R"({"id":7})");
    CHECK(result(n) == R"({"id":7})");
    CHECK(calls.size() == 1);
  }
  SECTION("it did not happen: it is sent again") {
    auto made = std::uint32_t{99};
    tool("once", effect::once, [&](const call_request& x, std::uint32_t at) {
      made = x.attempts.made;
      return echo(x, at);
    });
    decide(n, verb::did_not_happen);
    CHECK(result(n) == R"({"cents":5})");
    CHECK(made == 0); // it starts afresh: nothing counts against it
    CHECK(calls.size() == 2);
  }
  SECTION("abort: the run is cancelled") {
    decide(n, verb::abort);
    CHECK(state(n) == "cancelled");
  }
}

TEST_CASE_METHOD(world,
                 "an unhandled failure parks, and a person may retry, "
                 "skip, edit or abort",
                 "[run][park]") {
  tool("pay", effect::idempotent,
       failing(failure_kind::http_4xx, side_effect::none));
  const auto n = submit("three", args("n", 1));
  REQUIRE(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  CHECK(tickets()[0].reason == park_reason::max_retries_exceeded);
  CHECK(tickets()[0].step == "2");
  SECTION("retry") {
    tool("pay", effect::idempotent, echo);
    decide(n, verb::retry);
    CHECK(result(n) == R"({"n":3})");
  }
  SECTION("a retry that fails again opens the ticket again") {
    decide(n, verb::retry);
    CHECK(state(n) == "parked");
    REQUIRE(tickets().size() == 1);
    CHECK(tickets()[0].version == 2);
  }
  SECTION("skip") {
    decide(n, verb::skip, R"({"n":10})");
    CHECK(result(n) == R"({"n":11})");
  }
  SECTION("edit sends the editor's arguments under a new key") {
    auto keys = texts{};
    tool("pay", effect::idempotent, [&](const call_request& x, std::uint32_t) {
      keys.push_back(idempotency_key(x.run, x.key.step, x.key.revision));
      return outcome{parse_json(x.arguments)};
    });
    decide(n, verb::edit, R"({"n":40})");
    CHECK(result(n) == R"({"n":41})");
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].substr(keys[0].size() - 4) == "/2/1");
  }
  SECTION("abort") {
    decide(n, verb::abort);
    CHECK(state(n) == "cancelled");
  }
}

TEST_CASE_METHOD(world, "a user-data failure fails the run", "[run]") {
  agent({"picky", "1", [](agent_context&, value input) -> task<json> {
           co_return json(input["missing"].as_int());
         }});
  const auto n = submit("picky", args("n", 1));
  CHECK(state(n) == "failed");
  CHECK_THAT(result(n), ContainsSubstring("/missing"));
}

TEST_CASE_METHOD(world,
                 "an agent that throws is restarted, replayed, and "
                 "parked when its budget is spent",
                 "[run][crash]") {
  auto starts = 0;
  agent({"bad", "1", [&starts](agent_context& ctx, value) -> task<json> {
           return [](agent_context& c, int& count) -> task<json> {
             co_await c.call("pay", args("n", 1));
             if (++count > 0)
               throw std::logic_error{"bug"};
             co_return json{};
           }(ctx, starts);
         }});
  const auto n = submit("bad");
  CHECK(state(n) == "parked");
  CHECK(starts == 4); // the first time and three restarts
  CHECK(calls.size() == 1);
  REQUIRE(tickets().size() == 1);
  CHECK(tickets()[0].reason == park_reason::restart_budget_spent);
  SECTION("retry gives it a fresh budget") {
    decide(n, verb::retry);
    CHECK(starts == 8);
    CHECK(state(n) == "parked");
  }
}

TEST_CASE_METHOD(world, "no other run is disturbed by one that crashes",
                 "[run][crash]") {
  agent({"bad", "1", [](agent_context&, value) -> task<json> {
           throw std::logic_error{"bug"};
           co_return json{};
         }});
  submit("bad");
  CHECK(result(submit("three", args("n", 1))) == R"({"n":3})");
}

TEST_CASE_METHOD(world,
                 "an escalation parks and the answer comes back with "
                 "its source",
                 "[run][park]") {
  const auto n = submit("asks");
  REQUIRE(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  CHECK(tickets()[0].title == "Is it red or blue?");
  CHECK(tickets()[0].options == std::vector{verb::answer, verb::abort});
  decide(n, verb::answer, R"("blue")");
  CHECK_THAT(result(n), ContainsSubstring(R"("colour":"blue")"));
  CHECK_THAT(result(n), ContainsSubstring("person:"));
}

TEST_CASE_METHOD(world, "children run, and their results come back in order",
                 "[run][child]") {
  const auto n = submit("fan", args("n", 5));
  CHECK(result(n) == R"({"sum":10})");
  CHECK(row(2).parent == n);
}

TEST_CASE_METHOD(world,
                 "a child that is spawned upon a person's word is driven",
                 "[run][child]") {
  agent({"boss", "1", [](agent_context& ctx, value) -> task<json> {
           auto n = co_await ctx.escalate(park_reason::requires_human, "n?");
           auto child = co_await ctx.spawn("leaf", args("n", n));
           auto x = co_await child.result();
           co_return x.get();
         }});
  const auto n = submit("boss");
  REQUIRE(state(n) == "parked");
  decide(n, verb::answer, "7");
  CHECK(result(n) == R"({"n":7})");
}

TEST_CASE("a parent and its children survive a cut after every record",
          "[run][child][cut]") {
  auto reference = world{};
  reference.submit("fan", args("n", 2));
  REQUIRE(reference.result(1) == R"({"sum":1})");
  const auto records = reference.store->records_in_order().size();
  for (auto cut = std::size_t{1}; cut <= records; ++cut) {
    auto w = run_world{
      std::shared_ptr<memory_store>{reference.store->prefix(cut)}, cut};
    w.tool("pay", effect::idempotent, echo);
    w.agent({"fan", "1", fan_out});
    w.agent({"leaf", "1", leaf});
    w.recover();
    INFO("cut after record " << cut);
    CHECK(w.result(1) == R"({"sum":1})");
    CHECK(w.store->last_run() == 3);
  }
}

TEST_CASE_METHOD(world, "settled returns when a child parks, result waits",
                 "[run][child]") {
  agent({"boss", "1", [](agent_context& ctx, value) -> task<json> {
           auto child = co_await ctx.spawn("asks", args());
           auto how = co_await child.settled();
           if (how.parked()) {
             auto late = co_await child.result();
             co_return args("first", how.state(), "then", late["colour"]);
           }
           co_return json("not parked");
         }});
  const auto n = submit("boss");
  CHECK(state(n) == "waiting");
  CHECK_THAT(row(n).waiting_for, ContainsSubstring("child"));
  decide(2, verb::answer, R"("red")");
  CHECK(result(n) == R"({"first":"parked","then":"red"})");
}

TEST_CASE_METHOD(world, "a timer fires at its instant, also in a new process",
                 "[run][timer]") {
  agent({"nap", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.sleep_for(3h);
           auto x = co_await ctx.call("pay", args("n", 1));
           co_return x.get();
         }});
  const auto n = submit("nap");
  CHECK(state(n) == "waiting");
  REQUIRE(row(n).next_at);
  CHECK(*row(n).next_at == sys.clock().now() + 3h);
  sim.advance(3h - 1s);
  CHECK(state(n) == "waiting");
  sim.advance(1s);
  CHECK(result(n) == R"({"n":1})");
}

TEST_CASE_METHOD(world, "a waiting run leaves memory and comes back",
                 "[run][evict]") {
  agent({"nap", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.call("pay", args("n", 0));
           co_await ctx.sleep_for(3h);
           co_return json("awake");
         }});
  const auto n = submit("nap");
  tell(n, fabric::message::of(evict_request{}));
  CHECK(runs.empty());
  CHECK(state(n) == "waiting");
  sim.advance(4h);
  CHECK(result(n) == R"("awake")");
  CHECK(calls.size() == 1);
}

TEST_CASE_METHOD(world, "a run with an open attempt is not evicted",
                 "[run][evict]") {
  tool("pay", effect::idempotent, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout, .message = "hang"}};
  });
  const auto n = submit("leaf", args("n", 1));
  tell(n, fabric::message::of(evict_request{}));
  CHECK(runs.size() == 1);
}

TEST_CASE_METHOD(world, "a cancelled run ends once its open attempt has",
                 "[run][cancel]") {
  agent({"nap", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.sleep_for(3h);
           co_return json{};
         }});
  const auto n = submit("nap");
  auto told = false;
  tell(n, fabric::message::of(
            cancel_run{"enough", "ann", [&told](bool x) { told = x; }}));
  CHECK(told);
  CHECK(state(n) == "cancelled");
  CHECK_THAT(result(n), ContainsSubstring("enough"));
}

TEST_CASE_METHOD(world,
                 "a cancelled run does not wait for a call that its guard gave "
                 "back and a race went on without",
                 "[run][cancel]") {
  tool("look", effect::read_only, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout,
                           .effect = side_effect::none,
                           .code = "breaker"}};
  });
  agent({"racer", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.race(ctx.call("look", args()), ctx.sleep_for(1s));
           co_await ctx.escalate(park_reason::requires_human, "?");
           co_return json{};
         }});
  const auto n = submit("racer");
  sim.advance(2s);
  REQUIRE(state(n) == "parked");
  tell(n, fabric::message::of(cancel_run{"enough", "ann", {}}));
  sim.advance(1s);
  CHECK(state(n) == "cancelled");
}

TEST_CASE_METHOD(world, "cancelling a parent cancels its children",
                 "[run][cancel]") {
  agent({"nap", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.sleep_for(3h);
           co_return json{};
         }});
  agent({"boss", "1", [](agent_context& ctx, value) -> task<json> {
           auto child = co_await ctx.spawn("nap", args());
           auto x = co_await child.result();
           co_return x.get();
         }});
  const auto n = submit("boss");
  tell(n, fabric::message::of(cancel_run{"enough", "ann", {}}));
  CHECK(state(n) == "cancelled");
  CHECK(state(2) == "cancelled");
}

TEST_CASE_METHOD(world,
                 "a program that no longer fits parks with both steps "
                 "shown, and resumes once it is mended",
                 "[run][nondeterminism]") {
  agent({"v", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.call("pay", args("n", 1));
           co_await ctx.sleep_for(1h);
           co_return json("good");
         }});
  const auto n = submit("v");
  tell(n, fabric::message::of(evict_request{}));
  const auto good = agents.at("v");
  agent({"v", "1", [](agent_context& ctx, value) -> task<json> {
           co_await ctx.call("look", args("n", 1));
           co_return json("bad");
         }});
  tell(n, fabric::message::of(run_woken{}));
  REQUIRE(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  CHECK(tickets()[0].reason == park_reason::nondeterminism);
  const auto evidence = json::parse(tickets()[0].context)["evidence"];
  CHECK_THAT(evidence["recorded"].get<std::string>(),
             ContainsSubstring("call pay"));
  CHECK_THAT(evidence["requested"].get<std::string>(),
             ContainsSubstring("call look"));
  tell(n, fabric::message::of(evict_request{}));
  agent(good);
  decide(n, verb::resume);
  sim.advance(2h);
  CHECK(result(n) == R"("good")");
}

TEST_CASE_METHOD(world,
                 "continue_as_new carries on under a new id in one "
                 "commit",
                 "[run][renewal]") {
  agent({"loop", "1", [](agent_context& ctx, value input) -> task<json> {
           if (input["left"].as_int() == 0)
             co_return json("done");
           co_await ctx.continue_as_new(
             args("left", input["left"].as_int() - 1));
           co_return json("unreachable");
         }});
  agent({"boss", "1", [](agent_context& ctx, value) -> task<json> {
           auto child = co_await ctx.spawn("loop", args("left", 2));
           auto x = co_await child.result();
           co_return x.get();
         }});
  const auto n = submit("boss");
  CHECK(state(2) == "continued");
  CHECK(state(3) == "continued");
  auto evidence = batch{};
  evidence.records.push_back({2, static_cast<std::uint32_t>(kinds(2).size()),
                              record_kind::late, sys.clock().now(), "1", "{}"});
  const auto* p = &evidence;
  REQUIRE(store->commit({&p, 1}) == commit_status::done);
  CHECK(present_run(*store, 2)->number == 4); // whatever comes after the end
  CHECK(result(4) == R"("done")");
  CHECK(result(n) == R"("done")");
}

TEST_CASE_METHOD(world, "an agent may escalate wherever it has come to",
                 "[run][park]") {
  agent({"helper", "1", [](agent_context& ctx, value) -> task<json> {
           auto x = co_await ctx.call("look", args("n", 1));
           auto answer = co_await asks_first(ctx);
           co_return args("looked", x, "answer", answer).get();
         }});
  agent(
    {"branch", "1", [](agent_context& ctx, value) -> task<json> {
       co_await ctx.call("look", args("n", 1));
       auto both
         = co_await ctx.all(ctx.escalate(park_reason::low_confidence, "sure?"),
                            ctx.call("pay", args("n", 2)));
       co_return args("answer", std::get<0>(both), "paid", std::get<1>(both))
         .get();
     }});
  const auto helper = submit("helper");
  REQUIRE(state(helper) == "parked");
  decide(helper, verb::answer, "7");
  CHECK(result(helper) == R"({"answer":7,"looked":{"n":1}})");
  const auto branch = submit("branch");
  REQUIRE(state(branch) == "parked");
  CHECK(calls.size() == 2); // nothing is paid before the answer
  decide(branch, verb::answer, "8");
  CHECK(result(branch) == R"({"answer":8,"paid":{"n":2}})");
}

TEST_CASE_METHOD(world, "a decision answers the park it was made about only",
                 "[run][park]") {
  tool("once", effect::once,
       failing(failure_kind::crashed, side_effect::unknown));
  const auto n = submit("once");
  decide(n, verb::did_not_happen);
  REQUIRE(calls.size() == 2);
  const auto records = store->records_in_order();
  REQUIRE(records.back().kind == record_kind::parked);
  // Dead between the second park and its ticket.
  auto last = std::shared_ptr<memory_store>{store->prefix(records.size())};
  auto old = *store->prefix(records.size() - 1)->find_ticket(tickets()[0].id);
  REQUIRE(old.state == ticket_state::decided);
  auto b = batch{};
  b.tickets.push_back(old);
  const auto* p = &b;
  REQUIRE(last->commit({&p, 1}) == commit_status::done);
  auto next = world{last};
  next.equip();
  next.recover();
  CHECK(next.calls.empty());
  CHECK(next.state(n) == "parked");
  CHECK(next.tickets()[0].state == ticket_state::open);
}

TEST_CASE_METHOD(world, "a person's retry starts what was given up afresh",
                 "[run][park]") {
  tool("pay", effect::idempotent, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout,
                           .effect = side_effect::unknown,
                           .message = "no answer"}};
  });
  const auto n = submit("leaf", args("n", 1));
  REQUIRE(state(n) == "parked");
  const auto options = tickets()[0].options;
  CHECK(std::ranges::find(options, verb::edit) == options.end());
  auto made = std::uint32_t{99};
  tool("pay", effect::idempotent, [&](const call_request& x, std::uint32_t at) {
    made = x.attempts.made;
    CHECK_FALSE(x.attempts.first);
    return echo(x, at);
  });
  decide(n, verb::retry);
  CHECK(made == 0);
  CHECK(result(n) == R"({"n":1})");
}

TEST_CASE("who carries a run on survives a cut after every record",
          "[run][renewal]") {
  const auto equip = [](run_world& w) {
    w.tool("look", effect::read_only, echo);
    w.agent({"loop", "1", [](agent_context& ctx, value input) -> task<json> {
               const auto left = input["left"].as_int();
               if (left == 0)
                 co_return json("done");
               co_await ctx.call("look", args("left", left));
               co_await ctx.continue_as_new(args("left", left - 1));
               co_return json("unreachable");
             }});
  };
  auto reference = run_world{};
  equip(reference);
  reference.submit("loop", args("left", 2));
  const auto records = reference.store->records_in_order().size();
  for (auto cut = std::size_t{1}; cut <= records; ++cut) {
    INFO("after record " << cut);
    auto again = run_world{
      std::shared_ptr<memory_store>{reference.store->prefix(cut)}, cut};
    equip(again);
    again.recover();
    auto last = again.store->last_run();
    CHECK(again.result(last) == R"("done")");
    auto done = 0;
    for (auto n = run_number{1}; n <= last; ++n)
      done += again.state(n) == "completed" ? 1 : 0;
    CHECK(done == 1);
  }
}

TEST_CASE_METHOD(world, "a call that may not be repeated is refused in a race",
                 "[run]") {
  agent({"racer", "1", [](agent_context& ctx, value) -> task<json> {
           auto won = co_await ctx.race(ctx.try_call("once", args()),
                                        ctx.sleep_for(1h));
           co_return won.get().get();
         }});
  const auto n = submit("racer");
  CHECK(state(n) == "failed");
  CHECK_THAT(result(n), ContainsSubstring("may not be in a race"));
  CHECK(calls.empty());
}

namespace {

/// A race that a call wins against a timer; then a person is asked.
task<json> races(agent_context& ctx, value) {
  auto won = co_await ctx.race(ctx.call("look", args()), ctx.sleep_for(1h));
  auto answer = co_await ctx.escalate(park_reason::requires_human, "?");
  co_return args("won", won.index(), "answer", answer);
}

/// The same runs in another store, as a version wrote them that did not record
/// which steps were abandoned.
std::shared_ptr<memory_store> as_written_before(memory_store& in) {
  auto old = std::shared_ptr<memory_store>{make_memory_store()};
  auto b = batch{};
  in.each_open_run([&](const run_row& row) {
    b.runs.push_back(row);
    auto seq = std::uint32_t{0};
    for (auto& r : in.read(row.number, 0)) {
      if (r.kind == record_kind::abandoned)
        continue;
      r.seq = seq++;
      b.records.push_back(r);
    }
  });
  b.tickets = in.list_tickets({});
  const auto* p = &b;
  REQUIRE(old->commit({&p, 1}) == commit_status::done);
  return old;
}

} // namespace

TEST_CASE_METHOD(world,
                 "what a decided branch waited for is recorded as "
                 "abandoned, once",
                 "[run][race]") {
  agent({"races", "1", races});
  const auto n = submit("races");
  CHECK(kinds(n)
        == texts{"started", "intent", "attempt", "intent", "outcome",
                 "abandoned", "intent", "parked"});
  auto again = world{store, 2};
  again.equip();
  again.agent({"races", "1", races});
  again.recover();
  again.decide(n, verb::answer, "5");
  CHECK(again.result(n) == R"({"answer":5,"won":0})");
  CHECK(std::ranges::count(again.kinds(n), "abandoned") == 1);
}

TEST_CASE_METHOD(world,
                 "a journal that does not say what was abandoned is "
                 "replayed alike, and then says it",
                 "[run][race]") {
  agent({"races", "1", races});
  const auto n = submit("races");
  auto again = world{as_written_before(*store), 2};
  again.equip();
  again.agent({"races", "1", races});
  again.recover();
  again.decide(n, verb::answer, "5");
  CHECK(again.result(n) == R"({"answer":5,"won":0})");
  CHECK(std::ranges::count(again.kinds(n), "abandoned") == 1);
}

TEST_CASE_METHOD(world,
                 "a poison step is quarantined after its deaths, the "
                 "process is not",
                 "[run][poison]") {
  tool("pay", effect::idempotent, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout, .message = "hang"}};
  });
  const auto n = submit("leaf", args("n", 1));
  auto again = run_world{store, 2};
  auto b = batch{};
  for (auto i = std::uint32_t{0}; i < 4; ++i)
    b.records.push_back({n, static_cast<std::uint32_t>(kinds(n).size()) + i,
                         record_kind::death, sys.clock().now(), "1",
                         i == 0 ? R"({"alone":false})" : R"({"alone":true})"});
  const auto* p = &b;
  static_cast<void>(store->commit({&p, 1}));
  again.tool("pay", effect::idempotent, echo);
  again.agent({"leaf", "1", leaf});
  again.recover();
  CHECK(again.state(n) == "parked");
  REQUIRE(again.tickets().size() == 1);
  CHECK(again.tickets()[0].reason == park_reason::poison_step);
  CHECK(again.calls.empty());
  SECTION("a person may let it try again") {
    again.decide(n, verb::retry);
    CHECK(again.result(n) == R"({"n":1})");
  }
  SECTION("or give the result") {
    again.decide(n, verb::skip, R"({"n":9})");
    CHECK(again.result(n) == R"({"n":9})");
  }
}

TEST_CASE("a suspect that is tried again waits for its records each time",
          "[run][poison]") {
  auto first = world{};
  first.tool("look", effect::read_only, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout, .message = "hang"}};
  });
  first.submit("three", args("n", 1));
  auto b = batch{};
  b.records.push_back({1, static_cast<std::uint32_t>(first.kinds(1).size()),
                       record_kind::death, first.sys.clock().now(), "1",
                       R"({"alone":false})"});
  const auto* p = &b;
  static_cast<void>(first.store->commit({&p, 1}));

  auto again = run_world{first.store, 2};
  again.tool("look", effect::read_only,
             [](const call_request& x, std::uint32_t attempt) -> outcome {
               if (attempt < 3)
                 return failure{.kind = failure_kind::overloaded,
                                .effect = side_effect::none,
                                .code = "again"};
               return parse_json(x.arguments);
             });
  again.tool("pay", effect::idempotent, echo);
  again.tool("once", effect::once, echo);
  again.agent({"three", "1", three});
  again.recover();
  CHECK(again.result(1) == R"({"n":3})");
}
