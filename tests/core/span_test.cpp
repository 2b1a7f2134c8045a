#include "support/catch.hpp"

#include <stanchion/core/span.hpp>

using namespace stanchion;

TEST_CASE("a span is written as it is read, in its largest unit", "[core]") {
  const auto [span, text] = GENERATE(table<duration, std::string>({
    {48h, "2d"},
    {25h, "25h"},
    {90min, "90min"},
    {90s, "90s"},
    {1500ms, "1500ms"},
    {15us, "15us"},
  }));
  CHECK(span_text(span) == text);
  CHECK(parse_span(text) == span);
}

TEST_CASE("no time at all is written with a unit", "[core]") {
  CHECK(span_text(0s) == "0s");
}
