#include "support/catch.hpp"

#include <stanchion/supervisors/policy/restart_backoff.hpp>

#include <cmath>
#include <limits>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);
constexpr auto last_attempt = std::numeric_limits<std::uint32_t>::max();
constexpr backoff_options steady{
  .first = 1s, .factor = 2.0, .cap = 60s, .jitter = jitter::none};

} // namespace

TEST_CASE("delays double up to their cap", "[supervisors][backoff]") {
  auto [attempt, expected] = GENERATE(table<std::uint32_t, duration>({
    {0, 1s},
    {1, 2s},
    {2, 4s},
    {5, 32s},
    {6, 60s},
    {7, 60s},
    {64, 60s},
    {1'100, 60s},
    {last_attempt, 60s},
  }));
  CHECK(ceiling(steady, attempt) == expected);
  CHECK(delay(steady, attempt, 0.3) == expected);
}

TEST_CASE("no options and no attempt overflow a delay",
          "[supervisors][backoff]") {
  const auto attempt = GENERATE(0U, 1U, 62U, 63U, 64U, 5'000U, last_attempt);
  const auto factor = GENERATE(1.0, 1.0000001, 2.0, 100.0);
  const auto cap
    = GENERATE(duration{0}, duration{1}, duration{30 * 24h}, duration::max());
  const backoff_options x{.first = std::min(duration{1}, cap),
                          .factor = factor,
                          .cap = cap,
                          .jitter = jitter::full};
  const auto most = ceiling(x, attempt);
  CHECK(most >= x.first);
  CHECK(most <= cap);
  CHECK(delay(x, attempt, 0.0) == duration{0});
  CHECK(delay(x, attempt, std::nextafter(1.0, 0.0)) <= most);
}

TEST_CASE("full jitter spreads a delay evenly from zero",
          "[supervisors][backoff]") {
  auto x = steady;
  x.jitter = jitter::full;
  auto [unit, expected] = GENERATE(table<double, duration>({
    {0.0, 0s},
    {0.25, 2s},
    {0.5, 4s},
    {1.0, 8s},
    {-1.0, 0s},
    {7.0, 8s},
  }));
  CHECK(delay(x, 3, unit) == expected);
}

TEST_CASE("equal jitter never waits less than half of a delay",
          "[supervisors][backoff]") {
  auto x = steady;
  x.jitter = jitter::equal;
  auto [unit, expected] = GENERATE(table<double, duration>({
    {0.0, 4s},
    {0.25, 5s},
    {0.5, 6s},
    {1.0, 8s},
    {-1.0, 4s},
    {7.0, 8s},
  }));
  CHECK(delay(x, 3, unit) == expected);
}

TEST_CASE("decorrelated jitter grows from the delay before",
          "[supervisors][backoff]") {
  auto x = steady;
  x.jitter = jitter::decorrelated;
  using maybe = std::optional<duration>;
  auto [attempt, before, unit, expected]
    = GENERATE(table<std::uint32_t, maybe, double, duration>({
      {0, std::nullopt, 0.5, 1s},
      {0, 30s, 0.5, 1s},
      {1, 1s, 0.0, 1s},
      {1, 1s, 0.5, 2s},
      {1, 1s, 1.0, 3s},
      {2, 3s, 1.0, 9s},
      {9, 1s, 1.0, 3s},
      {2, 30s, 1.0, 60s}, // the cap
      {2, 0s, 1.0, 3s},   // as if it had been the first
      {2, std::nullopt, 1.0, 6s},
      {90, std::nullopt, 1.0, 60s},
      {2, -1s, -1.0, 1s},
    }));
  CHECK(delay(x, attempt, unit, before) == expected);
}

TEST_CASE("no jitter leaves its bounds", "[supervisors][backoff]") {
  auto x = steady;
  x.jitter
    = GENERATE(jitter::none, jitter::full, jitter::equal, jitter::decorrelated);
  auto before = duration{0};
  for (auto attempt = 0U; attempt < 40; ++attempt)
    for (const auto unit : {0.0, 0.3, std::nextafter(1.0, 0.0), 1.0}) {
      before = delay(x, attempt, unit, before);
      CHECK(before >= 0s);
      CHECK(before <= x.cap);
    }
}

TEST_CASE("failures in a row decorrelate from one another",
          "[supervisors][backoff]") {
  auto x = steady;
  x.jitter = jitter::decorrelated;
  restart_backoff backoff{x, 10s};
  CHECK(backoff.next(t0, 0.5) == 1s);
  CHECK(backoff.next(t0 + 1s, 0.5) == 2s);
  CHECK(backoff.next(t0 + 3s, 0.5) == 3500ms);
}

TEST_CASE("a first delay of zero stays zero", "[supervisors][backoff]") {
  auto x = steady;
  x.first = 0s;
  CHECK(ceiling(x, last_attempt) == duration{0});
}

TEST_CASE("failures in a row wait longer each time", "[supervisors][backoff]") {
  restart_backoff backoff{steady, 10s};
  CHECK(backoff.next(t0, 0.5) == 1s);
  CHECK(backoff.next(t0 + 1s, 0.5) == 2s);
  CHECK(backoff.next(t0 + 3s, 0.5) == 4s);
  CHECK(backoff.failures() == 3);
}

TEST_CASE("a quiet time as long as the window ends a row of short delays",
          "[supervisors][backoff]") {
  restart_backoff backoff{steady, 10s};
  REQUIRE(backoff.next(t0, 0.5) == 1s);
  auto [since, expected] = GENERATE(table<duration, duration>({
    {10s - 1us, 2s},
    {10s, 1s},
  }));
  CHECK(backoff.next(t0 + since, 0.5) == expected);
}

TEST_CASE("a quiet time of twice the last delay ends a row of long delays",
          "[supervisors][backoff]") {
  restart_backoff backoff{steady, 10s};
  auto now = t0;
  for (int i = 0; i < 5; ++i, now += 1s)
    (void)backoff.next(now, 0.5);
  REQUIRE(backoff.next(now, 0.5) == 32s);
  auto [since, expected] = GENERATE(table<duration, duration>({
    {10s, 60s},
    {64s - 2us, 60s},
    {64s, 1s},
  }));
  CHECK(backoff.next(now + since, 0.5) == expected);
}

TEST_CASE("a row ends when it is reset, not when the clock steps back",
          "[supervisors][backoff]") {
  restart_backoff backoff{steady, 10s};
  REQUIRE(backoff.next(t0, 0.5) == 1s);
  CHECK(backoff.next(t0 - 24h, 0.5) == 2s);
  backoff.reset();
  CHECK(backoff.failures() == 0);
  CHECK(backoff.next(t0 - 24h, 0.5) == 1s);
}

TEST_CASE("the problems of a backoff name the field",
          "[supervisors][backoff]") {
  CHECK(validate(backoff_options{}).empty());
  CHECK(validate(steady).empty());
  auto [options, field] = GENERATE(table<backoff_options, const char*>({
    {{.first = -1us}, "b.first: "},
    {{.factor = 0.5}, "b.factor: "},
    {{.factor = std::nan("")}, "b.factor: "},
    {{.factor = 101.0}, "b.factor: "},
    {{.first = 61s}, "b.cap: "},
    {{.cap = 31 * 24h}, "b.cap: "},
    {{.jitter = static_cast<jitter>(9)}, "b.jitter: "},
  }));
  const auto found = validate(options, "b");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
