#include "support/catch.hpp"

#include <stanchion/actors/http/retry_after.hpp>

#include <string>

using namespace stanchion;

namespace {

using wait = std::optional<duration>;

constexpr auto now = instant{1'767'225'600s}; // Thursday, 2026-01-01 00:00

} // namespace

TEST_CASE("a wait is asked for in seconds", "[http][retry_after]") {
  const auto [text, expected] = GENERATE(table<std::string, wait>({
    {"0", 0s},
    {"7", 7s},
    {"007", 7s},
    {" \t120 ", 120s},
    {"0.5", 500ms},
    {"1.25", 1'250ms},
    {"0.0000001", 1us}, // never less than what was asked for
    {"31622400", 24h * 366},
    {"31622401", wait{}},
    {"31622400.5", wait{}},
    {"99999999999999999999999999", wait{}},
  }));
  INFO(text);
  CHECK(parse_retry_after(text, now) == expected);
}

TEST_CASE("a wait is asked for as a date in any of three forms",
          "[http][retry_after]") {
  const auto [text, expected] = GENERATE(table<std::string, wait>({
    {"Thu, 01 Jan 2026 00:02:00 GMT", 2min},
    {"Thursday, 01-Jan-26 00:02:00 GMT", 2min},
    {"Thu Jan  1 00:02:00 2026", 2min},
    {"Sat Jan 10 00:00:00 2026", 24h * 9},
    {"  Thu, 01 Jan 2026 00:02:00 GMT ", 2min},
    {"Thu, 01 Jan 2026 00:00:60 GMT", 60s},  // a leap second
    {"Mon, 01 Jan 2026 00:02:00 GMT", 2min}, // it was a Thursday
    {"Thu, 01 Jan 2026 00:00:00 GMT", 0s},
    {"Wed, 31 Dec 2025 23:59:59 GMT", 0s},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 0s}, // 1994
    {"Sun Nov  6 08:49:37 1994", 0s},
    {"Friday, 01-Jan-27 00:00:00 GMT", 24h * 365},
    {"Friday, 01-Jan-77 00:00:00 GMT", 0s},        // 1977
    {"Wednesday, 01-Jan-76 00:00:00 GMT", wait{}}, // 2076
    {"Sun, 03 Jan 2027 00:00:01 GMT", wait{}},     // in more than a year
    {"Fri, 31 Dec 9999 23:59:59 GMT", wait{}},
  }));
  INFO(text);
  CHECK(parse_retry_after(text, now) == expected);
}

TEST_CASE("what is neither seconds nor a date asks for nothing",
          "[http][retry_after]") {
  const auto* text = GENERATE(
    "", " ", "-7", "+7", "soon", "7s", "7 7", "0x10", "1e3", "1,5", ".5", "5.",
    "1.2.3", ".", "NaN", "inf", "\n7", "Thu", "Thu,", "Thu, ",
    "01 Jan 2026 00:02:00 GMT", "Thu, 1 Jan 2026 00:02:00 GMT",
    "Thu, 01 Jan 2026 00:02:00", "Thu, 01 Jan 2026 00:02:00 UTC",
    "Thu, 01 Jan 2026 00:02:00 +0000", "Thu, 01 Jan 2026 00:02:00 GMT!",
    "Thu, 01 jan 2026 00:02:00 GMT", "Thu, 01 Foo 2026 00:02:00 GMT",
    "Thu, 00 Jan 2026 00:02:00 GMT", "Fri, 32 Jan 2026 00:02:00 GMT",
    "Sun, 29 Feb 2026 00:02:00 GMT", "Thu, 01 Jan 2026 24:00:00 GMT",
    "Thu, 01 Jan 2026 00:60:00 GMT", "Thu, 01 Jan 2026 00:00:61 GMT",
    "Thu, 01 Jan 26 00:02:00 GMT", "Thx, 01 Jan 2026 00:02:00 GMT",
    "Thurs, 01-Jan-26 00:02:00 GMT", "Thursday, 01-Jan-2026 00:02:00 GMT",
    "Thursday 01-Jan-26 00:02:00 GMT", "Thu Jan 1 00:02:00 2026",
    "Thu Jan  1 00:02:00 26", "Thu Jan  1 00:02:00 2026 GMT",
    "2026-01-01T00:02:00Z");
  INFO(text);
  CHECK_FALSE(parse_retry_after(text, now));
}

TEST_CASE("milliseconds count before seconds, if they say anything",
          "[http][retry_after]") {
  const auto [millis, seconds, expected]
    = GENERATE(table<const char*, const char*, wait>({
      {nullptr, nullptr, wait{}},
      {nullptr, "2", 2s},
      {"250", "2", 250ms},
      {"0.5", nullptr, 500us},
      {"soon", "2", 2s},
      {"-1", "2", 2s},
      {"", "soon", wait{}},
      {"Thu, 01 Jan 2026 00:02:00 GMT", nullptr, wait{}},
    }));
  auto from = http_headers{};
  if (seconds != nullptr)
    from.emplace_back("Retry-After", seconds);
  if (millis != nullptr)
    from.emplace_back("retry-after-ms", millis);
  CHECK(retry_after(from, now) == expected);
}
