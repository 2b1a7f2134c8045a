#include "support/catch.hpp"

#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/policy/suspect_queue.hpp>

#include <algorithm>
#include <vector>

using namespace stanchion;

TEST_CASE("suspects go one at a time, in the order in which they came",
          "[supervisors][poison]") {
  suspect_queue x;
  CHECK_FALSE(x.current().has_value());
  CHECK(x.enter({7, "1"}));
  CHECK_FALSE(x.enter({5, "1"}));
  CHECK_FALSE(x.enter({6, "1"}));
  CHECK(x.size() == 3);
  CHECK(x.leave({7, "1"}) == suspect{5, "1"});
  CHECK(x.leave({5, "1"}) == suspect{6, "1"});
  CHECK_FALSE(x.leave({6, "1"}).has_value());
  CHECK(x.size() == 0);
}

TEST_CASE("suspects at the fewest deaths go first, but stop nobody who goes",
          "[supervisors][poison]") {
  suspect_queue x;
  CHECK(x.enter({1, "1"}, 2));
  CHECK_FALSE(x.enter({2, "1"}, 1));
  CHECK_FALSE(x.enter({3, "1"}, 0));
  CHECK_FALSE(x.enter({4, "1"}, 1));
  CHECK(x.current() == suspect{1, "1"});
  CHECK(x.leave({1, "1"}) == suspect{3, "1"});
  CHECK(x.leave({3, "1"}) == suspect{2, "1"});
  CHECK(x.leave({2, "1"}) == suspect{4, "1"});
}

TEST_CASE("a suspect that enters twice keeps its place",
          "[supervisors][poison]") {
  suspect_queue x;
  CHECK(x.enter({1, "1"}));
  CHECK(x.enter({1, "1"}));
  CHECK_FALSE(x.enter({2, "1"}));
  CHECK_FALSE(x.enter({2, "1"}));
  CHECK(x.size() == 2);
  CHECK(x.leave({1, "1"}) == suspect{2, "1"});
}

TEST_CASE("a suspect that leaves while it waits changes nobody's turn",
          "[supervisors][poison]") {
  suspect_queue x;
  CHECK(x.enter({1, "1"}));
  CHECK_FALSE(x.enter({2, "1"}));
  CHECK_FALSE(x.enter({3, "1"}));
  CHECK_FALSE(x.leave({2, "1"}).has_value());
  CHECK_FALSE(x.leave({9, "1"}).has_value());
  CHECK(x.current() == suspect{1, "1"});
  CHECK(x.leave({1, "1"}) == suspect{3, "1"});
}

TEST_CASE("no suspect is forgotten and no two go at once",
          "[supervisors][poison]") {
  const auto chance = seeded_random(11);
  suspect_queue x;
  std::vector<suspect> model;
  for (auto i = 0; i < 20'000; ++i) {
    const auto run = suspect{chance->next() % 30, {}};
    const auto at = std::ranges::find(model, run);
    if (chance->next() % 2 == 0) {
      if (at == model.end())
        model.push_back(run);
      REQUIRE(x.enter(run) == (model.front() == run));
    } else {
      const auto was_first = at == model.begin() && !model.empty();
      if (at != model.end())
        model.erase(at);
      const auto next = x.leave(run);
      REQUIRE(next.has_value() == (was_first && !model.empty()));
    }
    REQUIRE(x.size() == model.size());
    REQUIRE(x.current()
            == (model.empty() ? std::nullopt : std::optional{model.front()}));
  }
}
