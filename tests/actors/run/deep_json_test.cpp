#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/encode.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto most = defaults::json_depth;

/// Arrays in arrays, `levels` of them.
value nested(std::size_t levels) {
  auto x = json::array();
  for (auto i = std::size_t{1}; i < levels; ++i)
    x = json::array({std::move(x)});
  return value{std::move(x)};
}

std::string text(std::size_t levels) {
  return nested(levels).dump();
}

outcome echo(const call_request& x, std::uint32_t) {
  return parse_json(x.arguments);
}

task<json> passes(agent_context& ctx, value input) {
  auto x = co_await ctx.call("once", input);
  auto y = co_await ctx.call("look", x);
  co_return y.get();
}

task<json> settles(agent_context& ctx, value input) {
  auto child = co_await ctx.spawn("passes", input);
  auto end = co_await child.settled();
  auto again = co_await child.result();
  co_return json(end.result() == again ? again : value{});
}

task<json> asks(agent_context& ctx, value input) {
  auto x = co_await ctx.escalate(park_reason::requires_human, "which?", input);
  co_return x.get();
}

task<json> calls_too_deep(agent_context& ctx, value) {
  co_await ctx.call("once", nested(most + 1));
  co_return json{};
}

task<json> returns_too_deep(agent_context&, value) {
  co_return nested(most + 1).get();
}

struct world : run_world {
  world() : world(std::shared_ptr<memory_store>{make_memory_store()}) {
    // nop
  }
  explicit world(std::shared_ptr<memory_store> in) : run_world(std::move(in)) {
    tool("once", effect::once, echo);
    tool("look", effect::read_only, echo);
    agent({"passes", "1", passes});
    agent({"settles", "1", settles});
    agent({"asks", "1", asks});
    agent({"too deep", "1", calls_too_deep});
    agent({"returns too deep", "1", returns_too_deep});
  }
};

} // namespace

TEST_CASE_METHOD(world,
                 "a run takes, passes on and returns the deepest values there "
                 "may be",
                 "[run][deep]") {
  CHECK(result(submit("passes", nested(most))) == text(most));
  CHECK(crashes.empty());
}

TEST_CASE("a journal of the deepest values is replayed from every cut",
          "[run][deep][cut]") {
  auto reference = world{};
  const auto n = reference.submit("passes", nested(most));
  const auto records = reference.store->records_in_order().size();
  for (auto cut = std::size_t{1}; cut <= records; ++cut) {
    auto w = world{std::shared_ptr<memory_store>{reference.store->prefix(cut)}};
    w.recover();
    INFO("cut after record " << cut);
    CHECK(w.result(n) == text(most));
  }
}

TEST_CASE_METHOD(world, "the deepest value comes from a child that settled",
                 "[run][deep]") {
  const auto n = submit("settles", nested(most));
  CHECK(result(n) == text(most));
  auto again = world{std::shared_ptr<memory_store>{
    store->prefix(store->batch_ends().back() - 1)}};
  again.recover();
  CHECK(again.result(n) == text(most));
}

TEST_CASE_METHOD(world, "a ticket shows and takes the deepest values",
                 "[run][deep][park]") {
  const auto n = submit("asks", nested(most));
  REQUIRE(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  const auto t = tickets()[0];
  CHECK(json::parse(t.context)["user_input"] == nested(most).get());
  const auto shown = json(t);
  CHECK(shown["context"]["user_input"] == nested(most).get());
  CHECK(ticket_from_json(shown).context == t.context);
  decide(n, verb::answer, text(most));
  CHECK(result(n) == text(most));
}

TEST_CASE_METHOD(world, "a ticket shows the deepest arguments of its step",
                 "[run][deep][park]") {
  tool("once", effect::once, [](const call_request&, std::uint32_t) {
    return outcome{failure{.kind = failure_kind::crashed,
                           .effect = side_effect::unknown,
                           .message = "gone"}};
  });
  const auto n = submit("passes", nested(most));
  REQUIRE(state(n) == "parked");
  CHECK(json::parse(tickets().at(0).context)["failing_step"]["arguments"]
        == nested(most).get());
  SECTION("what happened may be as deep") {
    decide(n, verb::happened, text(most));
    CHECK(result(n) == text(most));
  }
}

TEST_CASE_METHOD(world, "arguments one level too deep fail the run and say so",
                 "[run][deep]") {
  const auto n = submit("too deep");
  CHECK(state(n) == "failed");
  CHECK_THAT(result(n), ContainsSubstring("once")
                          && ContainsSubstring("deeper than 64 levels"));
  CHECK(calls.empty());
  CHECK(crashes.empty());
}

TEST_CASE_METHOD(world, "a result one level too deep parks the run and says so",
                 "[run][deep]") {
  const auto n = submit("returns too deep");
  CHECK(state(n) == "parked");
  CHECK_THAT(row(n).waiting_for, ContainsSubstring("deeper than 64 levels"));
}
