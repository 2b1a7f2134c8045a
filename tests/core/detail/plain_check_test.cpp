#include "support/catch.hpp"

#include <stanchion/core/detail/plain_check.hpp>
#include <stanchion/core/schema.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace stanchion;
using stanchion::detail::plain_check;

namespace {

std::vector<json> parse_all(std::initializer_list<const char*> texts) {
  std::vector<json> result;
  for (const auto* text : texts)
    result.push_back(json::parse(text));
  return result;
}

const auto schemas = parse_all({
  "{}",
  R"({"type": "object"})",
  R"({"type": ["integer", "null"]})",
  R"({"type": "integer", "minimum": 2, "exclusiveMaximum": 5})",
  R"({"type": "number", "exclusiveMinimum": 2, "maximum": 5})",
  R"({"type": "string", "minLength": 2, "maxLength": 3})",
  R"({"required": ["a"]})",
  R"({"properties": {"a": {"type": "string"}}, "required": ["a", "b"]})",
  R"({"type": "object", "properties": {"b": {"type": "integer"}},
      "additionalProperties": false})",
  R"({"properties": {"a": {"properties": {"b": {"minimum": 3}},
      "required": ["b"]}}, "required": ["a"]})",
});

const auto documents = parse_all({
  "null",
  "true",
  "1",
  "2",
  "2.0",
  "2.5",
  "4.999",
  "5",
  "5.5",
  "-3",
  "18446744073709551615",
  R"("")",
  R"("x")",
  R"("äö")",
  R"("äöü")",
  R"("abcd")",
  "[]",
  R"(["a"])",
  "{}",
  R"({"a": "x"})",
  R"({"a": 1})",
  R"({"a": "x", "b": null})",
  R"({"b": 7})",
  R"({"b": 7.5})",
  R"({"b": 7, "c": 1})",
  R"({"a": {"b": 3}})",
  R"({"a": {"b": 2}})",
  R"({"a": {}})",
  R"({"0": 1, "a": "x", "b": 2, "z": []})",
});

} // namespace

TEST_CASE("the plain check agrees with the full validator", "[core][schema]") {
  for (const auto& x : schemas) {
    const auto plain = plain_check::compile(x);
    REQUIRE(plain);
    // Inside `allOf` only the full validator understands it.
    const auto full = schema{json{{"allOf", json::array({x})}}};
    for (const auto& document : documents) {
      CAPTURE(x.dump(), document.dump());
      CHECK(plain->vouches_for(document) == !full.check(document));
    }
  }
}

TEST_CASE("other keywords are left to the full validator", "[core][schema]") {
  auto text = GENERATE(
    "true", R"({"enum": [1]})", R"({"pattern": "a"})", R"({"minItems": 1})",
    R"({"additionalProperties": {"type": "string"}})", R"({"$ref": "#"})",
    R"({"properties": {"a": {"const": 1}}})", R"({"minLength": -1})",
    R"({"type": "strnig"})", R"({"unheard_of": 1})");
  CAPTURE(text);
  CHECK_FALSE(plain_check::compile(json::parse(text)));
}

TEST_CASE("annotations constrain nothing", "[core][schema]") {
  const auto plain = plain_check::compile(json::parse(
    R"({"title": "t", "description": "d", "default": 1, "type": "integer"})"));
  REQUIRE(plain);
  CHECK(plain->vouches_for(1));
}
