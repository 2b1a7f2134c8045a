#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/operation.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Calls once, and says how that ended and when.
task<json> calls(agent_context& ctx, value) {
  const auto began = ctx.now();
  auto x = co_await ctx.try_call("slow");
  const auto seconds
    = std::chrono::duration_cast<std::chrono::seconds>(ctx.now() - began);
  co_return args("ok", x.ok(), "why", x.ok() ? "" : to_string(x.why().kind),
                 "text", x.ok() ? "" : x.why().message, "after",
                 seconds.count());
}

/// Waits in steps; shows progress with each unless told to be quiet.
struct steps {
  int count = 0;
  duration each{};
  bool quiet = false;
  bool fails = false;
};

struct life {
  explicit life(const std::shared_ptr<memory_store>& s)
    : store(s), rt(config{.store = s, .virtual_seed = 9}) {
    rt.add(agent{"calls", "1", calls});
  }

  tool slow(effect e = effect::read_only) {
    auto t
      = tool{"slow", e, [this](tool_context& ctx, value) { return work(ctx); }};
    t.input(any()).output(any());
    return t;
  }
  task<json> work(tool_context& ctx) {
    ++attempts;
    for (auto i = 0; i < how.count; ++i) {
      co_await ctx.sleep_for(how.each);
      if (!how.quiet)
        ctx.progress("step");
    }
    if (how.fails)
      throw tool_error{failure_kind::network, side_effect::none, "down"};
    co_return json("done");
  }
  void begin() {
    rt.start();
    pass(1ms);
  }
  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit() {
    return test::submit(rt, {.agent = "calls"}, 1ms);
  }
  json result(const run_id& id) {
    return rt.result(id).get().get();
  }

  std::shared_ptr<memory_store> store;
  steps how;
  int attempts = 0;
  runtime rt;
};

} // namespace

TEST_CASE("an attempt that shows no progress is given up, one that does is not",
          "[runtime][timeout]") {
  auto it = life{new_store()};
  it.rt.add(
    it.slow().timeout(1min).idle_timeout(5s).retry({.max_attempts = 1}));
  it.how = {.count = 10, .each = 4s, .quiet = GENERATE(true, false)};
  it.begin();
  const auto id = it.submit();
  it.pass(2min);
  const auto x = it.result(id);
  CHECK(x["ok"] == !it.how.quiet);
  CHECK(x["after"] == (it.how.quiet ? 5 : 40));
  if (it.how.quiet)
    CHECK(x["text"] == "no progress within 5s");
}

TEST_CASE("a call ends when its own time is up, whatever its attempts do",
          "[runtime][timeout]") {
  auto it = life{new_store()};
  it.rt.add(it.slow().timeout(8s).call_timeout(20s).retry(
    {.max_attempts = 5,
     .backoff
     = {.first = 1s, .factor = 1, .cap = 1s, .jitter = jitter::none}}));
  SECTION("they hang") {
    it.how = {.count = 1, .each = 1h};
    it.begin();
    const auto id = it.submit();
    it.pass(1min);
    CHECK(it.attempts == 3); // at 0 s, 9 s and 18 s
    CHECK(it.result(id)["after"] == 20);
  }
  SECTION("they fail at once, and the next would come too late") {
    it.how = {.count = 1, .each = 6s, .fails = true};
    it.begin();
    const auto id = it.submit();
    it.pass(1min);
    CHECK(it.attempts == 3); // at 0 s, 7 s and 14 s, which ends at 20 s
    CHECK(it.result(id)["after"] == 20);
  }
}

TEST_CASE("the time of a call goes on while no process is there",
          "[runtime][timeout]") {
  const auto store = new_store();
  const auto equip = [](life& it) {
    it.rt.add(it.slow().timeout(8s).call_timeout(20s).retry(
      {.max_attempts = 5,
       .backoff
       = {.first = 1s, .factor = 1, .cap = 1s, .jitter = jitter::none}}));
    it.how = {.count = 1, .each = 1h};
    it.begin();
  };
  auto id = run_id{};
  {
    auto it = life{store};
    equip(it);
    id = it.submit();
    it.pass(10s);
  }
  auto it = life{store}; // whose clock begins anew: 10 s before the death
  equip(it);
  it.pass(1min);
  CHECK(it.result(id)["after"] == 20);
}

TEST_CASE("a call whose time is up after it may have acted is a person's",
          "[runtime][timeout]") {
  auto it = life{new_store()};
  it.rt.add(it.slow(effect::once)
              .timeout(8s)
              .call_timeout(9s)
              .retry({.max_attempts = 1}));
  it.how = {.count = 1, .each = 1h};
  it.begin();
  const auto id = it.submit();
  it.pass(1min);
  CHECK(it.store->find_run(id)->state == run_state::parked);
}
