#include "support/catch.hpp"

#include <stanchion/supervisors/policy/retry_budget.hpp>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);

/// How many retries `x` allows at `now`.
int spend_all(retry_budget& x, instant now) {
  auto result = 0;
  while (result < 10'000 && x.try_spend(now))
    ++result;
  return result;
}

} // namespace

TEST_CASE("a budget holds its reserve and a share of the calls",
          "[supervisors][retry_budget]") {
  auto [share, reserve, calls, expected]
    = GENERATE(table<double, std::uint32_t, int, int>({
      {0.2, 10, 0, 10},
      {0.2, 10, 4, 10},
      {0.2, 10, 5, 11},
      {0.2, 10, 100, 30},
      {0.2, 0, 100, 20},
      {0.1, 0, 100, 10},
      {0.0, 3, 100, 3},
      {0.0, 0, 100, 0},
      {10.0, 0, 1, 10},
    }));
  retry_budget x{{.share = share, .reserve = reserve}};
  for (auto i = 0; i < calls; ++i)
    x.deposit(t0);
  CHECK(x.left(t0) == static_cast<std::uint64_t>(expected));
  CHECK(spend_all(x, t0) == expected);
  CHECK(x.left(t0) == 0);
  CHECK_FALSE(x.try_spend(t0));
}

TEST_CASE("retries cannot become the outage", "[supervisors][retry_budget]") {
  // A tool that fails for a minute, asked 100 times a second; each call would
  // be tried twice more.
  retry_budget x;
  auto retries = 0;
  for (auto i = 0; i < 6'000; ++i) {
    const auto now = t0 + i * 10ms;
    x.deposit(now);
    retries += x.try_spend(now) ? 1 : 0;
    retries += x.try_spend(now) ? 1 : 0;
  }
  CHECK(retries <= 6'000 / 5 + 7 * 100);
  CHECK(retries >= 6'000 / 5);
}

TEST_CASE("what was spent comes back when its window is over",
          "[supervisors][retry_budget]") {
  retry_budget x{{.reserve = 5, .window = 10s}};
  REQUIRE(spend_all(x, t0) == 5);
  CHECK(spend_all(x, t0 + 8s) == 0);
  CHECK(spend_all(x, t0 + 11s) == 5);
}

TEST_CASE("calls of long ago earn no retries", "[supervisors][retry_budget]") {
  retry_budget x{{.share = 1.0, .reserve = 0, .window = 10s}};
  for (auto i = 0; i < 50; ++i)
    x.deposit(t0);
  CHECK(x.left(t0 + 8s) == 50);
  CHECK(x.left(t0 + 11s) == 0);
}

TEST_CASE("a budget survives a restart of its guard",
          "[supervisors][retry_budget]") {
  const auto options = retry_budget_options{.reserve = 5, .window = 10s};
  retry_budget x{options};
  REQUIRE(x.try_spend(t0));
  REQUIRE(x.try_spend(t0));
  const auto text = x.to_text(t0);
  auto [since, expected] = GENERATE(table<duration, std::uint64_t>({
    {0s, 3}, {9s, 3}, {10s, 5}, {-1h, 3}, // the clock stepped back
  }));
  auto y = retry_budget::from_text(text, options, t0 + since);
  CHECK(y.left(t0 + since) == expected);
}

TEST_CASE("text that no budget wrote has nothing in reserve, for a while",
          "[supervisors][retry_budget]") {
  const auto* text = GENERATE(
    "{", "[]", "null", "{}", R"({"version":2,"balance":0,"at":0})",
    R"({"version":1,"at":0})", R"({"version":1,"balance":"x","at":0})",
    R"({"version":1,"balance":1.5,"at":0})",
    R"({"version":1,"balance":18446744073709551615,"at":0})");
  auto x = retry_budget::from_text(text, {}, t0);
  CHECK(x.left(t0) == 0);
  CHECK(x.left(t0 + 11s) == 100);
}

TEST_CASE("what is kept cannot enlarge a budget beyond measure",
          "[supervisors][retry_budget]") {
  const auto text = R"({"version":1,"balance":2000000000000000,"at":)"
                    + std::to_string(to_micros(t0)) + "}";
  auto x = retry_budget::from_text(text, {.reserve = 5}, t0);
  CHECK(x.left(t0) == 10);
}

TEST_CASE("the problems of a retry budget name the field",
          "[supervisors][retry_budget]") {
  CHECK(validate(retry_budget_options{}).empty());
  auto [options, field] = GENERATE(table<retry_budget_options, const char*>({
    {{.share = -0.1}, "b.share: "},
    {{.share = 11.0}, "b.share: "},
    {{.reserve = 100'001}, "b.reserve: "},
    {{.window = 999ms}, "b.window: "},
    {{.window = 2h}, "b.window: "},
  }));
  const auto found = validate(options, "b");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
