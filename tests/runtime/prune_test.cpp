#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/prune.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Waits as long as its input says, in minutes.
task<json> waits(agent_context& ctx, value minutes) {
  co_await ctx.sleep_for(minutes.as_int() * 1min);
  co_return json{};
}

/// Leaves a child behind that waits.
task<json> leaves(agent_context& ctx, value minutes) {
  co_await ctx.spawn("waits", minutes);
  co_return json{};
}

task<json> books(agent_context& ctx, value) {
  co_await ctx.call("book");
  co_return json{};
}

/// Carries on as often as its input says, and then waits; `book` before.
task<json> stages(agent_context& ctx, value x) {
  if (x["books"].as_bool())
    co_await ctx.call("book");
  const auto left = x["left"].as_int();
  const auto next = args("books", x["books"], "left", left - 1);
  if (left > 0)
    co_await ctx.continue_as_new(next);
  co_await ctx.sleep_for(2h);
  co_return json{};
}

struct life {
  life() : rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(tool{"book", effect::idempotent,
                [](const value&, tool_context&) { return json{}; }}
             .input(any())
             .output(any())
             .undo([](const value&, tool_context&) { return json{}; })
             .run_inline());
    rt.add(tool{"show", effect::idempotent,
                [](const value&, tool_context&) { return json{}; }}
             .input(any())
             .output(any())
             .undo([](const value&, tool_context&) { return json{}; })
             .review_within(1h)
             .run_inline());
    rt.add(agent{"waits", "1", waits});
    rt.add(agent{"leaves", "1", leaves});
    rt.add(agent{"books", "1", books});
    rt.add(agent{"stages", "1", stages});
    rt.add(agent{"shows", "1", [](agent_context& ctx, value) -> task<json> {
                   co_await ctx.call("show");
                   co_return json{};
                 }});
    rt.start();
    test::pass(rt, 1ms);
  }

  run_id start(const std::string& agent, const value& input = args(),
               const std::string& key = {}) {
    return submit(rt, {.agent = agent, .input = input, .key = key});
  }
  void pass(duration d) {
    test::pass(rt, d);
  }
  instant now() {
    return rt.actors().clock().now();
  }
  prune_plan plan(std::vector<run_state> states = {}) {
    return plan_prune(*store, {.before = now(), .states = std::move(states)},
                      now());
  }
  /// Prunes all that may go; returns how many runs are left.
  std::size_t prune() {
    auto x = batch{};
    x.prunes = plan().runs;
    const auto* only = &x;
    REQUIRE(store->commit({&only, 1}) == commit_status::done);
    REQUIRE(store->verify().damages.empty());
    return store->list_runs({}).size();
  }
  /// A run that is newer than all others, and waits for long.
  void go_on() {
    start("waits", 60 * 24 * 365);
  }

  std::shared_ptr<memory_store> store = new_store();
  runtime rt;
};

using counts = std::map<std::string, std::size_t>;

} // namespace

TEST_CASE_METHOD(life, "what is over goes, what is not stays",
                 "[runtime][prune]") {
  start("books");
  start("books");
  go_on();
  CHECK(plan().records == 2 * store->read(1, 0).size());
  CHECK(prune() == 1);
  CHECK(plan().runs.empty());
}

TEST_CASE_METHOD(life, "what ended lately stays, and so do other states",
                 "[runtime][prune]") {
  const auto before = now();
  start("books");
  go_on();
  const auto early = plan_prune(*store, {.before = before}, now());
  CHECK(early.kept == counts{{"recent", 1}});
  CHECK(early.runs.empty());
  CHECK(plan({run_state::failed}).kept == counts{{"state", 1}});
  CHECK(plan({run_state::failed, run_state::completed}).runs.size() == 1);
}

TEST_CASE_METHOD(life, "the newest run stays, for its number",
                 "[runtime][prune]") {
  start("books");
  CHECK(plan().kept == counts{{"newest", 1}});
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "a family goes whole, once all of it is over",
                 "[runtime][prune]") {
  const auto parent = start("leaves", 30);
  go_on();
  REQUIRE(is_terminal(store->find_run(parent)->state));
  CHECK(plan().kept == counts{{"open", 1}});
  CHECK(prune() == 3);
  pass(31min);
  const auto goes = plan().runs;
  CHECK(goes == std::vector<run_number>{2, 1});
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "a run stays while people may still have it undone",
                 "[runtime][prune]") {
  start("shows");
  go_on();
  CHECK(plan().kept == counts{{"ticket", 1}});
  pass(61min);
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "what was undone goes together with what undid it",
                 "[runtime][prune]") {
  start("shows");
  decide_only(rt, verb::undo);
  go_on();
  const auto goes = plan().runs;
  CHECK(goes == std::vector<run_number>{1, 2}); // never undone twice
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "a run whose undoing has not begun stays",
                 "[runtime][prune]") {
  start("shows");
  auto t = store->list_tickets({}).front();
  t.state = ticket_state::decided;
  t.decided = decision{.verb = verb::undo, .by = "ann", .at = now()};
  auto x = batch{};
  x.tickets.push_back(t);
  const auto* only = &x;
  REQUIRE(store->commit({&only, 1}) == commit_status::done);
  go_on();
  CHECK(plan().kept == counts{{"undo", 1}});
}

TEST_CASE_METHOD(life, "a key stands for its run for thirty days",
                 "[runtime][prune]") {
  start("books", args(), "k");
  go_on();
  CHECK(plan().kept == counts{{"key", 1}});
  pass(std::chrono::hours{24 * 30} - 1h);
  CHECK(plan().kept == counts{{"key", 1}});
  pass(2h);
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "what an open run would have to undo stays",
                 "[runtime][prune]") {
  const auto books = GENERATE(true, false);
  start("stages", args("books", books, "left", 3));
  go_on();
  REQUIRE(store->list_runs({.agent = "stages"}).size() == 4);
  CHECK(plan().kept == (books ? counts{{"undo", 3}} : counts{}));
  CHECK(prune() == (books ? 5U : 2U));
  pass(121min); // the last one has ended well
  CHECK(prune() == 1);
}

TEST_CASE_METHOD(life, "a large journal is pruned a part at a time",
                 "[runtime][prune]") {
  for (auto i = 0; i < 7; ++i)
    start("books");
  go_on();
  auto wish = prune_wish{.before = now(), .most = 3};
  auto seen = std::vector<run_number>{};
  auto parts = 0;
  do {
    const auto part = plan_prune(*store, wish, now());
    seen.insert(seen.end(), part.runs.begin(), part.runs.end());
    wish.below = part.next;
    ++parts;
  } while (wish.below != 0);
  CHECK(parts == 3);
  CHECK(seen == std::vector<run_number>{7, 6, 5, 4, 3, 2, 1});
}
