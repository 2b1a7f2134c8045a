#include <stanchion/actors/model/provider.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace stanchion {

namespace {

/// Whoever says more is mistaken.
constexpr auto longest = std::chrono::duration_cast<duration>(366 * 24h);

struct unit {
  std::string_view name;
  double micros;
};

constexpr auto units = std::to_array<unit>({{"d", 86'400e6},
                                            {"h", 3'600e6},
                                            {"m", 60e6},
                                            {"s", 1e6},
                                            {"ms", 1e3},
                                            {"us", 1.0},
                                            {"ns", 1e-3}});

bool is_of_number(char c) {
  return (c >= '0' && c <= '9') || c == '.';
}

/// The longest part that numbers, or units, are made of, taken off `text`.
std::string_view take(std::string_view& text, bool of_number) {
  const auto end = std::ranges::find_if(
    text, [of_number](char c) { return is_of_number(c) != of_number; });
  const auto length = static_cast<std::size_t>(end - text.begin());
  const auto part = text.substr(0, length);
  text.remove_prefix(length);
  return part;
}

/// Numbers and their units, such as `1h2m3.5s`; rounded up, so that nobody
/// comes early.
std::optional<duration> parse_span(std::string_view text) {
  auto micros = 0.0;
  if (text.empty())
    return std::nullopt;
  while (!text.empty()) {
    const auto digits = take(text, true);
    const auto name = take(text, false);
    auto number = 0.0;
    const auto [end, fault]
      = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const auto found = std::ranges::find(units, name, &unit::name);
    if (fault != std::errc{} || end != digits.data() + digits.size()
        || found == units.end())
      return std::nullopt;
    micros += number * found->micros;
  }
  if (!(micros <= static_cast<double>(longest.count())))
    return std::nullopt;
  return duration{static_cast<duration::rep>(std::ceil(micros))};
}

struct limit {
  std::string_view remaining;
  std::string_view reset;
};

constexpr auto limits = std::to_array<limit>({
  {"x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"},
  {"x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"},
  {"anthropic-ratelimit-requests-remaining",
   "anthropic-ratelimit-requests-reset"},
  {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"},
  {"anthropic-ratelimit-input-tokens-remaining",
   "anthropic-ratelimit-input-tokens-reset"},
  {"anthropic-ratelimit-output-tokens-remaining",
   "anthropic-ratelimit-output-tokens-reset"},
});

std::optional<instant> parse_reset(std::string_view text, instant now) {
  if (const auto span = parse_span(text))
    return now + *span;
  const auto at = parse_rfc3339(text);
  return at && *at > now && *at - now <= longest ? at : std::nullopt;
}

} // namespace

std::optional<instant> rate_reset(const http_headers& from, instant now) {
  auto to = std::optional<instant>{};
  for (const auto& each : limits) {
    const auto reset = find_header(from, each.reset);
    if (!reset || find_header(from, each.remaining) != "0")
      continue;
    if (const auto at = parse_reset(*reset, now); at && *at > now)
      to = std::max(to.value_or(*at), *at);
  }
  return to;
}

} // namespace stanchion
