#include "support/catch.hpp"
#include "support/refusal.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/forking.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Steps 1 to 6, of which 2, 4 and 5 change something.
task<json> orders(agent_context& ctx, value) {
  auto price = co_await ctx.call("price");
  co_await ctx.call("pay", args("cents", price["cents"]));
  co_await ctx.sleep_for(1s);
  auto both = co_await ctx.all(ctx.call("ship", args("to", "ann")),
                               ctx.call("mail", args("to", "ann")));
  auto last = co_await ctx.try_call("check");
  co_return args("checked", last.ok());
}

/// Does something and fails of the next.
task<json> breaks(agent_context& ctx, value) {
  co_await ctx.call("mail", args("to", "bob"));
  co_await ctx.call("check");
  co_return json("fine");
}

task<json> pays(agent_context& ctx, value) {
  co_await ctx.call("pay", args("cents", 1));
  co_return json{};
}

/// Has a child pay.
task<json> delegates(agent_context& ctx, value) {
  co_await ctx.call("price");
  auto child = co_await ctx.spawn("pays", args());
  co_await child.result();
  co_return json{};
}

task<json> waits(agent_context& ctx, value) {
  co_await ctx.call("price");
  co_await ctx.sleep_for(1h);
  co_return json{};
}

/// What a service outside has seen.
struct outside {
  std::vector<std::string> log;
  bool broken = false;

  [[nodiscard]] auto count(const std::string& what) const {
    return std::ranges::count(log, what);
  }
};

struct life {
  life(std::shared_ptr<memory_store> s, outside& w)
    : store(std::move(s)), out(w),
      rt(config{.store = store, .virtual_seed = 11}) {
    add("price", effect::read_only);
    add("pay", effect::once);
    add("ship", effect::once);
    add("mail", effect::idempotent);
    rt.add(tool{
      "check", effect::read_only,
      [this](const value&, tool_context&) -> json {
        if (out.broken)
          throw tool_error{failure_kind::http_4xx, side_effect::none, "no"};
        return json{};
      }}.input(any())
             .output(any())
             .run_inline());
    rt.add(tool{"book", effect::idempotent,
                [this](const value&, tool_context&) {
                  out.log.emplace_back("book");
                  return json{};
                }}
             .input(any())
             .output(any())
             .undo([this](const value&, tool_context&) {
               out.log.emplace_back("unbook");
               return json{};
             })
             .run_inline());
    rt.add(agent{"orders", "1", orders});
    rt.add(agent{"orders", "2", orders});
    rt.add(agent{"breaks", "1", breaks}.on_unhandled(on_unhandled::fail));
    rt.add(agent{"pays", "1", pays});
    rt.add(agent{"delegates", "1", delegates});
    rt.add(agent{"waits", "1", waits});
    rt.add(agent{
      "books", "1", [](agent_context& ctx, value) -> task<json> {
        co_await ctx.call("book");
        co_await ctx.call("check");
        co_return json{};
      }}.on_unhandled(on_unhandled::fail));
    rt.start();
    pass(1ms);
  }

  void add(const std::string& name, effect x) {
    rt.add(tool{name, x,
                [this, name](const value&, tool_context&) {
                  out.log.push_back(name);
                  return args("cents", 700).get();
                }}
             .input(any())
             .output(any())
             .run_inline());
  }
  void pass(duration d) {
    test::pass(rt, d);
  }
  instant now() {
    return rt.actors().clock().now();
  }
  run_row row(const run_id& id) {
    return store->find_run(id).value();
  }
  /// Answers every approval, and tells of how many tools it was asked.
  std::size_t approve_all() {
    auto asked = std::size_t{0};
    for (;;) {
      const auto open = store->list_tickets({.states = {ticket_state::open}});
      if (open.empty())
        return asked;
      INFO(open[0].title);
      REQUIRE(open[0].kind == ticket_kind::approval);
      rt.decide({.ticket = open[0].id, .verb = verb::approve, .by = "ann"},
                [](const auto&) {});
      pass(1min);
      ++asked;
    }
  }

