#include "support/catch.hpp"

#include <stanchion/core/random.hpp>

#include <set>

using namespace stanchion;

TEST_CASE("a seeded source yields SplitMix64's published sequence",
          "[core][random]") {
  const auto source = seeded_random(1234567);
  CHECK(source->next() == 6457827717110365317ULL);
  CHECK(source->next() == 3203168211198807973ULL);
  CHECK(source->next() == 9817491932198370423ULL);
  CHECK(source->next() == 4593380528125082431ULL);
}

TEST_CASE("entropy does not repeat itself", "[core][random]") {
  const auto source = entropy_random();
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(source->next());
  CHECK(seen.size() == 1000);
}

TEST_CASE("the unit interval is half open", "[core][random]") {
  CHECK(unit_interval(0) == 0.0);
  CHECK(unit_interval(~std::uint64_t{0}) < 1.0);
  CHECK(unit_interval(std::uint64_t{1} << 63U) == 0.5);
}
