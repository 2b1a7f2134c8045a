#include "support/catch.hpp"

#include <stanchion/actors/http/detail/answer_head.hpp>

#include <string>

using namespace stanchion;

namespace {

using state = answer_head::state;

answer_head head_of(const std::vector<std::string>& lines) {
  auto x = answer_head{};
  for (const auto& line : lines)
    static_cast<void>(x.add(line + "\r\n"));
  return x;
}

} // namespace

TEST_CASE("a head has a status and headers in lower case", "[http]") {
  const auto x = head_of({"HTTP/1.1 404 Not Found", "Content-Type:  text/html ",
                          "X-Empty:", "X-Time: 12:30", "no colon", ""});
  CHECK(x.complete());
  CHECK(x.status() == 404);
  CHECK(x.headers()
        == http_headers{
          {"content-type", "text/html"}, {"x-empty", ""}, {"x-time", "12:30"}});
}

TEST_CASE("a status is read in all versions", "[http]") {
  const auto [line, status] = GENERATE(table<std::string, int>({
    {"HTTP/1.0 200 OK", 200},
    {"HTTP/1.1 204", 204},
    {"HTTP/2 529 ", 529},
    {"HTTP/1.1", 0},
    {"HTTP/1.1 ok", 0},
  }));
  CHECK(head_of({line, ""}).status() == status);
}

TEST_CASE("a head is complete at its empty line", "[http]") {
  auto x = answer_head{};
  CHECK(x.add("HTTP/1.1 200 OK\r\n") == state::reading);
  CHECK(x.add("A: b\r\n") == state::reading);
  CHECK_FALSE(x.complete());
  CHECK(x.add("\r\n") == state::complete);
}

TEST_CASE("interim answers are forgotten", "[http]") {
  const auto x = head_of(
    {"HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "A: b", ""});
  CHECK(x.complete());
  CHECK(x.status() == 200);
  CHECK(x.headers() == http_headers{{"a", "b"}});
  CHECK_FALSE(head_of({"HTTP/1.1 100 Continue", ""}).complete());
}

TEST_CASE("what follows a head is ignored", "[http]") {
  const auto x = head_of({"HTTP/1.1 200 OK", "A: b", "", "A: trailer", ""});
  CHECK(x.headers() == http_headers{{"a", "b"}});
}

TEST_CASE("a folded header is one", "[http]") {
  const auto x = head_of({"HTTP/1.1 200 OK", "A: b", "  c", "\td", ""});
  CHECK(x.headers() == http_headers{{"a", "b c d"}});
}

TEST_CASE("a head beyond the limit is given up", "[http]") {
  auto x = answer_head{};
  static_cast<void>(x.add("HTTP/1.1 200 OK\r\n"));
  const auto line = "A: " + std::string(1'000, 'b') + "\r\n";
  auto lines = std::size_t{0};
  while (x.add(line) == state::reading)
    ++lines;
  CHECK(x.add(line) == state::too_long);
  CHECK(lines == (answer_head::most - 17) / line.size());
}
