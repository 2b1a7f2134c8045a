#include "support/catch.hpp"

#include <stanchion/supervisors/policy/restart_budget.hpp>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);

} // namespace

TEST_CASE("a budget of N refuses exactly the N+1th restart in its window",
          "[supervisors][restart]") {
  const auto n = GENERATE(0U, 1U, 3U, 50U);
  restart_budget budget{{.max_restarts = n, .window = 60s}};
  for (std::uint32_t i = 0; i < n; ++i)
    CHECK(budget.try_spend(t0 + i * 1ms));
  CHECK_FALSE(budget.allows(t0 + 1s));
  CHECK_FALSE(budget.try_spend(t0 + 1s));
  CHECK(budget.spent(t0 + 1s) == n);
}

TEST_CASE("a refused restart is not counted", "[supervisors][restart]") {
  restart_budget budget{{.max_restarts = 1, .window = 10s}};
  REQUIRE(budget.try_spend(t0));
  for (int i = 1; i < 10; ++i)
    CHECK_FALSE(budget.try_spend(t0 + i * 1s));
  CHECK(budget.try_spend(t0 + 10s));
}

TEST_CASE("the window slides: only what is younger than it counts",
          "[supervisors][restart]") {
  restart_budget budget{{.max_restarts = 2, .window = 10s}};
  REQUIRE(budget.try_spend(t0));
  REQUIRE(budget.try_spend(t0 + 6s));
  CHECK_FALSE(budget.try_spend(t0 + 10s - 1us));
  CHECK(budget.try_spend(t0 + 10s)); // the first has left, the second not
  CHECK_FALSE(budget.try_spend(t0 + 16s - 1us));
  CHECK(budget.try_spend(t0 + 16s));
}

TEST_CASE("steady failures are counted though each comes soon after the last",
          "[supervisors][restart]") {
  // "Since the last failure" would never let go of the old ones.
  restart_budget budget{{.max_restarts = 3, .window = 10s}};
  for (int i = 0; i < 100; ++i)
    CHECK(budget.try_spend(t0 + i * 4s));
}

TEST_CASE("a clock that steps back neither frees nor blocks a budget for long",
          "[supervisors][restart]") {
  restart_budget budget{{.max_restarts = 2, .window = 10s}};
  REQUIRE(budget.try_spend(t0));
  REQUIRE(budget.try_spend(t0));
  CHECK_FALSE(budget.try_spend(t0 - 24h));
  CHECK(budget.try_spend(t0 - 24h + 10s));
}

TEST_CASE("the problems of a budget name the field", "[supervisors][restart]") {
  CHECK(validate(restart_budget_options{}).empty());
  CHECK(validate(run_restart_budget).empty());
  CHECK(validate(system_restart_budget).empty());
  auto [options, field] = GENERATE(table<restart_budget_options, const char*>({
    {{.max_restarts = 10'001}, "at.max_restarts: "},
    {{.window = 0s}, "at.window: "},
    {{.window = -1s}, "at.window: "},
  }));
  const auto found = validate(options, "at");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
