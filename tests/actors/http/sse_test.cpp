#include "support/catch.hpp"

#include <stanchion/actors/http/sse.hpp>
#include <stanchion/core/error.hpp>

#include <string>
#include <tuple>

using namespace stanchion;
using namespace std::string_literals;

namespace {

using events = std::vector<std::tuple<std::string, std::string, std::string>>;

void append(events& to, const std::vector<sse_event>& from) {
  for (const auto& x : from)
    to.emplace_back(x.type, x.data, x.id);
}

events read(const std::string& text) {
  auto reader = sse_reader{};
  auto to = events{};
  append(to, reader.read(text));
  return to;
}

events message(const std::string& data, const std::string& id = {}) {
  return {{"message", data, id}};
}

// All that a stream may have in it.
const auto everything = "\xEF\xBB\xBF: hello\n"
                        "id: 1\n"
                        "event: note\r\n"
                        "data: one\r"
                        "data:  two\r\n"
                        "\r\n"
                        "data\n\n"
                        "retry: 250\r\r"
                        "id\nevent: lost\ndata: half"s;

const auto what_it_says
  = events{{"note", "one\n two", "1"}, {"message", "", "1"}};

} // namespace

TEST_CASE("an event is what its lines say", "[http][sse]") {
  const auto [text, expected] = GENERATE(table<std::string, events>({
    {"data: x\n\n", message("x")},
    {"data:x\n\n", message("x")},
    {"data:  x \n\n", message(" x ")},
    {"data: a\ndata: b\n\n", message("a\nb")},
    {"data: a\ndata\n\n", message("a\n")},
    {"data\n\n", message("")},
    {"data:\ndata:\n\n", message("\n")},
    {"data: a:b\n\n", message("a:b")},
    {"event: note\ndata: x\n\n", events{{"note", "x", ""}}},
    {"event: a\nevent: b\ndata: x\n\n", events{{"b", "x", ""}}},
    {"event: note\nevent:\ndata: x\n\n", message("x")},
    {"data: x\n\ndata: y\n\n",
     events{{"message", "x", ""}, {"message", "y", ""}}},
    {"Data: x\n data: y\ndata : z\nother: 1\nother\n\n", events{}},
    {"data: \xFFnot UTF-8\n\n", message("\xFFnot UTF-8")},
  }));
  INFO(text);
  CHECK(read(text) == expected);
}

TEST_CASE("an event without data is none, and leaves no type behind",
          "[http][sse]") {
  CHECK(read("event: note\n\ndata: x\n\n") == message("x"));
  CHECK(read(": a comment\n\n\n\n:\n\n").empty());
}

TEST_CASE("an event that is not over is none", "[http][sse]") {
  CHECK(read("data: x").empty());
  CHECK(read("data: x\n").empty());
}

TEST_CASE("lines end in any of three ways", "[http][sse]") {
  const auto* end = GENERATE("\n", "\r", "\r\n");
  const auto text = "event: note"s + end + "data: a" + end + "data: b" + end
                    + end + "data: c" + end + end;
  CHECK(read(text) == events{{"note", "a\nb", ""}, {"message", "c", ""}});
}

TEST_CASE("a carriage return ends an event at once", "[http][sse]") {
  auto reader = sse_reader{};
  CHECK(reader.read("data: a\r").empty());
  CHECK(reader.read("\r").size() == 1);
  CHECK(reader.read("\n").empty());
  CHECK(reader.read("data: b\n").empty());
  CHECK(reader.read("\n").size() == 1);
}

TEST_CASE("a byte order mark is skipped, once", "[http][sse]") {
  CHECK(read("\xEF\xBB\xBF"
             "data: x\n\n")
        == message("x"));
  CHECK(read("\xEF\xBB\xBF\n\n"
             "\xEF\xBB\xBF"
             "data: x\n\n")
          .empty());
}

TEST_CASE("an id stands until there is another", "[http][sse]") {
  CHECK(read("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n")
        == events{
          {"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", ""}});
  CHECK(read("id: 1\n\ndata: b\n\n") == message("b", "1"));
  CHECK(read("id: 1\nid: 2"s + '\0' + "\ndata: x\n\n") == message("x", "1"));
}

TEST_CASE("the last id is that of the last event that is over", "[http][sse]") {
  auto reader = sse_reader{};
  CHECK(reader.last_id().empty());
  static_cast<void>(reader.read("id: 7\ndata: a\n"));
  CHECK(reader.last_id().empty());
  static_cast<void>(reader.read("\nid: 8\n"));
  CHECK(reader.last_id() == "7");
}

TEST_CASE("only digits say when to come again", "[http][sse]") {
  const auto [text, expected]
    = GENERATE(table<std::string, std::optional<std::uint64_t>>({
      {"", {}},
      {"retry: 1500\n", 1500},
      {"retry:0\n", 0},
      {"retry: 1\nretry: x\n", 1},
      {"retry\n", {}},
      {"retry: -1\n", {}},
      {"retry: 1.5\n", {}},
      {"retry:  15\n", {}},
      {"retry: 99999999999999999999999\n", {}},
    }));
  INFO(text);
  auto reader = sse_reader{};
  static_cast<void>(reader.read(text));
  CHECK(reader.retry_ms() == expected);
}

TEST_CASE("a stream says the same wherever it is cut", "[http][sse]") {
  for (auto first = std::size_t{0}; first <= everything.size(); ++first)
    for (auto second = first; second <= everything.size(); ++second) {
      auto reader = sse_reader{};
      auto to = events{};
      append(to, reader.read(everything.substr(0, first)));
      append(to, reader.read(everything.substr(first, second - first)));
      append(to, reader.read(everything.substr(second)));
      INFO(first << ' ' << second);
      REQUIRE(to == what_it_says);
      REQUIRE(reader.last_id() == "1");
      REQUIRE(reader.retry_ms() == 250);
    }
}

TEST_CASE("a stream says the same byte by byte", "[http][sse]") {
  auto reader = sse_reader{};
  auto to = events{};
  for (const auto c : everything)
    append(to, reader.read({&c, 1}));
  CHECK(to == what_it_says);
}

TEST_CASE("an event beyond the limit ends the reading", "[http][sse]") {
  const auto* text
    = GENERATE("data: 0123456789abcdef", ": 0123456789abcdefghi",
               "data: 01234567\ndata: 01234567\n",
               "event: 0123456\ndata: 01234567\n", "id: 0123456789abcdefgh");
  const auto whole = GENERATE(true, false);
  auto reader = sse_reader{20};
  const auto feed = [&] {
    if (whole)
      static_cast<void>(reader.read(text));
    for (const auto c : std::string_view{text})
      static_cast<void>(reader.read({&c, 1}));
  };
  INFO(text);
  try {
    feed();
    FAIL("it was read");
  } catch (const error& e) {
    CHECK(e.code() == error_code::input_too_large);
    CHECK(std::string_view{e.what()}.find("20 bytes")
          != std::string_view::npos);
  }
}

TEST_CASE("the limit is one of an event, not of the stream", "[http][sse]") {
  auto reader = sse_reader{20};
  for (auto i = 0; i < 100; ++i)
    CHECK(reader.read("data: 0123456789\n\n").size() == 1);
}
