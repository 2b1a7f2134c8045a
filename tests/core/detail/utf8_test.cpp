#include "support/catch.hpp"

#include <stanchion/core/detail/utf8.hpp>

using namespace stanchion;

TEST_CASE("sequences of one to four bytes are UTF-8", "[core][utf8]") {
  auto [text, length] = GENERATE(table<std::string, std::size_t>({
    {"a", 1},
    {"\x7F", 1},
    {"\xC2\x80", 2},
    {"\xDF\xBF", 2},
    {"\xE0\xA0\x80", 3},
    {"\xED\x9F\xBF", 3},
    {"\xEE\x80\x80", 3},
    {"\xEF\xBF\xBF", 3},
    {"\xF0\x90\x80\x80", 4},
    {"\xF4\x8F\xBF\xBF", 4},
  }));
  CHECK(detail::utf8_length(text) == length);
  CHECK(detail::utf8_length(text + "tail") == length);
}

TEST_CASE("broken, overlong and surrogate sequences are not", "[core][utf8]") {
  const auto text
    = GENERATE(as<std::string>{}, "", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF",
               "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
               "\xE1\x80", "\xE1\x80z", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
               "\xF1\x80\x80", "\xF5\x80\x80\x80", "\xFF");
  CHECK(detail::utf8_length(text) == 0);
}

TEST_CASE("only the bytes that are no UTF-8 are replaced", "[core][utf8]") {
  CHECK(detail::to_valid_utf8("a\xFFz\xC3\xA4\xC3")
        == "a\xEF\xBF\xBDz\xC3\xA4\xEF\xBF\xBD");
}

TEST_CASE("a clipped text ends between characters", "[core][utf8]") {
  CHECK(detail::clip("short", 5) == "short");
  CHECK(detail::clip("longer", 4) == "long…");
  CHECK(detail::clip("a\xC3\xA4z", 2) == "a…");
}
