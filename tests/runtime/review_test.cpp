#include "support/catch.hpp"
#include "support/parts.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Books a seat, waits, and ends as its input says.
task<json> books(agent_context& ctx, value how) {
  co_await ctx.call("book", args("seat", 7));
  co_await ctx.sleep_for(10min);
  if (how == value{"fail"})
    co_await ctx.call("fails");
  co_return json("booked");
}

struct life {
  explicit life(std::shared_ptr<memory_store> s)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(tool{"book", effect::idempotent,
                [this](const value& x, tool_context&) -> json {
                  log.push_back("book " + x["seat"].dump());
                  return args("place", "7a");
                }}
             .input(any())
             .output(any())
             .undo([this](const value& x, tool_context&) -> json {
               if (failing)
                 throw tool_error{failure_kind::http_4xx, side_effect::none,
                                  "too late"};
               log.push_back("cancel " + x["result"]["place"].as_string());
               return nullptr;
             })
             .review_within(1h)
             .run_inline());
    rt.add(failing_tool("fails"));
    rt.add(agent{"books", "1", books}.on_unhandled(on_unhandled::fail));
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id start(const value& how = "well") {
    return test::submit(rt, {.agent = "books", .input = how}, 1ms);
  }
  void decide(verb said) {
    decide_only(rt, said, {}, 1s);
  }
  ticket review() {
    const auto all = store->list_tickets({.kind = ticket_kind::review});
    REQUIRE(all.size() == 1);
    return all.front();
  }

  std::shared_ptr<memory_store> store;
  std::vector<std::string> log;
  bool failing = false;
  runtime rt;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("what was done is shown, and accepted when nobody objects",
          "[runtime][review]") {
  auto it = life{new_store()};
  const auto id = it.start();
  const auto t = it.review();
  CHECK(t.options == std::vector{verb::accept, verb::undo});
  CHECK_THAT(t.context, ContainsSubstring(R"("seat":7)"));
  it.pass(11min); // the run waits for nobody
  CHECK(it.store->find_run(id)->state == run_state::completed);
  it.pass(48min);
  CHECK(it.review().state == ticket_state::open);
  it.pass(1min);
  CHECK(it.review().state == ticket_state::expired);
  CHECK(it.review().decided->verb == verb::accept);
  CHECK(it.log == strings{"book 7"});
}

TEST_CASE("what people do not want is undone by a run of its own, once",
          "[runtime][review]") {
  auto it = life{new_store()};
  const auto id = it.start();
  it.pass(20min);
  it.decide(verb::undo);
  CHECK(it.log == strings{"book 7", "cancel 7a"});
  CHECK(it.store->find_run(id)->state == run_state::completed);
  const auto runs = it.store->list_runs({.agent = "stanchion.undo"});
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].state == run_state::completed);
  it.rt.decide({.ticket = it.review().id, .verb = verb::undo, .by = "ann"}, {});
  it.pass(1s);
  CHECK(it.log.size() == 2);
}

TEST_CASE("a process that dies before the undoing has begun does it later",
          "[runtime][review]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.start();
    first.decide(verb::undo);
  }
  const auto all = store->records_in_order();
  const auto begins = std::find_if(all.begin(), all.end(),
                                   [](const record& r) { return r.run == 2; });
  REQUIRE(begins != all.end());
  auto it = life{std::shared_ptr{store->prefix(
    static_cast<std::size_t>(std::distance(all.begin(), begins)))}};
  it.pass(1s);
  CHECK(it.review().decided->verb == verb::undo);
  CHECK(it.log == strings{"cancel 7a"});
}

TEST_CASE("what a run undoes itself nobody else does", "[runtime][review]") {
  auto it = life{new_store()};
  const auto id = it.start("fail");
  it.pass(11min);
  CHECK(it.store->find_run(id)->state == run_state::failed);
  CHECK(it.review().state == ticket_state::withdrawn);
  CHECK(it.log == strings{"book 7", "cancel 7a"});
}

TEST_CASE("what people have had undone a run that fails leaves alone",
          "[runtime][review]") {
  auto it = life{new_store()};
  const auto id = it.start("fail");
  it.decide(verb::undo);
  it.pass(11min);
  CHECK(it.store->find_run(id)->state == run_state::failed);
  CHECK(it.log == strings{"book 7", "cancel 7a"});
}

TEST_CASE("an undo that fails goes to a person", "[runtime][review]") {
  auto it = life{new_store()};
  it.failing = true;
  it.start();
  it.decide(verb::undo);
  const auto t = only_ticket(*it.store);
  CHECK(t.kind == ticket_kind::escalation);
  CHECK_THAT(t.title, ContainsSubstring("too late"));
  it.failing = false;
  it.decide(verb::retry);
  CHECK(it.log == strings{"book 7", "cancel 7a"});
}

TEST_CASE("a tool is reviewed only if it can be undone", "[runtime][review]") {
  auto rt = runtime{config{.virtual_seed = 1}};
  CHECK_THROWS_AS(
    rt.add(tool{"x", effect::once,
                [](const value&, tool_context&) -> json { return 1; }}
             .input(any())
             .output(any())
             .review_within(1h)),
    error);
}
