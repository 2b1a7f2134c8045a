#include "support/catch.hpp"

#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>

using namespace stanchion;

namespace {

void enter(concurrency_limit& x, int times) {
  for (auto i = 0; i < times; ++i)
    REQUIRE(x.try_enter());
}

} // namespace

TEST_CASE("as many enter as there are places", "[supervisors][concurrency]") {
  concurrency_limit x{{.most = 3}};
  enter(x, 3);
  CHECK_FALSE(x.try_enter());
  CHECK(x.in_use() == 3);
  x.leave();
  CHECK(x.has_place());
  CHECK(x.try_enter());
  CHECK_FALSE(x.try_enter());
}

TEST_CASE("a queue is bounded", "[supervisors][concurrency]") {
  auto [waiting, may] = GENERATE(table<std::size_t, bool>({
    {0, true},
    {1, true},
    {2, false},
    {9, false},
  }));
  const concurrency_limit x{{.most = 1, .queue = 2}};
  CHECK(x.may_wait(waiting) == may);
  CHECK_FALSE(concurrency_limit{{.most = 1, .queue = 0}}.may_wait(0));
}

TEST_CASE("a limit that does not adapt stays", "[supervisors][concurrency]") {
  concurrency_limit x{{.most = 8}};
  enter(x, 8);
  CHECK_FALSE(x.report(load_sign::overloaded, 1h, 8));
  CHECK_FALSE(x.report(load_sign::fine, 0s, 8));
  CHECK(x.limit() == 8);
}

TEST_CASE("a limit grows by one while it is used, and shrinks by a share",
          "[supervisors][concurrency]") {
  const auto fine = load_sign::fine;
  const auto over = load_sign::overloaded;
  const auto nothing = load_sign::nothing;
  auto [initial, in_use, sign, took, limit] = GENERATE_COPY(
    table<std::uint32_t, std::uint32_t, load_sign, duration, std::uint32_t>({
      {20, 10, fine, 1s, 21},
      {20, 9, fine, 1s, 20},     // half of it is idle
      {100, 100, fine, 1s, 100}, // `most`
      {20, 1, over, 1s, 18},
      {20, 1, fine, 5s, 20},
      {20, 20, fine, 5s + 1us, 18}, // slow: overloaded
      {5, 5, over, 1s, 4},          // by one at least
      {2, 2, over, 1s, 2},          // `least`
      {20, 20, nothing, 1h, 20},
    }));
  concurrency_limit x{
    {.most = 100, .adapt = aimd_options{.initial = initial, .least = 2}}};
  const auto change = x.report(sign, took, in_use);
  CHECK(x.limit() == limit);
  CHECK(change.has_value() == (limit != initial));
  if (change) {
    CHECK(change->from == initial);
    CHECK(change->to == limit);
  }
}

TEST_CASE("a limit that shrinks puts nobody out",
          "[supervisors][concurrency]") {
  concurrency_limit x{{.most = 10, .adapt = aimd_options{.shrink = 0.5}}};
  enter(x, 10);
  (void)x.report(load_sign::overloaded, 0s, 10);
  REQUIRE(x.limit() == 5);
  CHECK(x.in_use() == 10);
  for (auto i = 0; i < 5; ++i) {
    CHECK_FALSE(x.try_enter());
    x.leave();
  }
  CHECK_FALSE(x.try_enter());
  x.leave();
  CHECK(x.try_enter());
}

TEST_CASE("an adaptive limit stays between its bounds, whatever happens",
          "[supervisors][concurrency]") {
  const auto seed = GENERATE(range(1, 50));
  const auto chance = seeded_random(static_cast<std::uint64_t>(seed));
  concurrency_limit x{{.most = 12, .adapt = aimd_options{.least = 3}}};
  auto inside = 0U;
  for (auto i = 0; i < 2'000; ++i) {
    if (chance->next() % 2 == 0) {
      inside += x.try_enter() ? 1 : 0;
    } else if (inside > 0) {
      const auto sign = static_cast<load_sign>(chance->next() % 3 + 1);
      (void)x.report(sign, duration{chance->next() % 6'000'000}, inside);
      x.leave();
      --inside;
    }
    CHECK(x.in_use() == inside);
    CHECK(x.limit() >= 3);
    CHECK(x.limit() <= 12);
    CHECK(inside <= 12);
  }
}

TEST_CASE("what says that a tool is overloaded", "[supervisors][concurrency]") {
  CHECK(sign_of(failure_kind::timeout) == load_sign::overloaded);
  CHECK(sign_of(failure_kind::rate_limited) == load_sign::overloaded);
  CHECK(sign_of(failure_kind::overloaded) == load_sign::overloaded);
  CHECK(sign_of(failure_kind::http_5xx) == load_sign::nothing);
  CHECK(sign_of(failure_kind::not_found) == load_sign::nothing);
}

TEST_CASE("the problems of a concurrency limit name the field",
          "[supervisors][concurrency]") {
  CHECK(validate(concurrency_options{.most = 1}).empty());
  CHECK(
    validate(concurrency_options{.most = 1, .adapt = aimd_options{}}).empty());
  auto [options, field] = GENERATE(table<concurrency_options, const char*>({
    {concurrency_options{}, "limit.most: "},
    {{.most = 100'001}, "limit.most: "},
    {{.most = 1, .queue = 1'000'001}, "limit.queue: "},
    {{.most = 1, .max_wait = -1s}, "limit.max_wait: "},
    {{.most = 5, .adapt = aimd_options{.least = 6}}, "limit.adapt.least: "},
    {{.most = 5, .adapt = aimd_options{.initial = 1, .least = 2}},
     "limit.adapt.initial: "},
    {{.most = 5, .adapt = aimd_options{.shrink = 1.0}}, "limit.adapt.shrink: "},
    {{.most = 5, .adapt = aimd_options{.slow_after = 0s}},
     "limit.adapt.slow_after: "},
  }));
  const auto found = validate(options, "limit");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
