#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto steps = 100;
constexpr auto many_runs = 8;
/// No single batch of these runs is heavier: an outcome, an intent, an attempt
/// and a row.
constexpr auto one_batch = std::size_t{2'000};
constexpr auto bound = std::size_t{20'000};

outcome echo(const call_request& x, std::uint32_t) {
  return parse_json(x.arguments);
}

task<json> looks(agent_context& ctx, value) {
  auto sum = std::int64_t{0};
  for (auto i = 0; i < steps; ++i) {
    auto x = co_await ctx.call("look", args("i", i));
    sum += x["i"].as_int();
  }
  co_return json(sum);
}

/// Looks at two things at once and pays beside it.
task<json> mixes(agent_context& ctx, value) {
  for (auto i = 0; i < 10; ++i) {
    auto both = co_await ctx.all(ctx.call("look", args("i", i)),
                                 ctx.call("pay", args("i", i)));
    static_cast<void>(both);
  }
  co_return json("mixed");
}

task<json> branch(agent_context& ctx) {
  for (auto i = 0; i < steps; ++i)
    co_await ctx.call("look", args("i", i));
  co_return json{};
}

/// Looks at many things beside a call that is never answered.
task<json> hangs(agent_context& ctx, value) {
  auto both = co_await ctx.all(ctx.call("hang", args()), branch(ctx));
  static_cast<void>(both);
  co_return json{};
}

/// A store that notes all that a run's row says, one after the other.
class noting_store final : public memory_store {
public:
  run_number noted = 0;
  std::vector<run_state> states;

  commit_status commit(std::span<const batch* const> xs) override {
    const auto status = memory_store::commit(xs);
    if (status == commit_status::done)
      for (const auto* x : xs)
        for (const auto& row : x->runs)
          if (row.number == noted)
            states.push_back(row.state);
    return status;
  }
};

struct world : run_world {
  explicit world(std::uint64_t seed, std::shared_ptr<memory_store> in
                                     = std::make_shared<memory_store>())
    : run_world(std::move(in), seed, bound) {
    tool("look", effect::read_only, echo);
    tool("pay", effect::once, echo);
    agent({"looks", "1", looks});
    tool("hang", effect::once, [](const call_request&, std::uint32_t) {
      return outcome{failure{.kind = failure_kind::timeout, .message = "hang"}};
    });
    agent({"mixes", "1", mixes});
    agent({"hangs", "1", hangs});
  }
};

} // namespace

TEST_CASE("runs ask for no more while the journal is behind",
          "[run][backlog]") {
  const auto [agent, result] = GENERATE(table<std::string, std::string>(
    {{"looks", "4950"}, {"mixes", R"("mixed")"}}));
  const auto seed = GENERATE(1U, 2U, 3U);
  INFO(agent << ", seed " << seed);
  auto w = world{seed};
  w.store->fail_commits(commit_fault::full, 3);
  auto runs = std::vector<run_number>{};
  for (auto i = 0; i < many_runs; ++i)
    runs.push_back(w.begin(agent));
  w.settle();
  const auto stuck_at = w.services->backlog->waiting();
  CHECK(stuck_at > 0);
  CHECK(stuck_at <= bound + many_runs * one_batch);
  w.sim.advance(2s); // and still the store is full
  CHECK(w.services->backlog->waiting() == stuck_at);
  w.sim.advance(2s);
  for (const auto n : runs)
    CHECK(w.result(n) == result);
  CHECK(w.services->backlog->waiting() == 0);
  CHECK(w.crashes.empty());
}

TEST_CASE("a run that is held back does not read as waiting",
          "[run][backlog]") {
  const auto noting = std::make_shared<noting_store>();
  auto w = world{1, noting};
  w.store->fail_commits(commit_fault::full, 1);
  const auto n = w.begin("looks");
  noting->noted = n;
  for (auto i = 0; i < many_runs; ++i)
    w.begin("looks");
  w.settle();
  REQUIRE(w.services->backlog->past_bound());
  w.sim.advance(2s);
  CHECK(w.state(n) == "completed");
  CHECK(noting->states.front() == run_state::running);
  CHECK(
    std::count(noting->states.begin(), noting->states.end(), run_state::waiting)
    == 0);
}

TEST_CASE("a held-back run is cancelled all the same", "[run][backlog]") {
  auto w = world{4};
  w.store->fail_commits(commit_fault::full, 1);
  auto runs = std::vector<run_number>{};
  for (auto i = 0; i < many_runs; ++i)
    runs.push_back(w.begin("looks"));
  w.settle();
  REQUIRE(w.services->backlog->past_bound());
  w.sys.send(w.runs.at(runs[0]),
             fabric::message::of(cancel_run{"enough", "ann", {}}));
  w.settle();
  w.sim.advance(2s);
  CHECK(w.state(runs[0]) == "cancelled");
  CHECK(w.state(runs[1]) == "completed");
}

TEST_CASE("a run that is held back goes on beside a call that hangs",
          "[run][backlog]") {
  const auto seed = GENERATE(1U, 2U, 3U);
  auto w = world{seed};
  w.store->fail_commits(commit_fault::full, 1);
  const auto n = w.begin("hangs");
  for (auto i = 0; i < many_runs; ++i)
    w.begin("looks");
  w.settle();
  REQUIRE(w.services->backlog->past_bound());
  w.sim.advance(2s);
  const auto mine
    = std::count_if(w.calls.begin(), w.calls.end(), [n](const auto& x) {
        return x.starts_with(std::to_string(n) + "/");
      });
  CHECK(mine == steps + 1);
}
