#include "support/catch.hpp"

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <optional>

using namespace stanchion;

namespace {

value order() {
  return parse_json(
    R"({"id":"A-1","cents":4200,"lines":[{"sku":"x"},{"sku":"y"}],"gone":null,)"
    R"("a/b":{"c~d":true}})");
}

/// What the failure that `f` throws says.
template <class F>
std::string complaint(F f) {
  try {
    (void)f();
  } catch (const step_error& x) {
    CHECK(x.why().kind == failure_kind::invalid_input);
    CHECK(x.why().effect == side_effect::none);
    CHECK(category_of(x.why().kind) == failure_category::user_data);
    return x.why().message;
  }
  return "nothing was thrown";
}

enum class answer { less, equal, greater, none };

answer compared(const value& x, const value& y) {
  try {
    if (x < y)
      return answer::less;
    return x > y ? answer::greater : answer::equal;
  } catch (const step_error&) {
    return answer::none;
  }
}

} // namespace

// -- making -------------------------------------------------------------------

TEST_CASE("a value is made of whatever JSON has", "[core][value]") {
  CHECK(value{}.is_null());
  CHECK(value{nullptr}.is_null());
  CHECK(value{true}.as_bool());
  CHECK_FALSE(value{false}.as_bool());
  CHECK(value{-7}.as_int() == -7);
  CHECK(value{7U}.as_int() == 7);
  CHECK(value{2.5}.as_double() == 2.5);
  CHECK(value{"x"}.as_string() == "x");
  CHECK(value{std::string{"x"}}.as_string() == "x");
  CHECK(value{std::string_view{"x"}}.as_string() == "x");
  CHECK(value{json::array({1, 2})}.size() == 2);
}

TEST_CASE("unsigned integers keep all 64 bits", "[core][value]") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(canonical(value{most}) == "18446744073709551615");
}

TEST_CASE("a value stands wherever json takes one", "[core][value]") {
  const json doc{{"order", order()["id"]}};
  CHECK(doc == json{{"order", "A-1"}});
}

// -- structure ----------------------------------------------------------------

TEST_CASE("types are told apart", "[core][value]") {
  const auto x = order();
  CHECK(x.is_object());
  CHECK(x["lines"].is_array());
  CHECK(x["id"].is_string());
  CHECK(x["cents"].is_number());
  CHECK(x["gone"].is_null());
  CHECK(x["a/b"]["c~d"].is_bool());
  CHECK_FALSE(x["id"].is_number());
}

TEST_CASE("a number is an integer when its bytes are", "[core][value]") {
  auto [x, integer] = GENERATE(table<json, bool>({
    {5, true},
    {5.0, true},
    {-0.0, true},
    {5.5, false},
    {9007199254740992.0, false},
    {std::numeric_limits<std::uint64_t>::max(), true},
    {std::nan(""), false},
    {"5", false},
  }));
  CHECK(value{x}.is_integer() == integer);
}

TEST_CASE("parts are found by key and by index", "[core][value]") {
  const auto x = order();
  CHECK(x.size() == 5);
  CHECK(x.contains("id"));
  CHECK_FALSE(x.contains("nothing"));
  CHECK_FALSE(x["id"].contains("id"));
  CHECK(x["lines"][1]["sku"] == "y");
  CHECK(x["lines"][std::size_t{0}]["sku"] == "x");
  CHECK(x["lines"][1U]["sku"] == "y");
  CHECK(x["lines"][value{1}.as_int()]["sku"] == "y");
}

TEST_CASE("a part shares the document and keeps it alive", "[core][value]") {
  std::optional<value> whole = order();
  const auto part = (*whole)["lines"][1];
  CHECK(&part.get() == &whole->get().at("lines").at(1));
  whole.reset();
  CHECK(part["sku"] == "y");
}

TEST_CASE("copies share the document", "[core][value]") {
  const auto x = order();
  const auto copy = x;
  CHECK(&copy.get() == &x.get());
  CHECK(&x.with_source("cache").get() == &x.get());
}

TEST_CASE("a part knows its pointer", "[core][value]") {
  const auto x = order();
  CHECK(x.pointer().empty());
  CHECK(x["lines"][1]["sku"].pointer() == "/lines/1/sku");
  const auto odd = x["a/b"]["c~d"];
  CHECK(odd.pointer() == "/a~1b/c~0d");
  CHECK(&x.get().at(json::json_pointer(odd.pointer())) == &odd.get());
}

TEST_CASE("a missing member is named, with those that are there",
          "[core][value]") {
  CHECK(
    complaint([] { return order()["prize"]; })
    == "/prize is missing: the document is an object with a/b, cents, gone, "
       "id, lines");
  CHECK(complaint([] { return order()["lines"][0]["size"]; })
        == "/lines/0/size is missing: /lines/0 is an object with sku");
  CHECK(complaint([] { return order()["cents"]["tax"]; })
        == "/cents/tax is missing: /cents is an integer");
  CHECK(complaint([] { return args()["a"]; })
        == "/a is missing: the document is an empty object");
  CHECK(complaint([] { return value{}["a"]; })
        == "/a is missing: the document is null");
}

