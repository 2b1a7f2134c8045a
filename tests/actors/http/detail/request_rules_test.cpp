#include "support/catch.hpp"

#include <stanchion/actors/http/detail/request_rules.hpp>

#include <string>

using namespace stanchion;
using namespace std::string_literals;

namespace {

transfer_request plain() {
  return {.url = "https://example.com/"};
}

} // namespace

TEST_CASE("only http and https URLs without blanks may be asked for",
          "[http]") {
  const auto [url, fine] = GENERATE(table<std::string, bool>({
    {"http://example.com", true},
    {"HTTPS://example.com:8443/a?b=c#d", true},
    {"http://[::1]:80/", true},
    {"", false},
    {"example.com", false},
    {"ftp://example.com/", false},
    {"file:///etc/passwd", false},
    {"gopher://example.com/", false},
    {"http:/example.com/", false},
    {" http://example.com/", false},
    {"http://example.com/a b", false},
    {"http://example.com/a\r\nX: y", false},
    {"http://example.com/a\0b"s, false},
  }));
  INFO(url);
  auto x = plain();
  x.url = url;
  CHECK(refusal(x).has_value() != fine);
}

TEST_CASE("headers cannot smuggle others", "[http]") {
  const auto [name, content, fine]
    = GENERATE(table<std::string, std::string, bool>({
      {"X-Id", "a b\tc", true},
      {"X-Id", "", true},
      {"X-Id", "\xC3\xA4", true},
      {"X-Id", "a\r\nHost: evil", false},
      {"X-Id", "a\nb", false},
      {"X-Id", "a\0b"s, false},
      {"", "zz!", false},
      {"X Id", "zz!", false},
      {"X-Id:", "zz!", false},
      {"X-Id\r\nHost", "zz!", false},
      {"Content-Length", "5", false},
      {"transfer-encoding", "chunked", false},
    }));
  INFO(name << ": " << content);
  auto x = plain();
  x.headers.emplace_back(name, content);
  const auto why = refusal(x);
  CHECK(why.has_value() != fine);
  if (why && !content.empty())
    CHECK(why->find(content) == std::string::npos);
}

TEST_CASE("a method is a word, and no tunnel", "[http]") {
  const auto [method, fine] = GENERATE(table<std::string, bool>({
    {"GET", true},
    {"QUERY", true},
    {"", false},
    {"GET /", false},
    {"GET\r\nX: y", false},
    {"CONNECT", false},
  }));
  auto x = plain();
  x.method = method;
  CHECK(refusal(x).has_value() != fine);
}

TEST_CASE("limits of time are positive", "[http]") {
  auto x = plain();
  CHECK_FALSE(refusal(x));
  x.connect_timeout = 0s;
  CHECK(refusal(x) == "connect_timeout is not positive");
  x = plain();
  x.timeout = 0s;
  CHECK(refusal(x) == "timeout is not positive");
  x = plain();
  x.idle_timeout = -1s;
  CHECK(refusal(x) == "idle_timeout is not positive");
}

TEST_CASE("an origin has nothing of a URL that may be secret", "[http]") {
  const auto [url, place] = GENERATE(table<std::string, std::string>({
    {"https://example.com", "https://example.com"},
    {"https://example.com:8443/secret", "https://example.com:8443"},
    {"https://example.com?key=secret", "https://example.com"},
    {"https://example.com#secret", "https://example.com"},
    {"https://me:secret@example.com/", "https://example.com"},
    {"https://me:se@cret@example.com/", "https://example.com"},
    {"https://me:sec/ret@example.com/", "https://me"},
    {"https://me:sec\\ret@example.com/", "https://me"},
    {"https://[::1]:80/secret", "https://[::1]:80"},
    {"https://secret@[::1]/", "https://[::1]"},
    {"secret", "no URL"},
  }));
  CHECK(origin_of(url) == place);
}
