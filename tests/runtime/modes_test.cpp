#include "support/catch.hpp"
#include "support/newest.hpp"
#include "support/parts.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/proposals.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Looks, waits as long as it is told to, and acts.
task<json> acts(agent_context& ctx, value pause) {
  co_await ctx.call("look");
  const auto long_time = std::chrono::seconds{pause.as_int()};
  co_await ctx.sleep_for(long_time);
  auto done = co_await ctx.try_call("act", args("n", 1));
  const auto how = done.ok() ? "done" : to_string(done.why().kind);
  co_return args("how", how, "mode", to_string(ctx.current_mode()));
}

task<json> lowers_itself(agent_context& ctx, value) {
  co_await ctx.lower_mode(mode::advisory, "unsure");
  const auto then = ctx.current_mode();
  co_await ctx.lower_mode(mode::autonomous, "sure again");
  co_await ctx.call("look");
  auto done = co_await ctx.try_call("act", args("n", 1));
  co_return args("then", to_string(then), "now", to_string(ctx.current_mode()),
                 "ok", done.ok());
}

task<json> acts_on_a_guess(agent_context& ctx, value sureness) {
  const auto guess = value{7}.with_confidence(sureness.as_double());
  co_await ctx.call("act", args("n", guess));
  co_return json("done");
}

task<json> fails(agent_context& ctx, value) {
  co_await ctx.call("breaks");
  co_return json{};
}

task<json> tries(agent_context& ctx, value) {
  auto done = co_await ctx.try_call("flaky");
  co_return json(done.ok());
}

/// One life of a program on `store`.
struct life {
  explicit life(std::shared_ptr<memory_store> s, const mode_rules& rules = {})
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    const auto plain
      = [](const value& x, tool_context&) -> json { return x.get(); };
    rt.add(tool{"look", effect::read_only, plain}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(tool{"act", effect::once,
                [this](const value& x, tool_context&) -> json {
                  ++acted;
                  return x.get();
                }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(failing_tool("breaks"));
    rt.add(tool{
      "flaky", effect::idempotent,
      [this](const value&, tool_context&) -> json {
        ++tried;
        throw tool_error{failure_kind::network, side_effect::none, "down"};
      }}.input(any())
             .output(any())
             .retry({.max_attempts = 5, .backoff = {.first = 2s, .cap = 2s}})
             .run_inline());
    rt.add(agent{"tries", "1", tries});
    rt.add(agent{"acts", "1", acts}.modes(rules));
    rt.add(agent{"lowers", "1", lowers_itself});
    rt.add(agent{"guesses", "1", acts_on_a_guess}.modes(rules));
    rt.add(
      agent{"fails", "1", fails}.modes(rules).on_unhandled(on_unhandled::fail));
    rt.events().subscribe([this](const event& x) { changes.push_back(x); },
                          {event_kind::mode_changed});
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id start(const std::string& agent, const value& input = {}) {
    return test::submit(rt, {.agent = agent, .input = input}, 1ms);
  }
  void set(mode to, const std::string& agent = "acts") {
    rt.set_mode(agent, {to, "ann", "tests"}, {});
    pass(1ms);
  }
  void decide(verb said) {
    decide_only(rt, said, {}, 1ms);
  }
  run_row last() {
    return store->list_runs({}).at(0);
  }
  std::string result() {
    return newest_result(rt);
  }

  std::shared_ptr<memory_store> store;
  int acted = 0;
  int tried = 0;
  std::vector<event> changes;
  runtime rt;
};

} // namespace

TEST_CASE("an advisory agent reads by itself and proposes the rest",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.set(mode::advisory);
  it.start("acts", 0);
  CHECK(it.acted == 0);
  const auto t = only_ticket(*it.store);
  CHECK(t.kind == ticket_kind::approval);
  CHECK_THAT(t.title, ContainsSubstring("acts proposes act (advisory by ann"));
  it.decide(verb::approve);
  CHECK(it.acted == 1);
  CHECK(it.result() == R"({"how":"done","mode":"advisory"})");
}

TEST_CASE("a stopped agent calls nothing, and goes on when it may",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.set(mode::stopped);
  it.start("acts", 0);
  const auto t = only_ticket(*it.store);
  CHECK(t.reason == park_reason::stopped_mode);
  CHECK(t.step == "1"); // not even to look
  CHECK_THAT(t.title, ContainsSubstring("stopped by ann: tests"));
  it.set(mode::autonomous);
  CHECK(it.acted == 1);
  CHECK(it.result() == R"({"how":"done","mode":"autonomous"})");
}

TEST_CASE("the mode is looked at when an attempt leaves, not when it was asked "
          "for",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.start("acts", 10);
  it.set(mode::stopped);
  it.pass(10s);
  CHECK(it.acted == 0);
  CHECK(it.result() == "parked");
  it.set(mode::advisory);
  CHECK(only_ticket(*it.store).kind == ticket_kind::approval);
  it.decide(verb::approve);
  CHECK(it.acted == 1);
}

TEST_CASE("a mode outlives the process, and so does what was parked for it",
          "[runtime][modes]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.set(mode::stopped);
    first.start("acts", 0);
  }
  auto it = life{store};
  CHECK(it.rt.mode_of("acts").mode == mode::stopped);
  CHECK(it.rt.mode_of("acts").by == "ann");
  CHECK(it.result() == "parked");
  it.set(mode::autonomous);
  CHECK(it.acted == 1);
}

TEST_CASE("a process that dies between the word and the runs resumes them",
          "[runtime][modes]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.set(mode::stopped);
    first.start("acts", 0);
  }
  auto change = batch{};
  change.facts.push_back({"mode/acts", R"({"mode":"autonomous","by":"ann"})"});
  const auto* pointer = &change;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  auto it = life{store};
  it.pass(1s);
  CHECK(it.acted == 1);
}

