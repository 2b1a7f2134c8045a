#include "support/catch.hpp"

#include <stanchion/core/agent_ledger.hpp>

using namespace stanchion;

namespace {

constexpr auto t0 = instant{1'000'000s};

} // namespace

TEST_CASE("a budget is used up at 100 %, and told with its figures",
          "[core][ledger]") {
  auto it = agent_ledger{};
  it.limit("a", {.attempts = 3, .window = 1h});
  auto told = 0;
  it.on_spent = [&told](const std::string& agent) {
    CHECK(agent == "a");
    ++told;
  };
  it.add("a", {.steps = 100, .attempts = 2}, t0);
  it.add("b", {.attempts = 100}, t0); // has no budget
  CHECK(told == 0);
  CHECK(!it.spent("a", t0));
  it.add("a", {.attempts = 1}, t0 + 1s);
  CHECK(told == 1);
  CHECK(it.spent("a", t0 + 1s)
        == "its runs have used 3 of 3 attempts within 1h");
  CHECK(!it.spent("b", t0));
}

TEST_CASE("what was used is forgotten a window later", "[core][ledger]") {
  auto it = agent_ledger{};
  it.limit("a", {.steps = 2, .window = 100s});
  it.add("a", {.steps = 1}, t0);
  it.add("a", {.steps = 1}, t0 + 50s);
  CHECK(it.spent("a", t0 + 99s));
  CHECK(!it.spent("a", t0 + 100s));
  it.add("a", {.steps = 1}, t0 + 100s);
  CHECK(it.spent("a", t0 + 100s));
}

TEST_CASE("what was set aside and not spent comes back", "[core][ledger]") {
  auto it = agent_ledger{};
  it.limit("a", {.tokens = 100, .cost = 10});
  it.add("a", {.tokens = 90}, t0);
  it.add("a", {.tokens = -80}, t0 + 1s);
  it.add("a", {.tokens = 80}, t0 + 2h);
  CHECK(!it.spent("a", t0 + 2h));
  it.add("a", {.cost = 10}, t0 + 2h);
  CHECK(it.spent("a", t0 + 2h)
        == "its runs have used 10 of 10 cost within " + to_text(24h));
}

TEST_CASE("use may be added in any order", "[core][ledger]") {
  auto it = agent_ledger{};
  it.limit("a", {.steps = 3, .window = 100s});
  for (const auto at : {70s, 10s, 40s})
    it.add("a", {.steps = 1}, t0 + at);
  CHECK(it.spent("a", t0 + 109s));
  CHECK(!it.spent("a", t0 + 110s));
}

TEST_CASE("what a person has seen counts no more", "[core][ledger]") {
  auto it = agent_ledger{};
  it.limit("a", {.steps = 2});
  it.add("a", {.steps = 2}, t0);
  it.forget("a");
  CHECK(!it.spent("a", t0));
  it.add("a", {.steps = 1}, t0);
  CHECK(!it.spent("a", t0));
}

TEST_CASE("a budget that makes no sense is refused, field by field",
          "[core][ledger]") {
  CHECK(validate(agent_budget{.cost = 1}).empty());
  CHECK(validate(agent_budget{})
        == std::vector<std::string>{"spend_at_most: must limit something"});
  CHECK(validate(agent_budget{.steps = 0, .window = 0s}).size() == 2);
}
