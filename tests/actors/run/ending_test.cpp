// Ends that meet something else: a decision, a late answer, a death.

#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <optional>

using namespace stanchion;
using namespace stanchion::test;

namespace {

outcome hang(const call_request&, std::uint32_t) {
  return failure{.kind = failure_kind::timeout, .message = "hang"};
}

outcome refuse(const call_request&, std::uint32_t) {
  return failure{.kind = failure_kind::http_4xx,
                 .effect = side_effect::none,
                 .message = "no"};
}

task<json> asks(agent_context& ctx, value) {
  auto answer = co_await ctx.escalate(park_reason::requires_human, "?");
  co_return answer.get();
}

task<json> asks_later(agent_context& ctx) {
  co_await ctx.sleep_for(1min);
  auto answer = co_await ctx.escalate(park_reason::requires_human, "?");
  co_return answer.get();
}

/// A person is asked while a call is under way.
task<json> asks_beside(agent_context& ctx, value) {
  auto got = co_await ctx.all(ctx.call("slow"), asks_later(ctx));
  co_return args("slow", std::get<0>(got), "answer", std::get<1>(got));
}

task<json> fails_later(agent_context& ctx) {
  co_await ctx.sleep_for(1min);
  auto x = co_await ctx.call("refused");
  co_return x.get();
}

/// Does not wait for a call that may take effect once the other has failed.
task<json> gives_up(agent_context& ctx, value) {
  auto why = std::string{};
  try {
    static_cast<void>(co_await ctx.all(ctx.call("slow"), fails_later(ctx)));
  } catch (const step_error& e) {
    why = e.why().message;
  }
  co_return args("why", why);
}

struct world : run_world {
  using run_world::run_world;
  world() {
    equip();
  }
  void equip() {
    tool("slow", effect::once, hang);
    tool("refused", effect::read_only, refuse);
    agent({"asks", "1", asks});
    agent({"beside", "1", asks_beside});
    agent({"gives up", "1", gives_up});
  }
  /// What a person says about a run's only ticket, by way of the desk.
  void say(verb v, const std::string& payload, std::function<void(bool)> told) {
    sys.send(desk, decide_ticket{only_ticket().id,
                                 {.verb = v, .by = "ann", .payload = payload},
                                 [told](const std::variant<ticket, error>& x) {
                                   told(std::holds_alternative<ticket>(x));
                                 }});
  }
  /// The guard's answer to the call of step 1.1.1.
  void answer(run_number n, const value& x) {
    sys.send(runs.at(n), call_done{{n, "1.1.1", 0}, 1, x});
    sim.run();
  }
  [[nodiscard]] ticket only_ticket() const {
    const auto all = store->list_tickets({});
    REQUIRE(all.size() == 1);
    return all[0];
  }
  [[nodiscard]] bool has(run_number n, const std::string& kind) {
    const auto all = kinds(n);
    return std::ranges::find(all, kind) != all.end();
  }
};

} // namespace

TEST_CASE("of a decision and a cancel in one instant one wins, and a decision "
          "that was acknowledged stands",
          "[run][cancel]") {
  auto decisions = 0;
  constexpr auto seeds = 60;
  for (auto seed = std::uint64_t{1}; seed <= seeds; ++seed) {
    auto w = world{std::shared_ptr<memory_store>{make_memory_store()}, seed};
    w.equip();
    const auto n = w.submit("asks");
    if (seed % 3 == 0)
      w.store->fail_commits(commit_fault::full);
    auto decided = std::optional<bool>{};
    auto cancelled = std::optional<bool>{};
    w.sys.send(w.boss, fabric::routed{n, fabric::message::of(cancel_run{
                                           "enough", "bob",
                                           [&](bool x) { cancelled = x; }})});
    for (auto steps = seed % 12; steps > 0; --steps)
      w.sim.step();
    w.say(verb::answer, "5", [&](bool x) { decided = x; });
    w.sim.advance(5s);
    CAPTURE(seed, w.state(n), w.kinds(n));
    REQUIRE(decided);
    decisions += *decided ? 1 : 0;
    const auto t = w.only_ticket();
    CHECK(t.state
          == (*decided ? ticket_state::decided : ticket_state::withdrawn));
    CHECK(w.has(n, "decided") == *decided);
    CHECK(w.state(n) == (cancelled == true ? "cancelled" : "completed"));
    CHECK((*decided || w.state(n) == "cancelled"));
  }
  CHECK(decisions > 0);
  CHECK(decisions < seeds); // both were seen
}

