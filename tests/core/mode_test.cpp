#include "support/catch.hpp"

#include <stanchion/core/mode.hpp>

using namespace stanchion;

TEST_CASE("modes are read as they are written", "[core][mode]") {
  for (const auto x : {mode::autonomous, mode::advisory, mode::stopped})
    CHECK(parse_mode(to_string(x)) == x);
  CHECK(!parse_mode("free"));
  CHECK(!parse_mode(""));
}

TEST_CASE("of two modes the one holds that allows less", "[core][mode]") {
  const auto [one, other, holds] = GENERATE(table<mode, mode, mode>({
    {mode::autonomous, mode::autonomous, mode::autonomous},
    {mode::autonomous, mode::advisory, mode::advisory},
    {mode::advisory, mode::stopped, mode::stopped},
    {mode::stopped, mode::autonomous, mode::stopped},
  }));
  CHECK(stricter(one, other) == holds);
  const auto above = std::make_shared<mode_cell>();
  above->set(one);
  auto below = mode_cell{above};
  below.set(other);
  CHECK(below.effective() == holds);
  CHECK(below.own() == other);
}

TEST_CASE("what is said of everything holds for agents nobody spoke of",
          "[core][mode]") {
  auto modes = mode_directory{};
  const auto cell = modes.cell("new");
  CHECK(cell->effective() == mode::autonomous);
  modes.set({}, {mode::stopped, "ann", "fire"});
  CHECK(cell->effective() == mode::stopped);
  CHECK(modes.effective("other").by == "ann");
  modes.set("new", {mode::advisory, "bob", "new here"});
  CHECK(modes.effective("new").reason == "fire");
  modes.set({}, {mode::autonomous, "ann", "out"});
  CHECK(cell->effective() == mode::advisory);
  CHECK(modes.effective("new").by == "bob");
  CHECK(modes.find("other") == mode_setting{});
}
