#include "support/catch.hpp"

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace stanchion;

namespace {

std::string refusal(const json& doc) {
  try {
    (void)canonical(doc);
  } catch (const error& x) {
    CHECK(x.code() == error_code::invalid_json);
    return x.what();
  }
  return {};
}

/// Numbers around every border between their kinds.
std::vector<json> border_numbers() {
  return {0,
          -0.0,
          0U,
          1,
          1U,
          1.0,
          -1,
          -1.0,
          1.5,
          0.1,
          5e-324,
          1.7976931348623157e308,
          9007199254740991,
          9007199254740991.0,
          9007199254740992,
          9007199254740992.0,
          9007199254740993,
          -9007199254740991.0,
          -9007199254740992,
          -9007199254740992.0,
          100000000000000000,
          1e17,
          std::numeric_limits<std::int64_t>::max(),
          std::numeric_limits<std::int64_t>::min(),
          -0x1p63,
          0x1p63,
          std::uint64_t{1} << 63U,
          std::numeric_limits<std::uint64_t>::max(),
          0x1p64,
          1e22,
          1e300};
}

/// Makes documents of every kind of JSON, the same ones for the same seed.
class document_maker {
public:
  explicit document_maker(std::uint64_t seed) : random_(seeded_random(seed)) {
    // nop
  }

  json make(std::size_t depth = 0) {
    switch (below(depth < 4 ? 9 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random_->next());
    case 3:
      return random_->next() >> below(64);
    case 4:
      return finite();
    case 5:
      return border_numbers()[below(border_numbers().size())];
    case 6:
      return text();
    case 7:
      return array(depth);
    default:
      return object(depth);
    }
  }

  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(random_->next() % n);
  }

private:
  double finite() {
    for (;;) {
      const auto bits = random_->next();
      double x = 0;
      std::memcpy(&x, &bits, sizeof x);
      if (std::isfinite(x))
        return x;
    }
  }

  std::string text() {
    static const std::vector<std::string> parts{"a",
                                                "Z",
                                                "\"",
                                                "\\",
                                                "/",
                                                "\n",
                                                "\x01",
                                                "\x7F",
                                                "ä",
                                                "€",
                                                "\U0001F600",
                                                std::string(1, '\0'),
                                                "plain words here",
                                                "\t"};
    std::string result;
    for (auto n = below(12); n > 0; --n)
      result += parts[below(parts.size())];
    return result;
  }

  json array(std::size_t depth) {
    auto result = json::array();
    for (auto n = below(5); n > 0; --n)
      result.push_back(make(depth + 1));
    return result;
  }

  json object(std::size_t depth) {
    auto result = json::object();
    for (auto n = below(5); n > 0; --n)
      result[text()] = make(depth + 1);
    return result;
  }

  std::shared_ptr<random_source> random_;
};

} // namespace