TEST_CASE_METHOD(world,
                 "a cancelled run that died after its ticket was "
                 "withdrawn ends all the same",
                 "[run][cancel]") {
  const auto n = submit("asks");
  auto b = batch{};
  b.records.push_back({n,
                       static_cast<std::uint32_t>(kinds(n).size()),
                       record_kind::cancel,
                       sys.clock().now(),
                       {},
                       R"({"reason":"enough","by":"ann"})"});
  b.tickets.push_back(only_ticket());
  b.tickets[0].state = ticket_state::withdrawn;
  const auto* p = &b;
  REQUIRE(store->commit({&p, 1}) == commit_status::done);
  auto again = world{store, 2};
  again.equip();
  again.recover();
  CHECK(again.state(n) == "cancelled");
  CHECK(again.only_ticket().state == ticket_state::withdrawn);
}

TEST_CASE_METHOD(world,
                 "a cancelled run whose desk is replaced meanwhile ends "
                 "all the same",
                 "[run][cancel]") {
  const auto n = submit("asks");
  sys.kill(desk);
  settle();
  tell(n, fabric::message::of(cancel_run{"enough", "ann", {}}));
  CHECK(state(n) != "cancelled");
  desk = sys.spawn(
    make_desk({.store = store, .journal = services->journal, .router = boss}));
  sim.advance(5s);
  CHECK(state(n) == "cancelled");
  CHECK(only_ticket().state == ticket_state::withdrawn);
}

TEST_CASE_METHOD(world, "what comes while a run is about to go on is not lost",
                 "[run][park]") {
  const auto n = submit("beside");
  sim.advance(1min);
  REQUIRE(state(n) == "parked");
  auto b = batch{};
  b.tickets.push_back(only_ticket());
  b.tickets[0].state = ticket_state::decided;
  b.tickets[0].decided
    = decision{verb::answer, "ann", sys.clock().now(), "", "5"};
  const auto* p = &b;
  REQUIRE(store->commit({&p, 1}) == commit_status::done);
  store->fail_commits(commit_fault::full, 2);
  tell(n, fabric::message::of(ticket_decided{only_ticket().id}));
  SECTION("a tool's answer") {
    answer(n, 7);
    sim.advance(10s);
    CHECK(result(n) == R"({"answer":5,"slow":7})");
  }
  SECTION("a cancel") {
    tell(n, fabric::message::of(cancel_run{"enough", "ann", {}}));
    answer(n, 7);
    sim.advance(10s);
    CHECK(state(n) == "cancelled");
  }
}

TEST_CASE_METHOD(world,
                 "a run whose program has ended waits for a person to "
                 "say what became of a call that it gave up",
                 "[run][park]") {
  const auto n = submit("gives up");
  sim.advance(1min);
  tell(n, fabric::message::of(call_unknown{
            {n, "1.1.1", 0}, 1, failure{.kind = failure_kind::timeout}}));
  CHECK(state(n) == "parked");
  REQUIRE(tickets().size() == 1);
  CHECK(tickets()[0].reason == park_reason::ambiguous_state);
  SECTION("in this process") {
    decide(n, verb::happened, "7");
    CHECK(result(n) == R"({"why":"no"})");
    CHECK(calls.size() == 2);
  }
  SECTION("in another one") {
    auto again = world{store, 2};
    again.equip();
    again.recover();
    CHECK(again.state(n) == "parked");
    again.decide(n, verb::did_not_happen);
    CHECK(again.result(n) == R"({"why":"no"})");
    CHECK(again.calls.empty());
  }
}

TEST_CASE_METHOD(world, "a late result is shown on the ticket that asks for it",
                 "[run][park]") {
  const auto n = submit("gives up");
  sim.advance(1min);
  tell(n, fabric::message::of(call_unknown{
            {n, "1.1.1", 0}, 1, failure{.kind = failure_kind::timeout}}));
  tell(n, fabric::message::of(late_result{{n, "1.1.1", 0}, 1, value{7}}));
  CHECK(only_ticket().version == 2);
  CHECK(json::parse(only_ticket().context)["suggested_answer"] == 7);
}

namespace {

class heard_events final : public event_sink {
public:
  void publish(event x) override {
    ++counts[x.kind];
  }
  std::map<event_kind, int> counts;
};

task<json> starts_another(agent_context& ctx, value) {
  auto child = co_await ctx.spawn("asks", args());
  auto x = co_await child.result();
  co_return x.get();
}

} // namespace

TEST_CASE_METHOD(world, "a child that begins is not said to be resumed",
                 "[run][events]") {
  const auto heard = std::make_shared<heard_events>();
  services->events = heard;
  agent({"parent", "1", starts_another});
  submit("parent");
  CHECK(heard->counts[event_kind::run_started] == 2);
  CHECK(heard->counts[event_kind::run_resumed] == 0);
}
