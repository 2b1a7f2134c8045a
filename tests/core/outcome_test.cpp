#include "support/catch.hpp"

#include <stanchion/core/outcome.hpp>

using namespace stanchion;

TEST_CASE("a success keeps its value and its source", "[core][outcome]") {
  const outcome x{value{7}.with_source("cache")};
  REQUIRE(x);
  CHECK(x.get() == 7);
  CHECK(x.get().source() == "cache");
}

TEST_CASE("reading the value of a failure throws the failure",
          "[core][outcome]") {
  const outcome x{failure{.kind = failure_kind::circuit_open,
                          .effect = side_effect::not_started}};
  REQUIRE_FALSE(x.ok());
  CHECK(x.why().kind == failure_kind::circuit_open);
  try {
    (void)x.get();
    FAIL("nothing was thrown");
  } catch (const step_error& thrown) {
    CHECK(thrown.why().kind == failure_kind::circuit_open);
    CHECK(thrown.why().effect == side_effect::not_started);
  }
}
