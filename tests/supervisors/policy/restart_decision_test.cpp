#include "support/catch.hpp"

#include <stanchion/supervisors/policy/restart_decision.hpp>

using namespace stanchion;

namespace {

using positions = std::vector<std::size_t>;

constexpr auto t0 = from_micros(1'700'000'000'000'000);
constexpr backoff_options steady{
  .first = 1s, .factor = 2.0, .cap = 60s, .jitter = jitter::none};

/// The alternatives of a decision, by their position.
enum verdict : std::size_t { restart, forget, keep, escalate };

struct account {
  restart_budget own{{.max_restarts = 3, .window = 60s}};
  restart_budget shared{{.max_restarts = 5, .window = 60s}};
  restart_backoff backoff{steady, 60s};

  restart_decision fail(instant now, exit_cause cause = exit_cause::failure,
                        restart_type type = restart_type::permanent) {
    return decide(type, cause, {own, &shared, backoff}, now, 0.5);
  }
};

constexpr auto up = child_state::running;
constexpr auto permanent = restart_type::permanent;
constexpr auto transient = restart_type::transient;
constexpr auto temporary = restart_type::temporary;

} // namespace

TEST_CASE("restart type and cause decide what follows an exit",
          "[supervisors][restart]") {
  auto [type, cause, expected]
    = GENERATE(table<restart_type, exit_cause, std::size_t>({
      {restart_type::permanent, exit_cause::normal, restart},
      {restart_type::permanent, exit_cause::shutdown, restart},
      {restart_type::permanent, exit_cause::failure, restart},
      {restart_type::permanent, exit_cause::start_failure, restart},
      {restart_type::permanent, exit_cause::killed_by_supervisor, keep},
      {restart_type::transient, exit_cause::normal, keep},
      {restart_type::transient, exit_cause::shutdown, keep},
      {restart_type::transient, exit_cause::failure, restart},
      {restart_type::transient, exit_cause::start_failure, restart},
      {restart_type::transient, exit_cause::killed_by_supervisor, keep},
      {restart_type::temporary, exit_cause::normal, forget},
      {restart_type::temporary, exit_cause::shutdown, forget},
      {restart_type::temporary, exit_cause::failure, forget},
      {restart_type::temporary, exit_cause::start_failure, forget},
      {restart_type::temporary, exit_cause::killed_by_supervisor, forget},
    }));
  account x;
  CHECK(x.fail(t0, cause, type).index() == expected);
  const std::size_t charged = expected == restart ? 1 : 0;
  CHECK(x.own.spent(t0) == charged);
  CHECK(x.shared.spent(t0) == charged);
  CHECK(x.backoff.failures() == charged);
}

TEST_CASE("failures at start count and back off like any other",
          "[supervisors][restart]") {
  account x;
  for (const auto expected : {1s, 2s, 4s}) {
    const auto verdict = x.fail(t0, exit_cause::start_failure);
    REQUIRE(verdict.index() == restart);
    CHECK(std::get<restart_after>(verdict).delay == expected);
  }
  CHECK(x.fail(t0, exit_cause::start_failure).index() == escalate);
}

TEST_CASE("a child out of its own budget escalates and names it",
          "[supervisors][restart]") {
  account x;
  for (int i = 0; i < 3; ++i)
    REQUIRE(x.fail(t0).index() == restart);
  const auto verdict = x.fail(t0);
  REQUIRE(verdict.index() == escalate);
  CHECK(std::get<stop_and_escalate>(verdict).owner == budget_owner::child);
  CHECK(std::get<stop_and_escalate>(verdict).limit.max_restarts == 3);
  CHECK(x.shared.spent(t0) == 3); // a refusal charges neither
}

TEST_CASE("children within their own budgets exhaust the supervisor's",
          "[supervisors][restart]") {
  account x;
  restart_budget other{{.max_restarts = 3, .window = 60s}};
  for (int i = 0; i < 3; ++i)
    REQUIRE(x.fail(t0).index() == restart);
  const restart_account second{other, &x.shared, x.backoff};
  for (int i = 0; i < 2; ++i)
    REQUIRE(decide(permanent, exit_cause::failure, second, t0, 0.5).index()
            == restart);
  const auto verdict = decide(permanent, exit_cause::failure, second, t0, 0.5);
  REQUIRE(verdict.index() == escalate);
  CHECK(std::get<stop_and_escalate>(verdict).owner == budget_owner::supervisor);
  CHECK(other.spent(t0) == 2);
}

TEST_CASE("a budget of zero escalates the first failure",
          "[supervisors][restart]") {
  restart_budget none{{.max_restarts = 0, .window = 60s}};
  restart_backoff backoff{steady};
  CHECK(decide(permanent, exit_cause::failure, none, backoff, t0, 0.5).index()
        == escalate);
}

TEST_CASE("a strategy decides who is stopped and started around a failure",
          "[supervisors][restart]") {
  // a, b, c, d; c has failed.
  const std::vector<child_view> children{
    {permanent, up},
    {permanent, up},
    {permanent, child_state::stopped},
    {permanent, up},
  };
  auto [how, stop, start] = GENERATE(table<strategy, positions, positions>({
    {strategy::one_for_one, {}, {2}},
    {strategy::one_for_all, {3, 1, 0}, {0, 1, 2, 3}},
    {strategy::rest_for_one, {3}, {2, 3}},
  }));
  const auto plan = plan_restart(how, children, 2);
  CHECK(plan.stop == stop);
  CHECK(plan.start == start);
  CHECK(plan.forget.empty());
}

TEST_CASE("the child that failed is never stopped again",
          "[supervisors][restart]") {
  const std::vector<child_view> children{{permanent, up}, {permanent, up}};
  const auto plan = plan_restart(strategy::one_for_all, children, 0);
  CHECK(plan.stop == positions{1});
  CHECK(plan.start == positions{0, 1});
}

TEST_CASE("a group restart starts ended transients and forgets temporaries",
          "[supervisors][restart]") {
  const std::vector<child_view> children{
    {permanent, child_state::stopped},
    {transient, child_state::stopped}, // ended normally some time ago
    {temporary, up},
    {transient, up},
  };
  const auto plan = plan_restart(strategy::one_for_all, children, 0);
  CHECK(plan.stop == positions{3, 2});
  CHECK(plan.forget == positions{2});
  CHECK(plan.start == positions{0, 1, 3});
}

TEST_CASE("rest_for_one leaves what was started earlier alone",
          "[supervisors][restart]") {
  const std::vector<child_view> children{
    {temporary, up},
    {transient, child_state::stopped},
    {permanent, child_state::stopped},
  };
  const auto plan = plan_restart(strategy::rest_for_one, children, 2);
  CHECK(plan.stop.empty());
  CHECK(plan.forget.empty());
  CHECK(plan.start == positions{2});
}

TEST_CASE("a group stops whatever is not down, in any state",
          "[supervisors][restart]") {
  auto [state, is_stopped] = GENERATE(table<child_state, bool>({
    {child_state::starting, true},
    {child_state::running, true},
    {child_state::stopping, true},
    {child_state::waiting, false},
    {child_state::stopped, false},
  }));
  const std::vector<child_view> children{
    {permanent, child_state::stopped},
    {permanent, state},
  };
  const auto plan = plan_restart(strategy::one_for_all, children, 0);
  CHECK(plan.stop == (is_stopped ? positions{1} : positions{}));
  CHECK(plan.start == positions{0, 1});
  CHECK(plan_stop(children) == plan.stop);
}

TEST_CASE("a member that fails to start is planned again with the rest",
          "[supervisors][restart]") {
  // one_for_all is being restarted: a is up again, b failed to start.
  const std::vector<child_view> children{
    {permanent, up},
    {permanent, child_state::stopped},
    {permanent, child_state::stopped},
  };
  const auto all = plan_restart(strategy::one_for_all, children, 1);
  CHECK(all.stop == positions{0});
  CHECK(all.start == positions{0, 1, 2});
  const auto rest = plan_restart(strategy::rest_for_one, children, 1);
  CHECK(rest.stop.empty());
  CHECK(rest.start == positions{1, 2});
}

TEST_CASE("a supervisor stops its children in reverse start order",
          "[supervisors][restart]") {
  const std::vector<child_view> children{
    {permanent, up},
    {permanent, child_state::waiting},
    {temporary, child_state::starting},
  };
  CHECK(plan_stop(children) == positions{2, 0});
  CHECK(plan_stop({}).empty());
}

TEST_CASE("only a significant child that ended by itself shuts down",
          "[supervisors][restart]") {
  const restart_decision kept = keep_stopped{};
  const restart_decision forgotten = forget_child{};
  const restart_decision again = restart_after{1s};
  const restart_decision given_up = stop_and_escalate{};
  auto [when, significant, cause, verdict, expected] = GENERATE_COPY(
    table<auto_shutdown, bool, exit_cause, restart_decision, bool>({
      {auto_shutdown::any_significant, true, exit_cause::normal, kept, true},
      {auto_shutdown::any_significant, true, exit_cause::failure, forgotten,
       true},
      {auto_shutdown::any_significant, true, exit_cause::failure, again, false},
      {auto_shutdown::any_significant, true, exit_cause::failure, given_up,
       false},
      {auto_shutdown::any_significant, true, exit_cause::killed_by_supervisor,
       forgotten, false},
      {auto_shutdown::any_significant, false, exit_cause::normal, kept, false},
      {auto_shutdown::never, true, exit_cause::normal, kept, false},
      {auto_shutdown::all_significant, true, exit_cause::normal, kept, true},
      {auto_shutdown::all_significant, false, exit_cause::normal, kept, false},
    }));
  const std::vector<child_view> children{
    {transient, child_state::stopped, significant},
    {permanent, up, false},
  };
  CHECK(shuts_down(when, children, 0, cause, verdict) == expected);
}

TEST_CASE("all_significant waits for the last significant child",
          "[supervisors][restart]") {
  auto [other, expected] = GENERATE(table<child_state, bool>({
    {child_state::starting, false},
    {child_state::running, false},
    {child_state::stopping, false},
    {child_state::waiting, false}, // it will be back
    {child_state::stopped, true},
  }));
  const std::vector<child_view> children{
    {transient, child_state::stopped, true},
    {transient, other, true},
  };
  CHECK(shuts_down(auto_shutdown::all_significant, children, 0,
                   exit_cause::normal, keep_stopped{})
        == expected);
}
