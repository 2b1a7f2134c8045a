#include "support/catch.hpp"
#include "support/parts.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <mutex>
#include <set>
#include <utility>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Does two things, and then what its input says: `fail`, `wait`, `handled` or
/// `done`.
task<json> trip(agent_context& ctx, value how) {
  auto flight = co_await ctx.call("book", args("what", "flight"));
  auto hotel = co_await ctx.call("book", args("what", "hotel"));
  const auto end = how.as_string();
  if (end == "fail")
    co_await ctx.call("fails");
  if (end == "handled")
    static_cast<void>(co_await ctx.try_call("fails"));
  if (end == "wait")
    co_await ctx.sleep_for(1h);
  co_return args("flight", flight["n"], "hotel", hotel["n"]);
}

/// A trip inside of a trip.
task<json> journey(agent_context& ctx, value) {
  co_await ctx.call("book", args("what", "car"));
  auto child = co_await ctx.spawn("trip", "done");
  co_await child.result();
  co_await ctx.call("book", args("what", "boat"));
  co_await ctx.call("fails");
  co_return json{};
}

task<json> stages(agent_context& ctx, value left) {
  co_await ctx.call("book", args("what", left.get()));
  const auto next = value{left.as_int() - 1};
  if (left.as_int() > 0)
    co_await ctx.continue_as_new(next);
  co_await ctx.call("fails");
  co_return json{};
}

task<json> several(agent_context& ctx, value) {
  co_await ctx.compensate_with("tidy", args("what", "all"));
  co_await ctx.call("book", args("what", "part"));
  co_await ctx.call("fails");
  co_return json{};
}

/// Waits for a trip that waits.
task<json> family(agent_context& ctx, value) {
  co_await ctx.call("book", args("what", "car"));
  auto child = co_await ctx.spawn("trip", "wait");
  co_await child.result();
  co_return json{};
}

task<json> asks(agent_context& ctx, value) {
  co_await ctx.call("book", args("what", "seat"));
  co_await ctx.escalate(park_reason::requires_human, "well?");
  co_return json{};
}

/// Starts a trip, and fails without a look at it.
task<json> careless(agent_context& ctx, value) {
  co_await ctx.spawn("trip", "done");
  co_await ctx.sleep_for(100ms);
  co_await ctx.call("fails");
  co_return json{};
}

/// Fails at the very moment at which it has waited enough.
task<json> late(agent_context& ctx, value) {
  co_await ctx.call("book", args("what", "seat"));
  co_await ctx.sleep_for(30s);
  throw step_error{failure{.kind = failure_kind::invalid_input,
                           .effect = side_effect::none,
                           .message = "too late"}};
}

/// Its first choice is full, and another tool books.
task<json> lodging(agent_context& ctx, value) {
  co_await ctx.call("suite", args("what", "room"));
  co_await ctx.call("fails");
  co_return json{};
}

/// Pays where nobody can say for a while whether it is paid.
task<json> pays(agent_context& ctx, value) {
  co_await ctx.call("pay", args("what", "bill"));
  co_return json{};
}

/// The services outside, which know what stands and what was undone.
struct world {
  std::vector<std::string> log;
  std::map<std::string, int> undone; // by the act's key
  std::map<std::string, std::string> acts;
};

