#include "support/catch.hpp"

#include <stanchion/core/confidence.hpp>

using namespace stanchion;

TEST_CASE("what most answers say is as sure as their share",
          "[core][confidence]") {
  const auto x = agreement({"a", "b", "b", "c"});
  CHECK(x == value{"b"});
  CHECK(x.confidence() == 0.5);
  CHECK(x.confidence_by() == confidence_method::agreement);
  CHECK(agreement({"a", "b"}) == value{"a"});
  CHECK(agreement({}).is_null());
  CHECK(agreement({}).confidence() == 0.0);
}

TEST_CASE("an object is as sure as the least sure of its parts",
          "[core][confidence]") {
  const auto sure = value{1}.with_confidence(0.9);
  const auto unsure
    = value{2}.with_confidence(0.4, confidence_method::validator);
  CHECK(!args("a", 1).confidence());
  CHECK(args("a", sure, "b", 3).confidence() == 0.9);
  const auto both = args("a", sure, "b", unsure, "c", sure);
  CHECK(both.confidence() == 0.4);
  CHECK(both.confidence_by() == confidence_method::validator);
  CHECK(both["a"].confidence() == 0.4); // a part of what is unsure
}

TEST_CASE("methods are read as they are written", "[core][confidence]") {
  for (const auto x :
       {confidence_method::reported, confidence_method::agreement,
        confidence_method::validator})
    CHECK(parse_confidence_method(to_string(x)) == x);
}