  std::shared_ptr<memory_store> store;
  outside& out;
  runtime rt;
};

/// As a command does it while nothing drives runs.
forking fork_in(store& in, const run_id& id, const fork_wish& wish,
                instant now) {
  auto last = in.last_run();
  const auto random = seeded_random(5);
  auto x = prepare_fork(in, in.find_run(id).value(), wish, now, *random,
                        [&last] { return ++last; });
  if (!x.content.records.empty()) {
    const auto* only = &x.content;
    REQUIRE(in.commit({&only, 1}) == commit_status::done);
  }
  REQUIRE(in.verify().damages.empty());
  return x;
}

std::vector<std::string> tools_of(const std::vector<past_act>& acts) {
  auto names = std::vector<std::string>{};
  for (const auto& x : acts)
    names.push_back(x.tool);
  std::ranges::sort(names);
  return names;
}

using strings = std::vector<std::string>;

/// A run of `agent` that has ended, or stands, after a while.
struct origin_run {
  explicit origin_run(const std::string& agent) {
    auto first = life{store, out};
    id = submit(first.rt, {.agent = agent, .input = args()}, 1min);
    now = first.now();
    out.log.clear();
  }

  forking fork(const fork_wish& wish) {
    return fork_in(*store, id, wish, now);
  }

  outside out;
  std::shared_ptr<memory_store> store = new_store();
  run_id id;
  instant now;
};

} // namespace

TEST_CASE("wherever a run is forked nothing is done once more unasked",
          "[runtime][fork]") {
  auto it = origin_run{"orders"};
  const auto past = it.store->read(1, 0);
  auto points = std::vector<step_path>{};
  for (const auto& r : past)
    if (r.kind == record_kind::intent)
      points.push_back(r.step);
  REQUIRE(points.size() == 6);
  const auto at = points[GENERATE(range(0, 6))];
  CAPTURE(at);
  const auto made = it.fork({.at = at});
  const auto acts = made.plan.origin.acts;
  auto next = life{it.store, it.out};
  next.pass(1min);
  for (const auto& act : acts)
    CHECK(it.out.count(act.tool) == 0);
  const auto asked = next.approve_all();
  CHECK(asked == acts.size());
  CHECK(next.row(made.row.id).state == run_state::completed);
  for (const auto* tool : {"pay", "ship", "mail"}) {
    const auto acted = std::ranges::count(tools_of(acts), tool);
    CHECK(it.out.count(tool) == acted);
  }
}

TEST_CASE("a fork hears what the run heard before the fork point",
          "[runtime][fork]") {
  auto it = origin_run{"orders"};
  const auto made = it.fork({.at = "3"});
  CHECK(tools_of(made.plan.origin.acts) == strings{"mail", "ship"});
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(it.out.log.empty());
  const auto t = it.store->list_tickets({.states = {ticket_state::open}});
  REQUIRE(!t.empty());
  CHECK(t[0].run_id == made.row.id);
  CHECK_THAT(t[0].title,
             ContainsSubstring("needs approval: run " + to_string(it.id)));
  CHECK_THAT(t[0].context, ContainsSubstring(R"("acts":[)"));
  const auto paid = [](const record& r) {
    return r.kind == record_kind::attempt && r.step == "2";
  };
  const auto records = it.store->read(made.row.number, 0);
  const auto copied = std::ranges::find_if(records, paid);
  REQUIRE(copied != records.end()); // the key of the act itself
  CHECK_THAT(copied->body, ContainsSubstring(to_string(it.id)));
}

TEST_CASE("a call that is refused in a fork is not made", "[runtime][fork]") {
  auto it = origin_run{"pays"};
  it.fork({.at = "1"});
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(only_ticket(*it.store).reason == park_reason::irreversible_action);
  decide_only(next.rt, verb::abort);
  CHECK(it.out.log.empty());
}

