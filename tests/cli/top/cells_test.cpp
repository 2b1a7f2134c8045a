#include "support/catch.hpp"

#include <stanchion/cli/top/cells.hpp>

using namespace stanchion::top;

TEST_CASE("a text takes as many columns as a terminal gives it", "[cli][top]") {
  const auto [text, columns] = GENERATE(table<std::string, std::size_t>({
    {"", 0U},
    {"abc", 3U},
    {"grüße", 5U},
    {"日本", 4U},
    {"e\u0301", 1U}, // joined
    {"\xff\xfe", 2U},
  }));
  CHECK(columns_of(text) == columns);
}

TEST_CASE("what is fitted is never wider, and never cuts a character",
          "[cli][top]") {
  const auto [text, columns, fits]
    = GENERATE(table<std::string, std::size_t, std::string>({
      {"abc", 0U, ""},
      {"abc", 2U, "ab"},
      {"日本", 3U, "日"},
      {"日本", 1U, ""},
      {"a\nb\x1b[2J", 9U, "a b?[2J"},
      {"x\u202ey", 9U, "x?y"},
      {"a\xff\xffz", 9U, "a??z"},
      {"e\u0301x", 1U, "e\u0301"},
    }));
  CHECK(fitted(text, columns) == fits);
  CHECK(columns_of(padded(text, columns)) == columns);
}

TEST_CASE("a heap of marks on one letter does not grow into other lines",
          "[cli][top]") {
  auto text = std::string{"a"};
  for (auto i = 0; i < 100; ++i)
    text += "\u0301";
  CHECK(fitted(text + "b", 2).size() < 12);
  CHECK(fitted(text + "b", 2).ends_with("b"));
}

TEST_CASE("wrapped lines hold all of a text", "[cli][top]") {
  CHECK(wrapped("abcdef\n\ngh", 4)
        == std::vector<std::string>{"abcd", "ef", "", "gh"});
  CHECK(wrapped("日本語", 5) == std::vector<std::string>{"日本", "語"});
  CHECK(wrapped("日", 1) == std::vector<std::string>{"?"});
  CHECK(wrapped("a\x1b[2J", 80) == std::vector<std::string>{"a?[2J"});
  CHECK(wrapped("abc", 0).empty());
}

TEST_CASE("characters are read from UTF-8 and written as it", "[cli][top]") {
  const auto code = GENERATE(U'a', U'é', U'€', U'😀');
  auto text = std::string{};
  append_utf8(text, code);
  CHECK(first_character(text).code == code);
  CHECK(first_character(text).bytes == text.size());
  CHECK(first_character(text.substr(0, text.size() - 1) + "!").bytes == 1);
}