TEST_CASE("a missing element is named, with how many there are",
          "[core][value]") {
  CHECK(complaint([] { return order()["lines"][2]; })
        == "/lines/2 is missing: /lines is an array of 2");
  CHECK(complaint([] { return order()["lines"][-1]; })
        == "/lines/-1 is missing: /lines is an array of 2");
  CHECK(complaint([] { return order()["id"][0]; })
        == "/id/0 is missing: /id is a string");
}

TEST_CASE("a complaint stays short and valid, whatever the keys",
          "[core][value]") {
  json doc;
  for (int i = 0; i < 100; ++i)
    doc[std::to_string(i) + "\xFF" + std::string(10'000, 'k')] = i;
  const auto said = complaint([&] { return value{doc}["\xFF"]; });
  CHECK(said.size() < 1000);
  CHECK_NOTHROW(canonical(json(said)));
}

TEST_CASE("a member may have a stand-in", "[core][value]") {
  const auto x = order();
  CHECK(x.get("id", "none") == "A-1");
  CHECK(x.get("nothing", "none") == "none");
  CHECK(x.get("gone", 7) == 7);
  CHECK(value{}.get("id", "none") == "none");
  CHECK(x.get("id", "none").pointer() == "/id");
  CHECK(complaint([&] { return x["id"].get("x", 1); })
        == "/id/x is missing: /id is a string");
}

// -- scalars ------------------------------------------------------------------

TEST_CASE("a scalar read as something else is refused with place and types",
          "[core][value]") {
  const auto x = order();
  CHECK(complaint([&] { return x["id"].as_int(); })
        == "/id is a string, not an integer");
  CHECK(complaint([&] { return x["cents"].as_string(); })
        == "/cents is an integer, not a string");
  CHECK(complaint([&] { return x["gone"].as_bool(); })
        == "/gone is null, not a boolean");
  CHECK(complaint([&] { return x["lines"].as_double(); })
        == "/lines is an array, not a number");
  CHECK(complaint([&] { return x.as_string(); })
        == "the document is an object, not a string");
}

TEST_CASE("integers are read exactly or not at all", "[core][value]") {
  CHECK(value{5.0}.as_int() == 5);
  CHECK(value{-9007199254740991.0}.as_int() == -9007199254740991);
  CHECK(value{std::numeric_limits<std::int64_t>::min()}.as_int()
        == std::numeric_limits<std::int64_t>::min());
  const auto refused
    = GENERATE(as<json>{}, 5.5, 9007199254740992.0, 1e300, std::nan(""),
               HUGE_VAL, std::uint64_t{1} << 63U);
  CHECK_THROWS_AS(value{refused}.as_int(), step_error);
}

TEST_CASE("doubles are read from any number", "[core][value]") {
  CHECK(value{3}.as_double() == 3.0);
  CHECK(value{-3}.as_double() == -3.0);
  CHECK(value{std::numeric_limits<std::uint64_t>::max()}.as_double() == 0x1p64);
}

TEST_CASE("text for logs never throws", "[core][value]") {
  CHECK(order()["lines"].dump() == R"([{"sku":"x"},{"sku":"y"}])");
  CHECK(value{"\xFF"}.dump() == "\"\xEF\xBF\xBD\"");
}

// -- provenance ---------------------------------------------------------------

TEST_CASE("a value is primary and of unknown confidence until told otherwise",
          "[core][value]") {
  const value x{7};
  CHECK(x.source() == "primary");
  CHECK_FALSE(x.confidence());
  CHECK(x.confidence() < 0.8);
}

TEST_CASE("parts inherit source and confidence", "[core][value]") {
  const auto x = order().with_source("person:T-1").with_confidence(0.5);
  const auto part = x["lines"][0]["sku"];
  CHECK(part.source() == "person:T-1");
  CHECK(part.confidence() == 0.5);
  CHECK(part.pointer() == "/lines/0/sku");
  const auto own = part.with_source("cache");
  CHECK(own.source() == "cache");
  CHECK(own.pointer() == "/lines/0/sku");
  CHECK(x.source() == "person:T-1");
  CHECK(own.with_source("primary").source() == "primary");
}

TEST_CASE("a confidence lies between nothing and certain", "[core][value]") {
  CHECK(value{}.with_confidence(0.0).confidence() == 0.0);
  CHECK(value{}.with_confidence(1.0).confidence() == 1.0);
  const auto refused = GENERATE(-0.1, 1.1, std::nan(""));
  CHECK_THROWS_AS(value{}.with_confidence(refused), step_error);
}

// -- comparison ---------------------------------------------------------------

TEST_CASE("values are equal by content", "[core][value]") {
  auto [x, y, equal] = GENERATE(table<json, json, bool>({
    {1, 1.0, true},
    {1, 1U, true},
    {-1, std::numeric_limits<std::uint64_t>::max(), false},
    {0, -0.0, true},
    {1, 1.5, false},
    {9007199254740993, 9007199254740992.0, false},
    {9007199254740992, 9007199254740992.0, false},
    {std::nan(""), std::nan(""), false},
    {1, "1", false},
    {1, true, false},
    {0, nullptr, false},
    {false, nullptr, false},
    {true, true, true},
    {nullptr, nullptr, true},
    {"a", "a", true},
    {"a", "b", false},
    {json::array(), json::object(), false},
    {json::array({1, "a"}), json::array({1.0, "a"}), true},
    {json::array({1}), json::array({1, 2}), false},
    {json{{"a", 1}, {"b", {2}}}, json{{"b", {2.0}}, {"a", 1U}}, true},
    {json{{"a", 1}}, json{{"b", 1}}, false},
    {json{{"a", 1}}, json{{"a", 1}, {"b", 1}}, false},
  }));
  INFO(x.dump() << " and " << y.dump());
  CHECK((value{x} == value{y}) == equal);
  CHECK((value{y} == value{x}) == equal);
  CHECK((value{x} != value{y}) != equal);
}

TEST_CASE("equality ignores where a value came from", "[core][value]") {
  CHECK(value{4200}.with_source("cache") == order()["cents"]);
}

TEST_CASE("only numbers with numbers and strings with strings have an order",
          "[core][value]") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  auto [x, y, expected] = GENERATE_COPY(table<json, json, answer>({
    {1, 2, answer::less},
    {2, 1.5, answer::greater},
    {-1, most, answer::less},
    {-1, -0.5, answer::less},
    {-1, -1.5, answer::greater},
    {0, -0.0, answer::equal},
    {9007199254740993, 9007199254740992.0, answer::greater},
    {most, 0x1p64, answer::less},
    {most, 0x1p63, answer::greater},
    {std::numeric_limits<std::int64_t>::max(), 0x1p63, answer::less},
    {least, -0x1p63, answer::equal},
    {least, -1e300, answer::greater},
    {1, HUGE_VAL, answer::less},
    {1U, -HUGE_VAL, answer::greater},
    {"a", "b", answer::less},
    {"b", "\xC3\xA4", answer::less},
    {"9", 5000, answer::none},
    {true, false, answer::none},
    {nullptr, 1, answer::none},
    {json::array({1}), json::array({2}), answer::none},
    {std::nan(""), 1, answer::none},
    {std::nan(""), std::nan(""), answer::none},
  }));
  INFO(x.dump() << " and " << y.dump());
  CHECK(compared(value{x}, value{y}) == expected);
  const auto reverse = expected == answer::less      ? answer::greater
                       : expected == answer::greater ? answer::less
                                                     : expected;
  CHECK(compared(value{y}, value{x}) == reverse);
}

TEST_CASE("values compare with plain numbers and strings", "[core][value]") {
  const auto x = order();
  CHECK(x["cents"] == 4200);
  CHECK(x["cents"] > 4199.5);
  CHECK(x["cents"] <= 4200U);
  CHECK(x["cents"] >= 4200);
  CHECK(x["id"] < "A-2");
  CHECK_FALSE(x["id"] == 4200);
}

TEST_CASE("values compare with json as with each other", "[core][value]") {
  CHECK(order()["lines"] == json({{{"sku", "x"}}, {{"sku", "y"}}}));
  CHECK(json(4200.0) == order()["cents"]);
  CHECK(order()["cents"] != json("4200"));
}

TEST_CASE("a comparison without order says what was compared",
          "[core][value]") {
  CHECK(
    complaint([] { return order()["id"] > 5000; })
    == "no order between /id, a string, and an integer: only two numbers or "
       "two strings have one");
}

// -- building -----------------------------------------------------------------

TEST_CASE("args makes an object of keys and values in turn", "[core][value]") {
  CHECK(canonical(args()) == "{}");
  CHECK(canonical(args("id", 7, "name", "x", "deep", order()["lines"], "no",
                       nullptr, "yes", true))
        == R"({"deep":[{"sku":"x"},{"sku":"y"}],"id":7,"name":"x","no":null,)"
           R"("yes":true})");
}

TEST_CASE("args refuses a key that repeats", "[core][value]") {
  try {
    (void)args("a", 1, "b", 2, "a", 3);
    FAIL("accepted");
  } catch (const error& x) {
    CHECK(x.code() == error_code::invalid_json);
    CHECK_THAT(x.what(), ContainsSubstring("the key \"a\" twice"));
  }
}
