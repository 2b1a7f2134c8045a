#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using texts = std::vector<std::string>;

/// Keeps the events of some kinds.
class kept_events final : public event_sink {
public:
  explicit kept_events(event_kinds kinds) : kinds_(kinds) {
    // nop
  }
  void publish(event x) override {
    all.push_back(std::move(x));
  }
  [[nodiscard]] bool wants(event_kind x) const override {
    return kinds_.contains(x);
  }

  std::vector<event> all;

private:
  event_kinds kinds_;
};

outcome echo(const call_request& x, std::uint32_t) {
  return parse_json(x.arguments);
}

task<json> looks(agent_context& ctx, value) {
  auto x = co_await ctx.call("look", args("n", 1));
  co_await ctx.sleep_for(1min);
  co_return x.get();
}

task<json> fails(agent_context& ctx, value) {
  auto x = co_await ctx.try_call("nowhere", args());
  co_return json(x.ok());
}

task<json> asks(agent_context& ctx, value) {
  auto x = co_await ctx.escalate(park_reason::requires_human, "which?");
  co_return x.get();
}

struct world : run_world {
  world() : world(std::shared_ptr<memory_store>{make_memory_store()}) {
    // nop
  }
  explicit world(std::shared_ptr<memory_store> in) : run_world(std::move(in)) {
    tool("look", effect::read_only, echo);
    tool("pay", effect::idempotent, echo);
    agent({"looks", "1", looks});
    agent({"fails", "1", fails});
    agent({"asks", "1", asks});
    agent({"pays", "1", [](agent_context& ctx, value) -> task<json> {
             co_await ctx.call("pay", args());
             co_return json{};
           }});
  }

  /// From now on events of these kinds are kept.
  void listen(event_kinds kinds) {
    sink = std::make_shared<kept_events>(kinds);
    services->events = sink;
  }
  /// Each as `kind step fields`.
  texts heard() const {
    auto result = texts{};
    for (const auto& x : sink->all)
      result.push_back(std::string{to_string(x.kind)} + " " + x.step + " "
                       + x.fields);
    return result;
  }

  std::shared_ptr<kept_events> sink;
};

} // namespace

TEST_CASE_METHOD(world, "a step is told from its asking to its end",
                 "[run][events]") {
  listen({event_kind::step_asked, event_kind::attempt_started,
          event_kind::step_ended, event_kind::run_waiting});
  const auto n = submit("looks");
  sim.advance(1min);
  REQUIRE(result(n) == R"({"n":1})");
  const auto xs = heard();
  REQUIRE(xs.size() == 6);
  CHECK(xs[0] == R"(step_asked 1 {"kind":"call","name":"look"})");
  CHECK(xs[1] == R"(attempt_started 1 {"attempt":1,"tool":"look"})");
  CHECK(xs[2]
        == "step_ended 1 {\"attempts\":1,\"duration_us\":0,"
           "\"source\":\"primary\",\"tool\":\"look\"}");
  CHECK(xs[3] == R"(step_asked 2 {"kind":"timer"})");
  CHECK_THAT(xs[4], StartsWith("run_waiting")
                      && ContainsSubstring("a timer at step 2")
                      && ContainsSubstring("2026-01-01T00:01:00"));
  CHECK(xs[5] == R"(step_ended 2 {"source":"primary"})");
  CHECK(sink->all[0].subject == "looks");
  CHECK(sink->all[0].run == row(n).id);
}

TEST_CASE_METHOD(world, "a replay asks for nothing again, and tells nothing",
                 "[run][events]") {
  submit("looks");
  auto again = world{std::shared_ptr<memory_store>{store->prefix(99)}};
  again.listen({event_kind::step_asked, event_kind::step_ended});
  again.recover();
  CHECK(again.heard().empty());
}

TEST_CASE_METHOD(world, "a step that failed is told with its failure",
                 "[run][events]") {
  listen({event_kind::step_ended});
  submit("fails");
  REQUIRE(heard().size() == 1);
  CHECK_THAT(heard()[0], ContainsSubstring("unknown_tool"));
}

TEST_CASE_METHOD(world, "a step the process died of too often is told",
                 "[run][events]") {
  tool("pay", effect::idempotent, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::timeout, .message = "hang"}};
  });
  const auto n = submit("pays");
  auto again = std::shared_ptr<memory_store>{store->prefix(99)};
  auto deaths = batch{};
  auto seq = static_cast<std::uint32_t>(again->read(n, 0).size());
  for (auto i = 0; i < 3; ++i)
    deaths.records.push_back({n, seq++, record_kind::death, sys.clock().now(),
                              "1", R"({"alone":true})"});
  const auto* pointer = &deaths;
  REQUIRE(again->commit({&pointer, 1}) == commit_status::done);
  auto next = world{again};
  next.listen({event_kind::step_quarantined});
  next.recover();
  CHECK(next.state(n) == "parked");
  CHECK(next.heard()
        == texts{R"(step_quarantined 1 {"deaths":3,"tool":"pay"})"});
}

TEST_CASE_METHOD(world, "what nobody wants is not made", "[run][events]") {
  listen({event_kind::run_ended});
  submit("fails");
  CHECK(heard().size() == 1);
}
