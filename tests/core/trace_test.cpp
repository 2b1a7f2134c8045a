#include "support/catch.hpp"

#include <stanchion/core/trace.hpp>

#include <set>

using namespace stanchion;

namespace {

constexpr auto sample
  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

} // namespace

TEST_CASE("a traceparent is read and written the same", "[core][trace]") {
  const auto x = parse_traceparent(sample);
  REQUIRE(x);
  CHECK(to_string(x->trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(x->span[1] == 0xf0);
  CHECK(x->flags == 1);
  CHECK(to_string(*x) == sample);
}

TEST_CASE("what is no traceparent is refused", "[core][trace]") {
  const auto text = GENERATE(
    std::string{}, std::string{"00"}, std::string{sample}.substr(0, 54),
    std::string{sample} + "0", // version 00 has nothing behind the flags
    std::string{sample} + "-00",
    std::string{"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"},
    std::string{"00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
    std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"},
    std::string{"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    std::string{"0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    std::string{"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0 "},
    std::string{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"});
  CAPTURE(text);
  CHECK_FALSE(parse_traceparent(text));
}

TEST_CASE("of a later version what is known is taken", "[core][trace]") {
  const auto later
    = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more";
  const auto x = parse_traceparent(later);
  REQUIRE(x);
  CHECK(x->flags == 3);
  CHECK(to_string(*x)
        == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03");
}

TEST_CASE("the trace of a run is its id", "[core][trace]") {
  const auto run = parse_uuid("0197c5d2-1111-7abc-8def-0123456789ab");
  REQUIRE(run);
  CHECK(to_string(trace_of(*run)) == "0197c5d211117abc8def0123456789ab");
  CHECK(trace_of(run_id{}).nil());
}

TEST_CASE("every attempt has a span of its own, the same each time",
          "[core][trace]") {
  const auto trace = trace_of(derived_uuid(1, 2));
  auto seen = std::set<std::string>{};
  for (const auto* key : {"r/1/0", "r/1/1", "r/2/0"})
    for (auto n = 1U; n <= 3; ++n)
      seen.insert(to_string(span_of(trace, key, n)));
  CHECK(seen.size() == 9);
  CHECK(span_of(trace, "r/1/0", 1) == span_of(trace, "r/1/0", 1));
  for (const auto& x : seen)
    CHECK(parse_traceparent(x));
}