TEST_CASE("a mode that cannot be read stops the agent", "[runtime][modes]") {
  auto store = new_store();
  auto change = batch{};
  change.facts.push_back({"mode/acts", "autonomous?"});
  const auto* pointer = &change;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  auto it = life{store};
  it.start("acts", 0);
  CHECK(it.acted == 0);
  CHECK(it.result() == "parked");
}

TEST_CASE("a run lowers itself, only downwards, and replays what it knew",
          "[runtime][modes]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.start("lowers");
    CHECK(first.acted == 0);
  }
  auto it = life{store};
  it.decide(verb::approve);
  CHECK(it.result() == R"({"now":"advisory","ok":true,"then":"advisory"})");
  CHECK(it.rt.mode_of("lowers").mode == mode::autonomous);
}

TEST_CASE("what a person says of one run holds for it alone",
          "[runtime][modes]") {
  auto it = life{new_store()};
  const auto one = it.start("acts", 10);
  const auto other = it.start("acts", 10);
  it.rt.set_mode(one, {mode::stopped, "ann", "look first"}, {});
  it.pass(10s);
  CHECK(it.store->find_run(one)->state == run_state::parked);
  CHECK(it.store->find_run(other)->state == run_state::completed);
}

TEST_CASE("every change says who, and how it stood", "[runtime][modes]") {
  auto it = life{new_store()};
  it.set(mode::advisory);
  it.set(mode::autonomous);
  const auto audits = it.store->list_audits({.subject = "acts"});
  REQUIRE(audits.size() == 2);
  CHECK(audits[0].act == "mode.set");
  CHECK(audits[0].by == "ann");
  CHECK(audits[0].reason == "tests");
  CHECK(audits[0].before == R"("advisory")");
  CHECK(audits[0].after == R"("autonomous")");
  CHECK(it.changes.size() == 2);
}

TEST_CASE("failures within a while make an agent advisory",
          "[runtime][modes]") {
  auto it = life{new_store(), {.failures = 3, .window = 1min}};
  for (auto i = 0; i < 2; ++i)
    it.start("fails");
  it.pass(1min);
  it.start("fails");
  CHECK(it.rt.mode_of("fails").mode == mode::autonomous);
  it.start("fails");
  it.start("fails");
  CHECK(it.rt.mode_of("fails").mode == mode::advisory);
  CHECK(it.rt.mode_of("fails").by == "a rule");
  CHECK(it.rt.mode_of("acts").mode == mode::autonomous);
}

TEST_CASE("what people reject makes an agent advisory, what they approve "
          "unchanged makes it autonomous again",
          "[runtime][modes]") {
  auto it = life{new_store(), {.rejections = 2, .recover_after_clean = 3}};
  it.set(mode::advisory);
  it.start("acts", 0);
  it.decide(verb::reject);
  it.set(mode::autonomous);
  it.start("acts", 0); // nobody is asked, so nothing is learned
  it.set(mode::advisory);
  it.set(mode::autonomous);
  it.set(mode::advisory);
  it.start("acts", 0);
  it.set(mode::autonomous); // of the ticket that is open nothing changes
  it.decide(verb::reject);
  CHECK(it.rt.mode_of("acts").mode == mode::advisory);
  CHECK(it.rt.mode_of("acts").by == "a rule");
  for (auto i = 0; i < 3; ++i) {
    CHECK(it.rt.mode_of("acts").mode == mode::advisory);
    it.start("acts", 0);
    it.decide(verb::approve);
  }
  CHECK(it.rt.mode_of("acts").mode == mode::autonomous);
  const auto earned
    = parse_proposals(it.store->find_fact(proposal_fact("acts", "act")));
  CHECK(earned.approved == 3);
  CHECK(earned.rejected == 2);
  CHECK(earned.clean == 3);
  CHECK(earned.recent == "rraaa");
}

