#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/http_failure.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>

using namespace stanchion;

namespace {

struct table_locked : std::runtime_error {
  using std::runtime_error::runtime_error;
};

task<json> calls(agent_context& ctx, value) {
  auto x = co_await ctx.try_call("work");
  if (x.ok())
    co_return json("done");
  co_return json(to_string(x.why().kind));
}

/// Runs an agent that calls `work` once; `fail` throws at each attempt but the
/// third.
struct world {
  void go(tool work) {
    rt.add(std::move(work.input(any()).output(any()).run_inline()));
    rt.add(agent{"calls", "1", calls});
    rt.start();
    auto sim = fabric::simulation{rt.actors()};
    sim.advance(1ms);
    rt.submit({.agent = "calls"}, [this](const run_row& row) { id = row.id; });
    sim.advance(1h);
  }
  std::string result() {
    const auto x = rt.result(id);
    return x.ok() ? x.get().as_string() : to_string(x.why());
  }

  std::function<json(const value&, tool_context&)>
  failing(std::function<void()> fail) {
    return [this, fail = std::move(fail)](const value&, tool_context&) -> json {
      if (++attempts < 3)
        fail();
      return 1;
    };
  }

  int attempts = 0;
  run_id id;
  runtime rt{config{.store = make_memory_store(), .virtual_seed = 1}};
};

} // namespace

TEST_CASE("an exception that a rule knows is a failure, not a crash",
          "[runtime][failure_policy]") {
  auto w = world{};
  auto crashes = 0;
  w.rt.events().subscribe([&](const event&) { ++crashes; },
                          {event_kind::child_down});
  w.go(
    tool{"work", effect::once, w.failing([] { throw table_locked{"locked"}; })}
      .classify(failure_rules{}.exception<table_locked>(
        failure_kind::overloaded, side_effect::none)));
  CHECK(w.result() == "done");
  CHECK(w.attempts == 3);
  CHECK(crashes == 0);
}

TEST_CASE("a status that a tool takes for another kind is retried as that",
          "[runtime][failure_policy]") {
  const auto fail
    = [] { throw tool_error{http_failure(404, "no such upstream")}; };
  {
    auto w = world{};
    w.go(tool{"work", effect::idempotent, w.failing(fail)});
    CHECK(w.result() == "not_found");
    CHECK(w.attempts == 1);
  }
  {
    auto w = world{};
    w.go(tool{"work", effect::idempotent, w.failing(fail)}.classify(
      failure_rules{}.status(404, failure_kind::network)));
    CHECK(w.result() == "done");
    CHECK(w.attempts == 3);
  }
}

TEST_CASE("a runtime's row holds for each of its tools",
          "[runtime][failure_policy]") {
  auto w = world{};
  w.rt.set({.rows = {{failure_kind::not_found,
                      {.retry = retry_when::safe, .backoff = true}}}});
  w.go(tool{"work", effect::idempotent,
            w.failing([] { throw tool_error{http_failure(404, "")}; })});
  CHECK(w.result() == "done");
}

TEST_CASE("a policy that cannot work is refused before the start",
          "[runtime][failure_policy]") {
  auto rt = runtime{config{.store = make_memory_store(), .virtual_seed = 1}};
  CHECK_THROWS_WITH(
    rt.set({.rules = failure_rules{}.status(7, failure_kind::auth)}),
    ContainsSubstring("400 to 599"));
  auto bad = tool{"bad", effect::once,
                  [](const value&, tool_context&) { return json{}; }};
  bad.input(any()).output(any()).decide(failure_kind::cancelled,
                                        {.retry = retry_when::safe});
  CHECK_THROWS_WITH(rt.add(bad), ContainsSubstring("cancelled"));
}
