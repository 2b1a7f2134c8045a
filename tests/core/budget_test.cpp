#include "support/catch.hpp"

#include <stanchion/core/budget.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

#include <limits>

using namespace stanchion;

TEST_CASE("of two budgets the tighter limit of each kind holds",
          "[core][budget]") {
  const auto x = budget{.time = 10s, .steps = 5};
  const auto y = budget{.time = 20s, .attempts = 7};
  CHECK(tighter(x, y) == budget{.time = 10s, .steps = 5, .attempts = 7});
  CHECK(tighter(x, {}) == x);
}

TEST_CASE("an extension raises the limits that there are, and no others",
          "[core][budget]") {
  const auto x = budget{.time = 10s, .steps = 5};
  CHECK(enlarged(x, {.time = 5s, .steps = 2, .attempts = 9})
        == budget{.time = 15s, .steps = 7});
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  CHECK(enlarged({.steps = most - 1}, {.steps = 5}) == budget{.steps = most});
}

TEST_CASE("what is left of a spent budget is not nothing", "[core][budget]") {
  const auto x = budget{.time = 10s, .steps = 5, .attempts = 3};
  CHECK(rest(x, {.time = 4s, .steps = 2, .attempts = 1})
        == budget{.time = 6s, .steps = 3, .attempts = 2});
  CHECK(rest(x, {.time = 1h, .steps = 9, .attempts = 3})
        == budget{.time = 1us, .steps = 1, .attempts = 1});
}

TEST_CASE("a share of a limit is reached at the unit that makes it full",
          "[core][budget]") {
  auto [limit, used, percent, expected]
    = GENERATE(table<std::uint64_t, std::uint64_t, std::uint64_t, bool>({
      {10, 7, 80, false},
      {10, 8, 80, true},
      {1, 0, 80, true},
      {1'000, 799, 80, false},
      {1'000, 800, 80, true},
      {3, 3, 100, true},
      {3, 2, 100, false},
    }));
  CAPTURE(limit, used, percent);
  CHECK(reached(limit, used, percent) == expected);
}

TEST_CASE("a budget reads back from its JSON", "[core][budget]") {
  auto x = GENERATE(budget{}, budget{.time = 3s},
                    budget{.time = 1us, .steps = 4, .attempts = 2});
  CHECK(budget_from_json(json(x)) == x);
}

TEST_CASE("limits of nothing are refused", "[core][budget]") {
  CHECK(validate(budget{.time = 0s, .steps = 0, .attempts = 0}).size() == 3);
  CHECK(validate(budget{}).empty());
  CHECK(validate(budget{.time = 1us, .steps = 1, .attempts = 1}).empty());
}

TEST_CASE("an extension that says nothing usable is refused with its form",
          "[core][budget]") {
  CHECK(extension_from_json(json::parse(R"({"seconds": 600, "steps": 2})"))
        == budget{.time = 600s, .steps = 2});
  auto text = GENERATE(as<std::string>{}, "{}", "7", R"({"seconds": 0})",
                       R"({"seconds": -1})", R"({"steps": 1.5})",
                       R"({"minutes": 3})", R"({"attempts": 10000000000})");
  CAPTURE(text);
  CHECK_THROWS_AS(extension_from_json(json::parse(text)), error);
}
