#include "support/catch.hpp"

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <limits>

using namespace stanchion;

namespace {

/// What the refusal of `text` says; empty when it was accepted.
std::string refusal(std::string_view text, const json_limits& limits = {}) {
  try {
    (void)parse_json(text, limits);
  } catch (const error& x) {
    CHECK(x.code() == error_code::invalid_json);
    return x.what();
  }
  return {};
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i)
    result += text;
  return result;
}

} // namespace

TEST_CASE("a document reads as what it says", "[core][parse_json]") {
  const auto x = parse_json(
    R"( {"b": [1, -2, 2.5, "x\u00e4\n", true, false, null, {}, []], "a": {}} )");
  CHECK(x.get()
        == json({{"a", json::object()},
                 {"b",
                  {1, -2, 2.5, "xä\n", true, false, nullptr, json::object(),
                   json::array()}}}));
}

TEST_CASE("a document may be a scalar", "[core][parse_json]") {
  CHECK(parse_json("7") == 7);
  CHECK(parse_json("\"x\"") == "x");
  CHECK(parse_json("null").is_null());
}

TEST_CASE("integers keep all 64 bits", "[core][parse_json]") {
  CHECK(parse_json("9223372036854775807").as_int()
        == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_json("-9223372036854775808").as_int()
        == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_json("18446744073709551615")
        == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("numbers that would change are refused", "[core][parse_json]") {
  auto [text, complaint] = GENERATE(table<std::string, std::string>({
    {"18446744073709551616", "an integer beyond 64 bits"},
    {"-9223372036854775809", "an integer beyond 64 bits"},
    {"[123456789012345678901234567890]", "an integer beyond 64 bits"},
    {"1e999", "beyond the range of a double"},
    {"-1e999", "beyond the range of a double"},
    {"NaN", "syntax error"},
    {"Infinity", "syntax error"},
    {"-", "syntax error"},
    {"01", "syntax error"},
  }));
  CHECK_THAT(refusal(text), ContainsSubstring(complaint));
}

TEST_CASE("a refusal names the byte and what to do", "[core][parse_json]") {
  CHECK(refusal(R"({"a":1,"b":{"c":0,"c":0}})")
        == "E-INPUT-001: JSON refused at byte 21: the key \"c\" a second time; "
           "keep one of them");
  CHECK_THAT(refusal("[1,nul]"), StartsWith("E-INPUT-001: JSON refused at byte "
                                            "7: syntax error"));
  CHECK_THAT(refusal("[1,nul]"), EndsWith("; correct the text there"));
}

TEST_CASE("keys that are equal after unescaping are duplicates",
          "[core][parse_json]") {
  CHECK_THAT(refusal("{\"a\":1,\"\\u0061\":2}"),
             ContainsSubstring("a second time"));
  CHECK(refusal(R"([{"a":1},{"a":2}])").empty());
}

TEST_CASE("what is not one JSON document is refused", "[core][parse_json]") {
  const auto text
    = GENERATE(as<std::string>{}, "", " ", "{", "[1", "[1,]", "{\"a\"}",
               "{a:1}", "{'a':1}", "1 2", "{} x", "// c\n1", "\"\n\"", "\"",
               "tru", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "[}");
  CHECK_FALSE(refusal(text).empty());
}

TEST_CASE("invalid UTF-8 is refused and not repeated", "[core][parse_json]") {
  const auto text
    = GENERATE(as<std::string>{}, "\"\xFF\"", "\"\xC3\"", "\"\xED\xA0\x80\"",
               "\"\xC0\xAF\"", "{\"\xF5\x80\x80\x80\":1}");
  const auto said = refusal(text);
  CHECK_THAT(said, ContainsSubstring("UTF-8"));
  for (const char c : said)
    CHECK(static_cast<unsigned char>(c) < 0x80);
}

TEST_CASE("nesting is accepted up to the limit", "[core][parse_json]") {
  CHECK(refusal(repeated("[", 64) + repeated("]", 64)).empty());
  CHECK_THAT(refusal(repeated("[", 65) + repeated("]", 65)),
             ContainsSubstring("nesting deeper than 64 levels"));
  CHECK(refusal("[{}]", {.depth = 2}).empty());
  CHECK_FALSE(refusal("[{}]", {.depth = 1}).empty());
  CHECK(refusal("7", {.depth = 0}).empty());
}

TEST_CASE("a hundred thousand levels are refused at the first too many",
          "[core][parse_json]") {
  const auto opening = GENERATE(as<std::string>{}, "[", "{\"a\":", "[{\"a\":");
  const auto said = refusal(repeated(opening, 100'000));
  CHECK_THAT(said, ContainsSubstring("nesting deeper than 64 levels"));
  const auto levels_each = opening.size() > 5 ? 2U : 1U;
  const auto byte = opening.size() * 64 / levels_each + 1;
  CHECK_THAT(said, ContainsSubstring("at byte " + std::to_string(byte) + ":"));
}

TEST_CASE("a hundred thousand levels read and end where they are allowed",
          "[core][parse_json]") {
  const auto text = repeated("[", 100'000) + repeated("]", 100'000);
  CHECK(parse_json(text, {.depth = 100'000}).size() == 1);
}

TEST_CASE("a text beyond its size is refused unread", "[core][parse_json]") {
  try {
    (void)parse_json("[1,2,3]", {.bytes = 6});
    FAIL("accepted");
  } catch (const error& x) {
    CHECK(x.code() == error_code::input_too_large);
    CHECK_THAT(x.what(), ContainsSubstring("7 bytes, where 6 are allowed"));
  }
  CHECK(refusal("[1,2,3]", {.bytes = 7}).empty());
}

TEST_CASE("a refusal does not grow with the text", "[core][parse_json]") {
  const std::string key(100'000, 'k');
  CHECK(refusal("{\"" + key + "\":1,\"" + key + "\":2}").size() < 300);
  CHECK(refusal("\"" + key).size() < 300);
  CHECK(refusal("1" + std::string(100'000, '0')).size() < 300);
}