TEST_CASE("each kind of JSON has one form", "[core][canonical]") {
  auto [doc, bytes] = GENERATE(table<json, std::string>({
    {nullptr, "null"},
    {true, "true"},
    {false, "false"},
    {json::array(), "[]"},
    {json::object(), "{}"},
    {json::array({1, json::array({"x"}), json::object()}), R"([1,["x"],{}])"},
    {{{"b", 1}, {"a", {{"d", 2}, {"c", 3}}}}, R"({"a":{"c":3,"d":2},"b":1})"},
    {"", R"("")"},
    {"plain", R"("plain")"},
    {"\"\\/\b\f\n\r\t", R"("\"\\/\b\f\n\r\t")"},
    {std::string("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\""},
    {"äÄ€\U0001F600", "\"äÄ€\U0001F600\""},
    {"a long text with \"quotes\" past eight bytes",
     R"("a long text with \"quotes\" past eight bytes")"},
  }));
  CHECK(canonical(doc) == bytes);
}

TEST_CASE("each number has one form", "[core][canonical]") {
  auto [number, bytes] = GENERATE(table<json, std::string>({
    {0, "0"},
    {-0.0, "0"},
    {1.0, "1"},
    {-3.0, "-3"},
    {0.1, "0.1"},
    {1.5, "1.5"},
    {1e-7, "1e-07"},
    {0.1 + 0.2, "0.30000000000000004"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9.007199254740992e+15"},
    {9007199254740992, "9007199254740992"},
    {1e17, "1e+17"},
    {1e300, "1e+300"},
    {5e-324, "5e-324"},
    {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
    {std::numeric_limits<std::uint64_t>::max(), "18446744073709551615"},
  }));
  CHECK(canonical(number) == bytes);
}

TEST_CASE("keys are sorted by unsigned bytes", "[core][canonical]") {
  const json doc{{"\xF0\x9F\x98\x80", 1},
                 {"z", 2},
                 {"\xC3\xA4", 3},
                 {"aa", 4},
                 {"a", 5},
                 {"B", 6},
                 {"", 7},
                 {"\x7f", 8}};
  CHECK(canonical(doc)
        == "{\"\":7,\"B\":6,\"a\":5,\"aa\":4,\"z\":2,\"\x7f\":8,\"ä\":3,"
           "\"\U0001F600\":1}");
}

TEST_CASE("what JSON cannot say is refused with its place",
          "[core][canonical]") {
  auto [doc, complaint] = GENERATE(table<json, std::string>({
    {std::nan(""), "the document holds a number that is not finite"},
    {json{{"a/b", {1, INFINITY}}}, "/a~1b/1 holds a number that is not finite"},
    {json{{"a", -INFINITY}}, "/a holds a number that is not finite"},
    {json{{"a", {0, {{"b", "\xFF"}}}}}, "/a/1/b holds a string that is not"},
    {json{{"\xC3", 1}}, "the document holds a key that is not UTF-8"},
    {json{"eight plain bytes \xED\xA0\x80"}, "/0 holds a string that is not"},
    {json::binary({1}), "a value that JSON cannot express"},
  }));
  CHECK_THAT(refusal(doc), ContainsSubstring(complaint));
}

TEST_CASE("nesting is written up to 64 levels", "[core][canonical]") {
  json doc = json::array();
  for (int i = 1; i < 64; ++i)
    doc = i % 2 == 0 ? json::array({doc}) : json{{"a", doc}};
  CHECK(refusal(doc).empty());
  CHECK_THAT(refusal(json::array({doc})),
             ContainsSubstring("nesting deeper than 64 levels"));
}

TEST_CASE("a refused document leaves the target as it was",
          "[core][canonical]") {
  std::string to = "before";
  CHECK_THROWS_AS(append_canonical(to, json::array({1, std::nan("")})), error);
  CHECK(to == "before");
  append_canonical(to, json::array({1}));
  CHECK(to == "before[1]");
}

TEST_CASE("every byte of a string is looked at wherever it stands",
          "[core][canonical]") {
  for (std::size_t at = 0; at < 20; ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      if (byte >= 0x80) {
        REQUIRE_THROWS_AS(canonical(json(text)), error);
        continue;
      }
      const auto written = canonical(json(text));
      REQUIRE(written == json(text).dump());
      REQUIRE(parse_json(written).as_string() == text);
    }
}

TEST_CASE("numbers are equal exactly when their bytes are",
          "[core][canonical]") {
  const auto numbers = border_numbers();
  for (const auto& x : numbers)
    for (const auto& y : numbers) {
      INFO(x.dump() << " and " << y.dump());
      CHECK((value{x} == value{y}) == (canonical(x) == canonical(y)));
    }
}

TEST_CASE("documents survive writing and reading", "[core][canonical]") {
  document_maker maker{20260131};
  for (int i = 0; i < 5000; ++i) {
    const auto doc = maker.make();
    const auto bytes = canonical(doc);
    const auto again = parse_json(bytes);
    INFO(bytes);
    REQUIRE(again == value{doc});
    REQUIRE(canonical(again) == bytes);
    REQUIRE(again.get() == json::parse(bytes)); // others read it alike
  }
}

TEST_CASE("documents are equal exactly when their bytes are",
          "[core][canonical]") {
  document_maker maker{7};
  std::vector<json> docs;
  for (int i = 0; i < 400; ++i)
    docs.push_back(maker.make(3));
  std::size_t equal_pairs = 0;
  for (const auto& x : docs)
    for (const auto& y : docs) {
      const bool same = value{x} == value{y};
      equal_pairs += same ? 1 : 0;
      REQUIRE(same == (canonical(x) == canonical(y)));
    }
  CHECK(equal_pairs > docs.size()); // not only each with itself
}
