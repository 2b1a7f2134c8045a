#include "support/catch.hpp"

#include <stanchion/supervisors/policy/sliding_sum.hpp>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);

} // namespace

TEST_CASE("a sum forgets what is older than its span",
          "[supervisors][sliding_sum]") {
  auto [since, expected] = GENERATE(table<duration, int>({
    {0s, 5},
    {53s, 5},
    {60s, 0},
    {61s, 0},
    {24h, 0},
  }));
  sliding_sum<int> x{60s};
  x.add(t0, 2);
  x.add(t0, 3);
  CHECK(x.total(t0 + since) == expected);
}

TEST_CASE("a steady stream counts nine to ten tenths of the span",
          "[supervisors][sliding_sum]") {
  sliding_sum<int> x{10s};
  for (auto at = t0; at < t0 + 1min; at += 100ms) {
    x.add(at, 1);
    const auto total = x.total(at);
    CHECK(total <= 100);
    if (at > t0 + 10s)
      CHECK(total > 90);
  }
}

TEST_CASE("a sum outlives a clock that steps back, and forgets in time",
          "[supervisors][sliding_sum]") {
  sliding_sum<int> x{10s};
  x.add(t0, 7);
  CHECK(x.total(t0 - 24h) == 7);
  CHECK(x.total(t0 - 24h + 8s) == 7);
  CHECK(x.total(t0 - 24h + 11s) == 0);
}

TEST_CASE("a sum can be cleared", "[supervisors][sliding_sum]") {
  sliding_sum<int> x{10s};
  x.add(t0, 7);
  x.clear();
  CHECK(x.total(t0) == 0);
}