struct life {
  life(const std::shared_ptr<memory_store>& s, world& w)
    : life(config{.store = s, .virtual_seed = 3}, w) {
    store = s;
    pass(1ms);
  }
  life(const config& c, world& w) : out(w), rt(c) {
    rt.add(tool{"book", effect::idempotent,
                [this](const value& x, tool_context& call) -> json {
                  const auto what = x["what"].dump();
                  if (out.acts.emplace(call.key, what).second)
                    out.log.push_back("book " + what);
                  return args("n", what);
                }}
             .input(any())
             .output(any())
             .run_inline()
             .undo([this](const value& x, tool_context&) -> json {
               if (undo_broken)
                 throw tool_error{failure_kind::http_4xx, side_effect::none,
                                  "no"};
               if (std::exchange(undo_busy, false))
                 throw tool_error{failure{.kind = failure_kind::rate_limited,
                                          .effect = side_effect::none,
                                          .retry_after = 10min}};
               const auto key = x["key"].as_string();
               if (out.undone[key]++ == 0)
                 out.log.push_back("undo " + x["arguments"]["what"].dump());
               return nullptr;
             }));
    rt.add(tool{
      "suite", effect::idempotent,
      [](const value&, tool_context&) -> json {
        throw tool_error{failure_kind::http_4xx, side_effect::none, "full"};
      }}.input(any())
             .output(any())
             .run_inline()
             .fallback(instead("book"))
             .undo([this](const value&, tool_context&) -> json {
               out.log.emplace_back("undo what never was");
               return nullptr;
             }));
    rt.add(tool{"pay", effect::idempotent,
                [this](const value&, tool_context&) -> json {
                  out.log.emplace_back("pay");
                  throw tool_error{failure{.kind = failure_kind::http_5xx,
                                           .effect = side_effect::unknown,
                                           .retry_after = 10min}};
                }}
             .input(any())
             .output(any())
             .run_inline()
             .undo([this](const value&, tool_context&) -> json {
               out.log.emplace_back("pay back");
               return nullptr;
             }));
    rt.add(tool{"tidy", effect::idempotent,
                [this](const value& x, tool_context&) -> json {
                  out.log.push_back("tidy " + x["what"].dump());
                  return nullptr;
                }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(failing_tool("fails"));
    for (const auto& [name, body] :
         std::map<std::string, agent::function>{{"trip", trip},
                                                {"journey", journey},
                                                {"stages", stages},
                                                {"several", several},
                                                {"lodging", lodging},
                                                {"late", late},
                                                {"pays", pays},
                                                {"family", family},
                                                {"asks", asks},
                                                {"careless", careless}})
      rt.add(agent{name, "1", body}.on_unhandled(on_unhandled::fail));
    rt.add(
      agent{"frugal", "1", trip}.on_unhandled(on_unhandled::fail).max_steps(1));
    rt.start();
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(const std::string& agent, const value& input) {
    return test::submit(rt, {.agent = agent, .input = input});
  }
  /// About the only open ticket.
  void decide(verb v, const std::string& payload = {}) {
    decide_only(rt, v, payload);
  }
  run_state state(const run_id& id) {
    return store->find_run(id)->state;
  }

  std::shared_ptr<memory_store> store;
  world& out;
  bool undo_broken = false;
  bool undo_busy = false; // once, for ten minutes
  runtime rt;
};

const auto booked_and_undone = std::vector<std::string>{
  "book \"flight\"", "book \"hotel\"", "undo \"hotel\"", "undo \"flight\""};

} // namespace

TEST_CASE("what a failing run did is undone in reverse order, then it fails",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  const auto id = it.submit("trip", "fail");
  CHECK(it.state(id) == run_state::failed);
  CHECK(w.log == booked_and_undone);
}

TEST_CASE("what a cancelled run did is undone, then it is cancelled",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{config{.in_memory = true}, w};
  auto waits = std::promise<void>{};
  auto told = std::once_flag{};
  it.rt.events().subscribe(
    [&](const event&) { std::call_once(told, [&] { waits.set_value(); }); },
    {event_kind::run_waiting});
  const auto id = it.rt.submit({.agent = "trip", .input = "wait"}).id;
  waits.get_future().wait();
  it.rt.cancel(id, "not wanted", "ann");
  CHECK(it.rt.wait(id).state == run_state::cancelled);
  CHECK(w.log == booked_and_undone);
}

TEST_CASE(
  "a run that was cancelled before the process died begins no step more",
  "[runtime][undo]") {
  auto w = world{};
  const auto whole = new_store();
  auto id = run_id{};
  {
    auto it = life{whole, w};
    id = it.submit("trip", "wait");
  }
  const auto all = whole->records_in_order();
  const auto first
    = std::ranges::find(all, record_kind::outcome, &record::kind);
  const auto count = static_cast<std::size_t>(first - all.begin()) + 1;
  const auto cut = std::shared_ptr<memory_store>{whole->prefix(count)};
  auto asked = batch{};
  asked.records.push_back({first->run,
                           first->seq + 1,
                           record_kind::cancel,
                           first->at,
                           {},
                           bodies::cancel("no more", "ann")});
  const auto* pointer = &asked;
  REQUIRE(cut->commit({&pointer, 1}) == commit_status::done);
  auto it = life{cut, w};
  it.pass(1s);
  CHECK(it.state(id) == run_state::cancelled);
  for (const auto& r : cut->records_in_order())
    CHECK_FALSE((r.kind == record_kind::intent && r.step == "2"));
  CHECK(w.undone.size() == 1);
}

TEST_CASE("before a run is cancelled a person says what became of a call that "
          "was to be tried again",
          "[runtime][undo]") {
  auto w = world{};
  const auto store = new_store();
  auto id = run_id{};
  const auto restarted = GENERATE(false, true);
  auto it = std::make_unique<life>(store, w);
  id = it->submit("pays", {});
  REQUIRE(it->state(id) == run_state::waiting);
  it->rt.cancel(id, "not wanted", "ann", {});
  it->pass(1s);
  if (restarted) {
    it.reset();
    it = std::make_unique<life>(store, w);
  }
  REQUIRE(it->state(id) == run_state::parked);
  CHECK(only_ticket(*store).reason == park_reason::ambiguous_state);
  auto expected = std::vector<std::string>{"pay"};
  SECTION("it was paid") {
    it->decide(verb::happened, R"({"receipt": 7})");
    expected.emplace_back("pay back");
  }
  SECTION("it was not") {
    it->decide(verb::did_not_happen);
  }
  SECTION("they leave it at that") {
    it->decide(verb::abort);
  }
  CHECK(it->state(id) == run_state::cancelled);
  CHECK(w.log == expected);
}

TEST_CASE("while everything is stopped nothing is undone, and then it is",
          "[runtime][undo]") {
  auto w = world{};
  auto store = new_store();
  auto id = run_id{};
  {
    auto first = life{store, w};
    id = first.submit("trip", "wait");
    first.rt.stop_all("ann", "fire");
    first.rt.cancel(id, "not wanted", "ann", {});
    first.pass(1s);
    CHECK(first.state(id) == run_state::parked);
    CHECK(w.undone.empty());
  }
  auto it = life{store, w}; // a store in memory has no file that says so
  it.pass(1s);
  CHECK(it.state(id) == run_state::cancelled);
  CHECK(w.log == booked_and_undone);
}

TEST_CASE("a cancelled family undoes what each of them did, the parent last",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{config{.in_memory = true}, w};
  auto waits = std::promise<void>{};
  auto told = std::once_flag{};
  it.rt.events().subscribe(
    [&](const event& x) {
      if (x.subject == "trip")
        std::call_once(told, [&] { waits.set_value(); });
    },
    {event_kind::run_waiting});
  const auto id = it.rt.submit({.agent = "family"}).id;
  waits.get_future().wait();
  it.rt.cancel(id, "not wanted", "ann");
  CHECK(it.rt.wait(id).state == run_state::cancelled);
  CHECK(w.log
        == std::vector<std::string>{"book \"car\"", "book \"flight\"",
                                    "book \"hotel\"", "undo \"hotel\"",
                                    "undo \"flight\"", "undo \"car\""});
}

TEST_CASE("a failure that the agent handles undoes nothing",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  const auto id = it.submit("trip", "handled");
  CHECK(it.state(id) == run_state::completed);
  CHECK(w.undone.empty());
}

TEST_CASE("what a completed child did is undone in its place",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  const auto id = it.submit("journey", {});
  CHECK(it.state(id) == run_state::failed);
  CHECK(w.log
        == std::vector<std::string>{"book \"car\"", "book \"flight\"",
                                    "book \"hotel\"", "book \"boat\"",
                                    "undo \"boat\"", "undo \"hotel\"",
                                    "undo \"flight\"", "undo \"car\""});
}

TEST_CASE("a run that carries on another undoes what that did, too",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  static_cast<void>(it.submit("stages", 2));
  it.pass(1s);
  CHECK(w.log
        == std::vector<std::string>{"book 2", "book 1", "book 0", "undo 0",
                                    "undo 1", "undo 2"});
}

TEST_CASE("an agent may say itself how several calls are undone",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  CHECK(it.state(it.submit("several", {})) == run_state::failed);
  CHECK(w.log
        == std::vector<std::string>{"book \"part\"", "undo \"part\"",
                                    "tidy \"all\""});
}

TEST_CASE("a run that waited before it failed is not lost while it undoes",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  it.undo_busy = true;
  const auto id = it.submit("late", {});
  it.pass(5min); // it would have left memory by now
  CHECK(it.state(id) == run_state::compensating);
  it.pass(10min);
  CHECK(it.state(id) == run_state::failed);
  CHECK(w.log == std::vector<std::string>{"book \"seat\"", "undo \"seat\""});
}

TEST_CASE("a run that was parked before the process died undoes when aborted",
          "[runtime][undo]") {
  auto w = world{};
  const auto store = new_store();
  auto id = run_id{};
  {
    auto it = life{store, w};
    id = it.submit("asks", {});
    REQUIRE(it.state(id) == run_state::parked);
  }
  auto it = life{store, w};
  it.decide(verb::abort);
  CHECK(it.state(id) == run_state::cancelled);
  CHECK(w.log == std::vector<std::string>{"book \"seat\"", "undo \"seat\""});
}

TEST_CASE("an undo that waits for a person does so in every life",
          "[runtime][undo]") {
  auto w = world{};
  const auto store = new_store();
  auto id = run_id{};
  const auto end = std::string{GENERATE("fail", "abort", "cancel")};
  {
    auto it = life{store, w};
    it.undo_broken = true;
    id = it.submit(end == "fail" ? "trip" : "asks", "fail");
    if (end == "abort")
      it.decide(verb::abort);
    if (end == "cancel")
      it.rt.cancel(id, "not wanted", "ann", {});
    it.pass(1s);
    REQUIRE(it.state(id) == run_state::parked);
  }
  auto it = life{store, w};
  it.pass(1min);
  REQUIRE(it.state(id) == run_state::parked);
  CHECK(w.undone.empty());
  it.decide(verb::retry);
  CHECK(it.state(id)
        == (end == "fail" ? run_state::failed : run_state::cancelled));
  CHECK(w.undone.size() == w.acts.size());
}

TEST_CASE("an act that needed a larger budget is undone as any other",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  const auto id = it.submit("frugal", "fail");
  REQUIRE(it.state(id) == run_state::parked); // before the second booking
  it.decide(verb::extend, R"({"steps": 10})");
  CHECK(it.state(id) == run_state::failed);
  CHECK(w.log == booked_and_undone);
}

TEST_CASE("what a child did that nobody waited for is undone",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  CHECK(it.state(it.submit("careless", {})) == run_state::failed);
  CHECK(w.log == booked_and_undone);
}

TEST_CASE("of a step that something else answered for, that is undone",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  CHECK(it.state(it.submit("lodging", {})) == run_state::failed);
  CHECK(w.log == std::vector<std::string>{"book \"room\"", "undo \"room\""});
}

TEST_CASE("an undo that fails is a person's, and the rest waits for it",
          "[runtime][undo]") {
  auto w = world{};
  auto it = life{new_store(), w};
  it.undo_broken = true;
  const auto id = it.submit("trip", "fail");
  REQUIRE(it.state(id) == run_state::parked);
  CHECK(w.undone.empty());
  const auto t = only_ticket(*it.store);
  CHECK(t.step == "2~undo");
  CHECK(t.options == std::vector{verb::retry, verb::skip});
  SECTION("retried once it can work") {
    it.undo_broken = false;
    it.decide(verb::retry);
    CHECK(w.log == booked_and_undone);
  }
  SECTION("done by hand") {
    it.undo_broken = false;
    it.decide(verb::skip, "null");
    CHECK(w.log
          == std::vector<std::string>{"book \"flight\"", "book \"hotel\"",
                                      "undo \"flight\""});
  }
  CHECK(it.state(id) == run_state::failed);
}

TEST_CASE("nothing is undone twice or left, wherever the process dies",
          "[runtime][undo]") {
  const auto whole = new_store();
  {
    auto w = world{};
    auto it = life{whole, w};
    static_cast<void>(it.submit("journey", {}));
  }
  const auto count = whole->records_in_order().size();
  for (auto n = std::size_t{1}; n < count; ++n) {
    INFO("cut after record " << n);
    auto cut = std::shared_ptr<memory_store>{whole->prefix(n)};
    auto w = world{};
    auto it = life{cut, w};
    it.pass(10s);
    const auto rows = cut->list_runs({});
    for (const auto& row : rows)
      CHECK(is_terminal(row.state));
    for (const auto& [key, times] : w.undone)
      CHECK(times == 1);
    auto done = std::set<std::pair<run_number, step_path>>{};
    auto undone = done;
    for (const auto& r : cut->records_in_order()) {
      const auto success = r.kind == record_kind::outcome
                           && r.body.find("\"failure\"") == std::string::npos;
      if (!success)
        continue;
      if (is_undo(r.step))
        undone.emplace(r.run, r.step);
      else if (r.body.find("\"n\":") != std::string::npos)
        done.emplace(r.run, r.step);
    }
    CHECK(done.size() == 4);
    CHECK(undone.size() == done.size());
  }
}