TEST_CASE("what a person has lowered no rule raises", "[runtime][modes]") {
  auto it = life{new_store(), {.recover_after_clean = 1}};
  it.set(mode::advisory);
  it.start("acts", 0);
  it.decide(verb::approve);
  CHECK(it.rt.mode_of("acts").mode == mode::advisory);
}

TEST_CASE("what an agent is unsure of it proposes", "[runtime][modes]") {
  auto it = life{new_store(), {.least_confidence = 0.8}};
  it.start("guesses", 0.9);
  CHECK(it.acted == 1);
  it.start("guesses", 0.7);
  CHECK(it.acted == 1);
  const auto t = only_ticket(*it.store);
  CHECK(t.reason == park_reason::low_confidence);
  CHECK_THAT(t.context, ContainsSubstring(R"("confidence":0.7)"));
  CHECK_THAT(t.context, ContainsSubstring(R"("method":"reported")"));
}

TEST_CASE("when everything is stopped nothing leaves, and then all goes on",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.start("acts", 10);
  it.start("guesses", 0.9);
  it.rt.stop_all("ann", "fire");
  it.pass(10s);
  CHECK(it.acted == 1);
  CHECK(it.rt.mode_of("acts").mode == mode::stopped);
  it.rt.lift_stop("ann", "out");
  it.pass(1s);
  CHECK(it.acted == 2);
  CHECK_THROWS_AS(it.rt.lift_stop("ann", "twice"), error);
}

TEST_CASE("a stop holds while nothing can be made durable",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.start("acts", 10);
  it.store->fail_commits(commit_fault::full, 1'000'000);
  it.rt.stop_all("ann", "fire");
  CHECK(it.rt.mode_of("acts").mode == mode::stopped);
  it.pass(10s);
  it.store->fail_commits(commit_fault::full, 0);
  it.pass(1min);
  CHECK(it.acted == 0);
  CHECK(it.result() == "parked");
}

TEST_CASE("a stop holds for what waits for the journal", "[runtime][modes]") {
  auto it = life{new_store()};
  it.start("acts", 10);
  it.pass(9s);
  it.store->fail_commits(commit_fault::full, 1'000'000);
  it.pass(2s); // its attempt would leave once it is durable
  it.rt.stop_all("ann", "fire");
  it.store->fail_commits(commit_fault::full, 0);
  it.pass(1min);
  CHECK(it.acted == 0);
  CHECK(it.result() == "parked");
  it.rt.lift_stop("ann", "out");
  it.pass(1s);
  CHECK(it.acted == 1);
}

TEST_CASE("a run that is stopped while its guard waits tries no more",
          "[runtime][modes]") {
  auto it = life{new_store()};
  const auto id = it.start("tries");
  CHECK(it.tried == 1);
  it.rt.set_mode(id, {mode::stopped, "ann", "look first"}, {});
  it.pass(1min);
  CHECK(it.tried == 1);
  CHECK(it.result() == "parked");
  it.rt.set_mode(id, {mode::autonomous, "ann", "looked"}, {});
  it.pass(1min);
  CHECK(it.tried == 5);
}

TEST_CASE("a run that is parked when the stop is over already goes on",
          "[runtime][modes]") {
  auto it = life{new_store()};
  it.set(mode::stopped);
  it.rt.submit({.agent = "acts", .input = value{0}}, [](const run_row&) {});
  it.rt.set_mode("acts", {mode::autonomous, "ann", "never mind"}, {});
  it.pass(10s);
  CHECK(it.acted == 1);
}

TEST_CASE("a cancelled run ends though a stop caught a call of which nobody "
          "knows",
          "[runtime][modes]") {
  auto store = new_store();
  auto id = run_id{};
  {
    auto first = life{store};
    id = first.start("tries");
  }
  const auto all = store->records_in_order();
  auto cut = std::size_t{0};
  for (auto n = std::size_t{0}; n < all.size(); ++n)
    if (all[n].kind == record_kind::attempt)
      cut = n + 1;
  auto it = life{std::shared_ptr{store->prefix(cut)}};
  it.rt.stop_all("ann", "fire");
  it.pass(1s);
  it.rt.cancel(id, "not wanted", "ann", {});
  it.pass(1s);
  const auto open = it.store->list_tickets({.states = {ticket_state::open}});
  for (const auto& t : open)
    it.rt.decide({.ticket = t.id, .verb = verb::abort, .by = "ann"}, {});
  it.pass(1s);
  CHECK(it.result() == "cancelled");
}

TEST_CASE("stops are no trouble that lowers an agent", "[runtime][modes]") {
  auto it = life{new_store(), {.failures = 2, .window = 1h}};
  it.rt.stop_all("ann", "fire");
  for (auto i = 0; i < 3; ++i)
    it.start("acts", 0);
  it.rt.lift_stop("ann", "out");
  it.pass(1s);
  CHECK(it.rt.mode_of("acts").mode == mode::autonomous);
  CHECK(it.acted == 3);
}
