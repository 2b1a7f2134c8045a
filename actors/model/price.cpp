#include <stanchion/actors/model/detail/draft.hpp>
#include <stanchion/actors/model/price.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

constexpr auto million = std::uint64_t{1'000'000};
constexpr auto bytes_per_token = std::uint64_t{3};

/// Whole millions, and what is left of them.
struct product {
  std::uint64_t millions = 0;
  std::uint64_t rest = 0; // below a million, or a sum of few such
};

/// `x * y`, exact unless there are too many millions.
product times(std::uint64_t x, std::uint64_t y) {
  const auto most = ~std::uint64_t{0};
  const auto high = x / million;
  const auto low = x % million;
  // Below 2^64: `low` is below a million, `y / million` at most 2^64 / million.
  const auto middle = low * (y / million);
  const auto small = low * (y % million);
  const auto large = y != 0 && high > most / y ? most : high * y;
  return {detail::sum(large, detail::sum(middle, small / million)),
          small % million};
}

} // namespace

spending cost_of(const chat_usage& x, const model_price& price) {
  const auto cached = std::min(x.cached, x.input);
  auto cost = std::uint64_t{0};
  auto rest = std::uint64_t{0};
  for (const auto& part : {times(x.input - cached, price.input),
                           times(cached, price.cached.value_or(price.input)),
                           times(x.output, price.output)}) {
    cost = detail::sum(cost, part.millions);
    rest += part.rest;
  }
  return {.tokens = detail::sum(x.input, x.output),
          .cost = detail::sum(cost, (rest + million - 1) / million)};
}

std::uint64_t estimated_tokens(const chat_request& x) {
  return (json_text(json(x)).size() + bytes_per_token - 1) / bytes_per_token;
}

spending most_of(const chat_request& x, const model_price& price,
                 std::uint32_t max_tokens) {
  return cost_of({.input = estimated_tokens(x), .output = max_tokens}, price);
}

} // namespace stanchion
