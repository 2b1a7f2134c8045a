#include <stanchion/core/span.hpp>

#include <algorithm>
#include <charconv>

namespace stanchion {

std::optional<duration> parse_span(std::string_view text) {
  auto count = std::int64_t{0};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr auto most = std::int64_t{1'000'000'000};
  if (problem != std::errc{} || count <= 0 || count > most)
    return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "us")
    return std::chrono::microseconds{count};
  if (unit == "ms")
    return std::chrono::milliseconds{count};
  if (unit.empty() || unit == "s")
    return std::chrono::seconds{count};
  if (unit == "m" || unit == "min")
    return std::chrono::minutes{count};
  if (unit == "h")
    return std::chrono::hours{count};
  if (unit == "d")
    return std::chrono::hours{24 * std::min(count, std::int64_t{1'000'000})};
  return std::nullopt;
}

std::string span_text(duration d) {
  const auto in = [d](duration unit, const char* name) {
    return std::to_string(d / unit) + name;
  };
  if (d == duration::zero())
    return "0s";
  if (d % 24h == duration::zero())
    return in(24h, "d");
  if (d % 1h == duration::zero())
    return in(1h, "h");
  if (d % 1min == duration::zero())
    return in(1min, "min");
  if (d % 1s == duration::zero())
    return in(1s, "s");
  return d % 1ms == duration::zero() ? in(1ms, "ms") : in(1us, "us");
}

} // namespace stanchion
