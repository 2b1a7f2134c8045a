#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/positions.hpp>

#include <set>

using namespace stanchion;

TEST_CASE("a set of positions keeps what touches as one range",
          "[journal][positions]") {
  auto x = position_set{};
  x.add(5, 5);
  x.add(1, 2);
  CHECK(x.to_text() == "1-2,5");
  x.add(3, 4);
  CHECK(x.to_text() == "1-5");
  x.add(2, 9);
  x.add(20, 20);
  CHECK(x.to_text() == "1-9,20");
  CHECK(x.last() == 20);
  CHECK(position_set{}.last() == 0);
}

TEST_CASE("a set of positions holds what was added, in any order",
          "[journal][positions]") {
  auto chance = std::uint64_t{GENERATE(1, 2, 3, 4, 5)};
  auto x = position_set{};
  auto plain = std::set<std::int64_t>{};
  for (auto i = 0; i < 200; ++i) {
    chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto first = static_cast<std::int64_t>(chance >> 56U) + 1;
    const auto last = first + static_cast<std::int64_t>((chance >> 50U) % 4);
    x.add(first, last);
    for (auto n = first; n <= last; ++n)
      plain.insert(n);
  }
  for (auto n = std::int64_t{1}; n < 300; ++n)
    REQUIRE(x.contains(n) == plain.contains(n));
  const auto again = position_set::parse(x.to_text());
  CHECK(again.ranges() == x.ranges());
}

TEST_CASE("a text that names no positions is refused", "[journal][positions]") {
  const auto text = GENERATE(as<std::string>{}, "x", "1-", "-1", "0", "3-2",
                             "1,,2", "1 2", "99999999999999999999");
  CHECK(refused([&] { (void)position_set::parse(text); }).code
        == error_code::store_damaged);
}
