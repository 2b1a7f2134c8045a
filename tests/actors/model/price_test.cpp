#include "support/catch.hpp"

#include <stanchion/actors/model/price.hpp>

#include <nlohmann/json.hpp>

#include <limits>

using namespace stanchion;

namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
constexpr auto price
  = model_price{.input = 3'000'000, .output = 15'000'000, .cached = 300'000};

} // namespace

TEST_CASE("an answer costs what its tokens cost, rounded up once",
          "[model][price]") {
  auto [input, output, cached, cost] = GENERATE(
    table<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>({
      {0, 0, 0, 0},
      {1'000'000, 0, 0, 3'000'000},
      {1'000'000, 1'000'000, 0, 18'000'000},
      {1'000'000, 0, 1'000'000, 300'000},
      {1'000'000, 0, 400'000, 1'920'000},
      {1, 1, 1, 16}, // 15.3
      {1, 0, 5, 1},  // no more can have been cached than there was
    }));
  const auto x = cost_of({input, output, cached}, price);
  CHECK(x == spending{.tokens = input + output, .cost = cost});
}

TEST_CASE("parts of a millionth are added before they are rounded",
          "[model][price]") {
  const auto x = cost_of({.input = 3, .output = 3, .cached = 1},
                         {.input = 100'000, .output = 100'000, .cached = 1});
  CHECK(x.cost == 1);
}

TEST_CASE("without a price of its own, cached input costs what other does",
          "[model][price]") {
  CHECK(cost_of({.input = 10, .cached = 10}, {.input = 1'000'000}).cost == 10);
}

TEST_CASE("a cost that is too large is the largest, and an exact one exact",
          "[model][price]") {
  CHECK(cost_of({most, most, 0}, {most, most}) == spending{most, most});
  CHECK(cost_of({.input = most}, {.input = 1'000'000}).cost == most);
  CHECK(cost_of({.input = 1'000'000}, {.input = most}).cost == most);
  CHECK(cost_of({.input = 999'999}, {.input = most}).cost
        == 18'446'725'626'965'477'906U);
  CHECK(cost_of({.input = most}, {.input = 999'999}).cost
        == 18'446'725'626'965'477'906U);
}

TEST_CASE("what is set aside covers the request and the longest answer",
          "[model][price]") {
  auto x = chat_request_from_json(prompt("Hi").get());
  const auto bytes = json(x).dump().size();
  CHECK(estimated_tokens(x) == (bytes + 2) / 3);
  CHECK(most_of(x, price, 1000)
        == cost_of({.input = (bytes + 2) / 3, .output = 1000}, price));
  const auto before = estimated_tokens(x);
  x.tools.push_back({.name = "t", .description = std::string(3000, 'x')});
  CHECK(estimated_tokens(x) >= before + 1000);
}