TEST_CASE("an effect lists its tool, digest and source", "[runtime][fork]") {
  auto it = origin_run{"orders"};
  const auto acts = it.fork({.at = "2"}).plan.origin.acts;
  REQUIRE(acts.size() == 3);
  CHECK(acts[0].tool == "pay");
  CHECK(acts[0].step == "2");
  CHECK(acts[0].effect == effect::once);
  CHECK(acts[0].source == "primary");
  CHECK(acts[0].digest.size() == 64);
  CHECK_FALSE(acts[0].undone);
}

TEST_CASE("a fork of a failed run begins with the step that it failed of",
          "[runtime][fork]") {
  auto it = origin_run{"orders"};
  it.out.broken = true;
  {
    auto more = life{it.store, it.out};
    it.id = submit(more.rt, {.agent = "breaks", .input = args()}, 1min);
    REQUIRE(more.row(it.id).state == run_state::failed);
  }
  it.out.log.clear();
  it.out.broken = false;
  const auto made = it.fork({});
  CHECK(made.plan.origin.at == "2");
  CHECK(made.plan.origin.acts.empty());
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(next.row(made.row.id).state == run_state::completed);
  CHECK(it.out.log.empty()); // the mail is out
}

TEST_CASE("what a fork has of its origin is the origin's to undo",
          "[runtime][fork]") {
  auto it = origin_run{"pays"};
  it.out.broken = true;
  {
    auto more = life{it.store, it.out};
    it.id = submit(more.rt, {.agent = "books", .input = args()}, 1min);
    REQUIRE(more.row(it.id).state == run_state::failed);
  }
  CHECK(it.out.log == strings{"book", "unbook"});
  const auto made = it.fork({});
  REQUIRE(made.plan.undone_before.size() == 1);
  CHECK(made.plan.undone_before[0].tool == "book");
  auto next = life{it.store, it.out};
  next.pass(1min); // it fails again
  CHECK(next.row(made.row.id).state == run_state::failed);
  CHECK(it.out.log == strings{"book", "unbook"});
  const auto again
    = look_at_fork(*it.store, it.store->find_run(it.id).value(), "1", it.now);
  REQUIRE(again.origin.acts.size() == 1);
  CHECK(again.origin.acts[0].undone);
}

TEST_CASE("what children did behind the fork point counts, and asks them",
          "[runtime][fork]") {
  auto it = origin_run{"delegates"};
  const auto made = it.fork({.at = "2"});
  CHECK(tools_of(made.plan.origin.acts) == strings{"pay"});
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(it.out.count("pay") == 0);
  CHECK(next.approve_all() == 1);
  CHECK(it.out.count("pay") == 1);
  CHECK(next.row(made.row.id).state == run_state::completed);
}

TEST_CASE("a child from before the fork point is not begun again",
          "[runtime][fork]") {
  auto it = origin_run{"delegates"};
  const auto made = it.fork({.at = "3"});
  CHECK(made.plan.origin.acts.empty());
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(it.out.log.empty());
  CHECK(next.row(made.row.id).state == run_state::completed);
}

TEST_CASE("a fork may run another version of its agent", "[runtime][fork]") {
  auto it = origin_run{"orders"};
  const auto made = it.fork({.at = "5", .version = "1"});
  CHECK(made.row.version == "1");
  auto next = life{it.store, it.out};
  next.pass(1min);
  CHECK(next.row(made.row.id).state == run_state::completed);
}

TEST_CASE("only a run that stands or is over is forked, at a step it has",
          "[runtime][fork]") {
  auto it = origin_run{"waits"};
  CHECK(refusal([&] { it.fork({}); }) == error_code::run_conflict);
  auto over = origin_run{"orders"};
  CHECK(refusal([&] { over.fork({.at = "17"}); }) == error_code::usage);
  CHECK(refusal([&] { over.fork({}); }) == error_code::usage);
}

TEST_CASE("the same key is the same fork", "[runtime][fork]") {
  auto it = origin_run{"orders"};
  const auto first = it.fork({.at = "3", .key = "k"});
  const auto second = it.fork({.at = "3", .key = "k"});
  CHECK(first.row.id == second.row.id);
  CHECK(second.plan.origin.acts.size() == first.plan.origin.acts.size());
  CHECK(it.store->last_run() == first.row.number);
}
