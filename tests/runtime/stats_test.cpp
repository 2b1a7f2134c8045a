#include "support/catch.hpp"
#include "support/journal_samples.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/stats.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Calls as often as its input says.
task<json> calls(agent_context& ctx, value input) {
  for (auto i = 0; i < input["times"].as_int(); ++i)
    co_await ctx.try_call(input["tool"].as_string());
  co_return json{};
}

/// A program whose tools fail as often as they are told to.
struct world {
  world() : rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(agent{"calls", "1", calls});
    rt.add(failing("pay"));
    rt.add(failing("look").fallback(static_value(args("n", 0))));
    rt.start();
    pass(rt, 1ms);
  }
  tool failing(const std::string& name) {
    auto t = tool{name, effect::read_only,
                  [this](const value&, tool_context&) -> json {
                    if (failures > 0 && failures-- > 0)
                      throw tool_error{kind, side_effect::none, "no"};
                    return 1;
                  }};
    t.input(any()).output(any()).run_inline().retry({.max_attempts = 3});
    t.breaker({.consecutive_failures = 100, .failure_rate = 0});
    return t;
  }
  /// Calls `tool` so often; the first attempts fail.
  void run(const std::string& tool, int times, int fail,
           failure_kind of = failure_kind::timeout) {
    failures = fail;
    kind = of;
    const auto input = args("tool", tool, "times", times);
    test::submit(rt, {.agent = "calls", .input = input}, 10min);
  }

  std::shared_ptr<memory_store> store = new_store();
  int failures = 0;
  failure_kind kind = failure_kind::timeout;
  runtime rt;
};

} // namespace

TEST_CASE("a journal says how often tools fail, and of what",
          "[runtime][stats]") {
  auto it = world{};
  it.run("pay", 4, 3);                          // one call fails of timeouts
  it.run("pay", 1, 1, failure_kind::http_5xx);  // a retry helps
  it.run("look", 2, 3, failure_kind::http_4xx); // no retry; a static value
  const auto x = stats(*it.store, {});
  CHECK(x.runs == 3);
  CHECK(x.retries == 3);
  CHECK(x.runs_with_retries == 2);
  CHECK(x.retries_per_run() == Approx(1.0));
  CHECK(x.damaged == 0);
  REQUIRE(x.tools.size() == 2);
  const auto& pay = x.tools.at("pay");
  CHECK(pay.calls == 5);
  CHECK(pay.failed == 1);
  CHECK(pay.error_rate() == Approx(0.2));
  CHECK(pay.attempts == 3 + 3 + 2);
  CHECK(pay.failed_attempts == 4);
  CHECK(pay.retries == 3);
  CHECK(pay.degraded == 0);
  const auto& look = x.tools.at("look");
  CHECK(look.calls == 2);
  CHECK(look.failed == 0);
  CHECK(look.degraded == 2);
  CHECK(look.failed_attempts == 2);
  REQUIRE(x.errors.size() == 1);
  CHECK(x.errors.begin()->second
        == std::map<std::string, std::uint64_t>{
          {"timeout", 3}, {"http_5xx", 1}, {"http_4xx", 2}});
}

TEST_CASE("what is outside of the range does not count", "[runtime][stats]") {
  auto it = world{};
  const auto begun = it.rt.actors().clock().now();
  it.run("pay", 1, 1);
  pass(it.rt, 24h);
  const auto later = it.rt.actors().clock().now();
  it.run("pay", 1, 2);
  const auto counts = [&](const time_range& range) {
    const auto x = stats(*it.store, range);
    return std::pair{x.runs, x.retries};
  };
  using pair = std::pair<std::uint64_t, std::uint64_t>;
  CHECK(counts({}) == pair{2, 3});
  CHECK(counts({.from = later}) == pair{1, 2});
  CHECK(counts({.until = later}) == pair{1, 1});
  CHECK(counts({.from = begun, .until = begun}) == pair{0, 0});
  CHECK(stats(*it.store, {}).errors.size() == 2); // days
}

TEST_CASE("every run is read, however many there are", "[runtime][stats]") {
  const auto store = new_store();
  for (auto n = run_number{1}; n <= 1'234; ++n)
    REQUIRE(commit(*store, make_run(n)) == commit_status::done);
  CHECK(stats(*store, {}).runs == 1'234);
}

TEST_CASE("as a document, what fails most comes first", "[runtime][stats]") {
  auto x = run_stats{.runs = 4, .runs_with_retries = 1, .retries = 2};
  x.tools = {{"a", {.calls = 10, .failed = 1}},
             {"b", {.calls = 2, .failed = 1}},
             {"c", {}}};
  x.errors = {{"2026-01-01", {{"auth", 1}, {"timeout", 5}}},
              {"2026-01-02", {{"auth", 2}}}};
  const auto doc = json(x);
  CHECK(doc["retries_per_run"] == 0.5);
  CHECK(doc["tools"][0]["tool"] == "b");
  CHECK(doc["tools"][0]["error_rate"] == 0.5);
  CHECK(doc["tools"][1]["tool"] == "a");
  CHECK(doc["days"] == json::parse(R"([
    {"day": "2026-01-02", "errors": [{"kind": "auth", "count": 2}]},
    {"day": "2026-01-01", "errors": [{"kind": "timeout", "count": 5},
                                     {"kind": "auth", "count": 1}]}])"));
}
