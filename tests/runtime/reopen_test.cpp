#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> two_steps(agent_context& ctx, value) {
  auto first = co_await ctx.call("first");
  auto second = co_await ctx.call("second");
  co_return args("first", first.get(), "second", second.get());
}

constexpr auto steady = backoff_options{
  .first = 1min, .factor = 2, .cap = 1h, .jitter = jitter::none};

struct life {
  explicit life(const std::shared_ptr<memory_store>& s,
                const agent& program
                = agent{"works", "1", two_steps}.on_unhandled(retry{
                  .most = 3, .backoff = steady}))
    : store(s), rt(config{.store = s, .virtual_seed = 9}) {
    for (const auto* name : {"first", "second"})
      rt.add(tool{name, effect::idempotent,
                  [this, name](const value&, tool_context& call) -> json {
                    ++calls[name];
                    keys.push_back(call.key);
                    if (std::string{name} == "second" && broken)
                      throw tool_error{*broken};
                    return name;
                  }}
               .input(any())
               .output(any())
               .retry({.max_attempts = 1})
               .breaker({.consecutive_failures = 100, .failure_rate = 0})
               .run_inline()
               .call_timeout(40s));
    rt.add(program);
    rt.events().subscribe([this](const event& x) { told.push_back(x.fields); },
                          {event_kind::step_reopened});
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit() {
    return test::submit(rt, {.agent = "works"});
  }
  run_row row(const run_id& id) {
    return *store->find_run(id);
  }

  std::shared_ptr<memory_store> store;
  std::optional<failure> broken = failure{.kind = failure_kind::http_5xx,
                                          .effect = side_effect::none,
                                          .message = "down"};
  std::map<std::string, int> calls;
  std::vector<std::string> keys;
  std::vector<std::string> told;
  runtime rt;
};

} // namespace

TEST_CASE("the step that a run fails of is tried again, and only that",
          "[runtime][reopen]") {
  auto it = life{new_store()};
  const auto id = it.submit();
  CHECK(it.row(id).state == run_state::waiting);
  CHECK_THAT(it.row(id).waiting_for,
             ContainsSubstring("another try of second"));
  CHECK(it.row(id).next_at.has_value());
  it.pass(1min); // the second series
  CHECK(it.calls["second"] == 2);
  it.broken.reset();
  it.pass(2min);
  CHECK(it.row(id).state == run_state::completed);
  CHECK(it.calls["first"] == 1);
  CHECK(it.calls["second"] == 3);
  CHECK(it.keys[1] == it.keys[2]); // the same key: at most one effect
  REQUIRE(it.told.size() == 2);
  CHECK_THAT(it.told[1], ContainsSubstring(R"("nth":2)"));
}

TEST_CASE("once the tries are used up a person decides, and gets them anew",
          "[runtime][reopen]") {
  auto it = life{new_store()};
  const auto id = it.submit();
  it.pass(10min); // after 1, 2 and 4 more minutes
  CHECK(it.calls["second"] == 4);
  REQUIRE(it.row(id).state == run_state::parked);
  CHECK(only_ticket(*it.store).reason == park_reason::max_retries_exceeded);
  decide_only(it.rt, verb::retry);
  it.pass(10min);
  CHECK(it.calls["second"] == 8);
}

TEST_CASE("waits between tries and their number outlive the process",
          "[runtime][reopen]") {
  const auto store = new_store();
  auto id = run_id{};
  {
    auto it = life{store};
    id = it.submit();
    it.pass(90s); // two series; the third is due 2 min after the second
    CHECK(it.calls["second"] == 2);
  }
  auto it = life{store};
  it.pass(10s); // this life's clock began at zero
  CHECK(it.calls["second"] == 0);
  it.pass(1h);
  CHECK(it.calls["second"] == 2);
  CHECK(it.row(id).state == run_state::parked);
}

TEST_CASE("a step that is tried again has the whole time of a call",
          "[runtime][reopen]") {
  auto it = life{new_store()};
  const auto id = it.submit();
  it.broken.reset();
  it.pass(2min);
  CHECK(it.row(id).state == run_state::completed);
  CHECK(it.calls["second"] == 2);
}

TEST_CASE("what will not pass by itself is not tried again",
          "[runtime][reopen]") {
  auto it = life{new_store()};
  it.broken = failure{
    .kind = failure_kind::auth, .effect = side_effect::none, .message = "no"};
  const auto id = it.submit();
  CHECK(it.row(id).state == run_state::parked);
  CHECK(it.told.empty());
}

TEST_CASE("a service that says how long it takes is not asked before",
          "[runtime][reopen]") {
  auto it = life{new_store()};
  it.broken->retry_after = 30min;
  static_cast<void>(it.submit());
  it.pass(29min);
  CHECK(it.calls["second"] == 1);
  it.pass(2min);
  CHECK(it.calls["second"] == 2);
}

TEST_CASE("tries that would come past the deadline are not waited for",
          "[runtime][reopen]") {
  const auto program = [](duration deadline) {
    return agent{"works", "1", two_steps}
      .on_unhandled(retry{.most = 1, .backoff = steady})
      .deadline(deadline);
  };
  auto it = life{new_store(), program(2min)};
  it.broken->retry_after = 5min;
  CHECK(it.row(it.submit()).state == run_state::parked);
  CHECK(it.told.empty());
}

TEST_CASE("tries that can never be made are refused with both times",
          "[runtime][reopen]") {
  auto rt = runtime{config{.in_memory = true}};
  CHECK_THROWS_WITH(rt.add(agent{"works", "1", two_steps}
                             .on_unhandled(retry{.most = 3, .backoff = steady})
                             .deadline(7min)),
                    ContainsSubstring("(7m) >= deadline (7m)"));
}
