#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace stanchion;

namespace {

std::string verdict(const char* schema_text, const char* document) {
  const auto x = schema{json::parse(schema_text)};
  return x.check(json::parse(document)).value_or("");
}

std::string refusal(const char* schema_text) {
  try {
    const auto x = schema{json::parse(schema_text)};
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_spec);
    return e.what();
  }
  return {};
}

constexpr auto order_schema = R"({
  "type": "object",
  "properties": {"id": {"type": "string", "minLength": 1},
                 "cents": {"type": "integer", "minimum": 0}},
  "required": ["id"],
  "additionalProperties": false
})";

} // namespace

TEST_CASE("any() accepts everything and says so", "[core][schema]") {
  CHECK_FALSE(any().check(json::parse(R"([1, null, {"a": {}}])")));
  CHECK(any().document() == true);
}

TEST_CASE("a schema keeps its document", "[core][schema]") {
  const auto document = json::parse(order_schema);
  CHECK(schema{document}.document() == document);
}

TEST_CASE("a document that fits is not complained about", "[core][schema]") {
  auto document = GENERATE(R"({"id": "A"})", R"({"id": "A", "cents": 5})",
                           R"({"id": "A", "cents": 5.0})");
  CHECK(verdict(order_schema, document).empty());
}

TEST_CASE("an offence is named with its pointer", "[core][schema]") {
  auto [document, words] = GENERATE(table<const char*, const char*>({
    {R"({"cents": 1})", "id"},
    {R"({"id": 7})", "/id: "},
    {R"({"id": ""})", "/id: "},
    {R"({"id": "A", "cents": -1})", "/cents: "},
    {R"({"id": "A", "cents": 1.5})", "/cents: "},
    {R"({"id": "A", "colour": "red"})", "colour"},
    {R"(["id"])", "the document: "},
  }));
  CHECK_THAT(verdict(order_schema, document), ContainsSubstring(words));
}

TEST_CASE("a pointer goes through arrays and escapes what JSON pointers must",
          "[core][schema]") {
  constexpr auto nested = R"({"properties": {"a/b~c": {"type": "array",
    "items": {"type": "integer"}}}})";
  CHECK_THAT(verdict(nested, R"({"a/b~c": [1, "two"]})"),
             ContainsSubstring("/a~1b~0c/1: "));
}

TEST_CASE("of many offences the first are told and the rest counted",
          "[core][schema]") {
  const auto text
    = verdict(R"({"items": {"type": "integer"}})",
              R"(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])");
  CHECK_THAT(text, ContainsSubstring("/0: "));
  CHECK_THAT(text, ContainsSubstring(" more"));
  CHECK(text.size() < 1000);
}

TEST_CASE("draft 7 is understood beyond the plain part", "[core][schema]") {
  auto [schema_text, good, bad]
    = GENERATE(table<const char*, const char*, const char*>({
      {R"({"enum": ["a", 1]})", "1", "2"},
      {R"({"const": {"a": 1}})", R"({"a": 1})", R"({"a": 2})"},
      {R"({"pattern": "^[a-z]+$"})", R"("abc")", R"("ABC")"},
      {R"({"anyOf": [{"type": "null"}, {"minimum": 3}]})", "3", "2"},
      {R"({"not": {"type": "string"}})", "1", R"("x")"},
      {R"({"if": {"minimum": 10}, "then": {"multipleOf": 5}})", "15", "11"},
      {R"({"uniqueItems": true})", "[1, 2]", "[1, 1]"},
      {R"({"minItems": 1})", "[1]", "[]"},
      {R"({"$ref": "#/definitions/n",
           "definitions": {"n": {"type": "number"}}})",
       "1", R"("x")"},
      {R"({"properties": {"a": {"$ref": "#"}}, "required": ["b"]})",
       R"({"b": 1, "a": {"b": 2}})", R"({"b": 1, "a": {}})"},
      {R"({"properties": {"a": {"type": "integer", "enum": [5]}}})",
       R"({"a": 5.0})", R"({"a": 6.0})"},
      {R"({"additionalProperties": {"type": "string"}})", R"({"a": "x"})",
       R"({"a": 1})"},
      {R"({"properties": {"a": false}})", "{}", R"({"a": 1})"},
    }));
  CAPTURE(schema_text);
  CHECK(verdict(schema_text, good).empty());
  CHECK_FALSE(verdict(schema_text, bad).empty());
}

TEST_CASE("the schema false refuses everything", "[core][schema]") {
  CHECK_FALSE(verdict("false", "1").empty());
}

TEST_CASE("what is no schema is refused by name", "[core][schema]") {
  auto [text, words] = GENERATE(table<const char*, const char*>({
    {"7", "schema"},
    {R"({"type": "strnig"})", "strnig"},
    {R"({"properties": {"a": 7}})", "/properties/a"},
    {R"({"properties": {"a": {"pattern": "(["}}})", "/properties/a/pattern"},
    {R"({"patternProperties": {"([": {}}})", "(["},
    {R"({"minLength": "long"})", "minLength"},
    {R"({"$ref": "https://example.org/other.json"})", "remote"},
  }));
  CAPTURE(text);
  CHECK_THAT(refusal(text), ContainsSubstring(words));
}

TEST_CASE("data inside a schema is not taken for patterns", "[core][schema]") {
  CHECK(refusal(R"({"const": {"pattern": "(["}})").empty());
  CHECK(refusal(R"({"properties": {"pattern": {"type": "string"}}})").empty());
}

TEST_CASE("a text too long to match is refused, not a crash",
          "[core][schema]") {
  const auto x = schema{json::parse(R"({"pattern": "^(a|b)*$"})")};
  CHECK_THAT(x.check(std::string(std::size_t{4} << 20U, 'a')).value_or(""),
             ContainsSubstring("longer than"));
  CHECK_FALSE(x.check(std::string(1000, 'a')));
}

TEST_CASE("one schema may be used by several threads", "[core][schema]") {
  const auto x
    = schema{json::parse(R"({"properties": {"a": {"pattern": "^[a-z]+$"}}})")};
  auto wrong = std::vector<int>(4);
  auto threads = std::vector<std::thread>{};
  for (auto& count : wrong)
    threads.emplace_back([&x, &count] {
      for (auto i = 0; i < 200; ++i) {
        count += x.check({{"a", "abc"}}) ? 1 : 0;
        count += x.check({{"a", "ABC"}}) ? 0 : 1;
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(wrong == std::vector<int>(4));
}
