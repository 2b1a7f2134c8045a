#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>

using namespace stanchion;

namespace {

/// As many as stop an agent if they crash within a minute.
constexpr auto many = 6;

task<json> asks(agent_context& ctx, value) {
  auto answer = co_await ctx.escalate(park_reason::requires_human, "which?");
  co_return answer.get();
}

/// One life of a process that has one version of the agent, in virtual time.
struct life {
  life(std::shared_ptr<memory_store> in, const std::string& version)
    : store(std::move(in)), rt(config{.store = store, .virtual_seed = 7}) {
    rt.add(agent{"asks", version, asks}.restarts(0, 1min).backoff(0s));
    rt.events().subscribe([this](const event& x) {
      crashes += x.kind == event_kind::child_down ? 1 : 0;
    });
    rt.start();
    sim.emplace(rt.actors());
    sim->run();
  }
  void submit() {
    rt.submit({.agent = "asks"}, [](const run_row&) {});
    sim->run();
  }
  /// Answers the open ticket of run `n`.
  void answer(run_number n) {
    const auto open
      = store->list_tickets({.states = {ticket_state::open}, .run = n});
    REQUIRE(open.size() == 1);
    auto decided = false;
    rt.decide(
      {.ticket = open[0].id, .verb = verb::answer, .by = "ann", .payload = "1"},
      [&decided](const std::variant<ticket, error>& x) {
        decided = std::holds_alternative<ticket>(x);
      });
    sim->run();
    REQUIRE(decided);
  }
  [[nodiscard]] run_state state(run_number n) const {
    return store->find_run(n).value().state;
  }

  std::shared_ptr<memory_store> store;
  int crashes = 0;
  runtime rt;
  std::optional<fabric::simulation> sim;
};

} // namespace

TEST_CASE("what comes for runs of a missing version leaves the present one in "
          "peace, and is found when the version is back",
          "[runtime][version]") {
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  {
    auto first = life{store, "1"};
    for (auto i = 0; i < many; ++i)
      first.submit();
  }
  {
    auto without = life{store, "2"};
    for (auto n = run_number{1}; n <= many; ++n)
      without.answer(n);
    without.sim->advance(1min);
    CHECK(without.crashes == 0);
    CHECK(without.state(1) == run_state::waiting);
    without.submit();
    REQUIRE(without.state(many + 1) == run_state::parked);
    without.answer(many + 1);
    CHECK(without.state(many + 1) == run_state::completed);
  }
  auto with = life{store, "1"};
  with.sim->advance(1min);
  for (auto n = run_number{1}; n <= many; ++n)
    CHECK(with.state(n) == run_state::completed);
}
