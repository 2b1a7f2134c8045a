#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/schema_keywords.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

TEST_CASE("keywords that would be ignored are found wherever they count",
          "[core][schema]") {
  const auto keyword
    = GENERATE(as<std::string>{}, "prefixItems", "unevaluatedProperties",
               "unevaluatedItems", "dependentRequired", "dependentSchemas",
               "minContains", "maxContains", "$dynamicRef", "$anchor");
  const auto part = json{{keyword, json::object()}};
  CHECK(unsupported_keywords(part) == std::vector{"/" + keyword});
  CHECK(unsupported_keywords({{"properties", {{"a/b", part}}}})
        == std::vector{"/properties/a~1b/" + keyword});
  auto any_of = json{{"anyOf", json::array()}};
  any_of["anyOf"].push_back(part);
  CHECK(unsupported_keywords(any_of) == std::vector{"/anyOf/0/" + keyword});
  CHECK_THROWS_WITH(schema(any_of), ContainsSubstring(keyword));
}

TEST_CASE("what only looks like a keyword is none", "[core][schema]") {
  CHECK(
    unsupported_keywords({{"properties", {{"prefixItems", true}}}}).empty());
  CHECK(unsupported_keywords({{"const", {{"$anchor", 1}}}}).empty());
  CHECK(unsupported_keywords({{"$ref", "#/definitions/a"}}).empty());
  CHECK(unsupported_keywords({{"$defs", {{"$anchor", true}}}}).empty());
  CHECK(unsupported_keywords(true).empty());
}

TEST_CASE("a reference out of the document is refused, and never followed",
          "[core][schema]") {
  const auto away
    = json{{"properties", {{"a", {{"$ref", "http://127.0.0.1:1/a.json"}}}}}};
  CHECK(unsupported_keywords(away)
        == std::vector<std::string>{"/properties/a/$ref"});
  CHECK_THROWS_AS(schema{away}, error);
}

TEST_CASE("a schema that others check accepts everything and is shown",
          "[core][schema]") {
  const auto x = unchecked_schema({{"prefixItems", {true}}, {"type", "array"}});
  CHECK_FALSE(x.check("no array"));
  CHECK(x.document()["prefixItems"] == json::array({true}));
}
