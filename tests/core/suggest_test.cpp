#include "support/catch.hpp"

#include <stanchion/core/suggest.hpp>

using namespace stanchion;

TEST_CASE("edits are counted", "[cli]") {
  const auto [x, y, distance]
    = GENERATE(table<std::string, std::string, std::size_t>({
      {"", "", 0},
      {"", "abc", 3},
      {"list", "list", 0},
      {"lst", "list", 1},
      {"lits", "list", 1}, // neighbours swapped
      {"mist", "list", 1},
      {"kitten", "sitting", 3},
    }));
  CHECK(edit_distance(x, y) == distance);
  CHECK(edit_distance(y, x) == distance);
}

TEST_CASE("the nearest word is suggested, if one is near", "[cli]") {
  const auto [misspelt, meant] = GENERATE(table<std::string, std::string>({
    {"lits", "list"},
    {"strat", "start"},
    {"--data-dri", "--data-dir"},
    {"cancle", "cancel"},
    {"x", ""},
    {"banana", ""},
    {"", ""},
    {std::string(100'000, 'a'), ""},
  }));
  const auto words
    = std::vector<std::string>{"list", "start", "cancel", "--data-dir"};
  CHECK(nearest(misspelt, words).value_or("") == meant);
}
