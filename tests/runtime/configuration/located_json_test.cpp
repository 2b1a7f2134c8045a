#include "support/catch.hpp"

#include <stanchion/runtime/configuration/located_json.hpp>

#include <nlohmann/json.hpp>

#include <random>

using namespace stanchion;

namespace {

located_document read(std::string_view text) {
  auto x = read_located(text);
  if (const auto* wrong = std::get_if<configuration_problem>(&x))
    FAIL(to_string(*wrong));
  return std::get<located_document>(std::move(x));
}

configuration_problem refused(std::string_view text) {
  auto x = read_located(text);
  REQUIRE(std::holds_alternative<configuration_problem>(x));
  return std::get<configuration_problem>(x);
}

/// What stands at a place, to the end of the text.
std::string_view at(std::string_view text, text_place place) {
  for (; place.line > 1; --place.line)
    text.remove_prefix(text.find('\n') + 1);
  for (; place.column > 1; --place.column)
    do
      text.remove_prefix(1);
    while ((static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U);
  return text;
}

/// Whether every value stands where it is said to.
bool fits(std::string_view text, const located_json& x) {
  const auto& doc = *x.content;
  const auto first = doc.is_object()   ? '{'
                     : doc.is_array()  ? '['
                     : doc.is_string() ? '"'
                                       : '\0';
  if (first != '\0' && at(text, x.at).front() != first)
    return false;
  if (x.parts.size() != (doc.is_structured() ? doc.size() : 0))
    return false;
  for (const auto& part : x.parts)
    if (!fits(text, part)
        || (doc.is_object()
            && (at(text, part.key).front() != '"'
                || &doc.at(part.name) != part.content)))
      return false;
  return true;
}

} // namespace

TEST_CASE("each value knows its line and its column", "[configuration]") {
  const auto text = std::string_view{R"({ // what it is
  "a": 1, /* two
    lines */ "ü": {"x~/": [true, "// no comment", -2.5e3, null]},
  "b\n": {}, "c": []
})"};
  const auto doc = read(text);
  CHECK(fits(text, doc.root));
  CHECK(doc.root.member("a")->key == text_place{2, 3});
  CHECK(doc.root.member("a")->at == text_place{2, 8});
  CHECK(doc.root.member("ü")->key == text_place{3, 14});
  CHECK(doc.root.member("ü")->at == text_place{3, 19});
  CHECK(doc.root.member("b\n")->key == text_place{4, 3});
  const auto& list = doc.root.member("ü")->parts[0];
  CHECK(*list.parts[1].content == "// no comment");
  CHECK(list.parts[2].at == text_place{3, 51});
}

TEST_CASE("what is no JSON is refused where it is wrong", "[configuration]") {
  const auto [text, place, says]
    = GENERATE(table<std::string, text_place, std::string>({
      {"{\n  \"a\": 1,\n  \"a\": 2}", {3, 5}, "a second time"},
      {"{\n /* open", {2, 2}, "a comment that does not end"},
      {"[1,\n 2", {2, 2}, "syntax error"},
      {"", {1, 1}, "syntax error"},
      {"[\n / 1]", {2, 2}, "syntax error"},
    }));
  const auto wrong = refused(text);
  CHECK(wrong.at == place);
  CHECK_THAT(wrong.what, ContainsSubstring(says));
}

TEST_CASE("nesting and length are bounded before anything is built",
          "[configuration]") {
  CHECK_THAT(refused(std::string(100'000, '[')).what,
             ContainsSubstring("nesting deeper"));
  CHECK_THAT(refused(std::string(configuration_limits.bytes + 1, ' ')).what,
             ContainsSubstring("bytes, where"));
}

TEST_CASE("any bytes are a document or a problem with a place",
          "[configuration]") {
  constexpr auto alphabet = std::string_view{"{}[]\"\\/*,: \n1e-truefalsn"
                                             "\xC3\xBC\xFF"};
  auto random = std::mt19937{7}; // NOLINT(cert-msc51-cpp)
  auto documents = 0;
  auto misplaced = 0;
  for (auto i = 0; i < 20'000; ++i) {
    auto text = std::string{};
    for (auto n = random() % 12; n > 0; --n)
      text += alphabet[random() % alphabet.size()];
    const auto x = read_located(text);
    if (const auto* doc = std::get_if<located_document>(&x)) {
      ++documents;
      misplaced += fits(text, doc->root) ? 0 : 1;
    } else {
      misplaced += std::get<configuration_problem>(x).at.line > 12 ? 1 : 0;
    }
  }
  CHECK(documents > 20);
  CHECK(misplaced == 0);
}
