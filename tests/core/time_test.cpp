#include "support/catch.hpp"

#include <stanchion/core/time.hpp>

using namespace stanchion;

TEST_CASE("an instant is shown in UTC with milliseconds", "[core][time]") {
  auto [micros, text] = GENERATE(table<std::int64_t, std::string>({
    {0, "1970-01-01T00:00:00.000Z"},
    {1'769'860'800'250'999, "2026-01-31T12:00:00.250Z"},
    {951'782'400'000'000, "2000-02-29T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
  }));
  CHECK(to_rfc3339(from_micros(micros)) == text);
}

TEST_CASE("an instant written with microseconds reads as the same",
          "[core][time]") {
  const auto at = from_micros(
    GENERATE(0, 1'769'860'800'250'999, -1, 1, 951'868'799'999'999));
  CHECK(parse_rfc3339(to_rfc3339_micros(at)) == at);
}

TEST_CASE("times are read with any offset and any fraction", "[core][time]") {
  auto [text, micros] = GENERATE(table<std::string, std::int64_t>({
    {"1970-01-01T00:00:01Z", 1'000'000},
    {"1970-01-01t00:00:01.5z", 1'500'000},
    {"1970-01-01T02:00:00+02:00", 0},
    {"1969-12-31T19:30:00.000001-04:30", 1},
    {"1970-01-01T00:00:00.1234567899Z", 123'456},
  }));
  CHECK(parse_rfc3339(text) == from_micros(micros));
}

TEST_CASE("what is no time is not read", "[core][time]") {
  const auto text = GENERATE(
    as<std::string>{}, "", "1970-01-01", "1970-01-01T00:00:00",
    "1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z",
    "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z",
    "1970-01-01T00:00:00Z ", "1970-01-01 00:00:00Z", "+970-01-01T00:00:00Z",
    "1970-01-01T00:00:00+24:00");
  CHECK_FALSE(parse_rfc3339(text));
}

TEST_CASE("a span is shown as people say it", "[core][time]") {
  auto [span, text] = GENERATE(table<duration, std::string>({
    {0us, "0s"},
    {250us, "250us"},
    {250ms, "250ms"},
    {999'999us, "999ms"},
    {1s, "1s"},
    {2500ms, "2.5s"},
    {59'999ms, "59.9s"},
    {3min, "3m"},
    {3min + 10s, "3m10s"},
    {3min + 5s, "3m05s"},
    {4h + 5min, "4h05m"},
    {24h, "1d"},
    {3 * 24h + 2h + 59min, "3d02h"},
    {-2500ms, "-2.5s"},
    {duration::min(), "-106751991d04h"},
  }));
  CHECK(to_text(span) == text);
}

TEST_CASE("the machine's clock does not stand at the epoch", "[core][time]") {
  CHECK(system_clock().now() > from_micros(1'700'000'000'000'000));
}
