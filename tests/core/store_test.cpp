#include "support/catch.hpp"

#include <stanchion/core/store.hpp>

using namespace stanchion;

TEST_CASE("an empty batch weighs nothing", "[core][store]") {
  CHECK(batch{}.weight() == 0);
}

TEST_CASE("a batch weighs at least the bytes it holds", "[core][store]") {
  constexpr std::size_t size = 10'000;
  const std::string text(size, 'x');
  batch x;
  SECTION("in records") {
    x.records = {record{.step = text, .body = text}};
    CHECK(x.weight() >= 2 * size);
  }
  SECTION("in runs") {
    x.runs = {run_row{.agent = text, .waiting_for = text, .key = text}};
    CHECK(x.weight() >= 3 * size);
  }
  SECTION("in tickets and what was said about them") {
    x.tickets = {ticket{.context = text, .decided = decision{.payload = text}}};
    CHECK(x.weight() >= 2 * size);
  }
  SECTION("in facts") {
    x.facts = {fact{.key = "k", .text = text}};
    CHECK(x.weight() >= size);
  }
}
