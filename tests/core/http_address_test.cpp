#include "support/catch.hpp"

#include <stanchion/core/http_address.hpp>

using namespace stanchion;

TEST_CASE("the host of a URL is found, whatever stands around it",
          "[core][http]") {
  const auto [url, host] = GENERATE(table<std::string, std::string>({
    {"http://example.org", "example.org"},
    {"https://example.org:8443/a?b#c", "example.org"},
    {"https://me:word@example.org/x", "example.org"},
    {"https://127.0.0.1@evil.example/", "evil.example"},
    {"http://[::1]:80/x", "::1"},
    {"http:///x", ""},
    {"example.org", ""},
  }));
  CHECK(host_of(url) == host);
}

TEST_CASE("words go in clear to this machine only", "[core][http]") {
  CHECK(!why_not_sent_to("https://example.org/v1", false));
  CHECK(!why_not_sent_to("http://127.8.0.1:11434/v1", false));
  CHECK(!why_not_sent_to("http://[::1]/v1", false));
  CHECK(!why_not_sent_to("http://localhost:1/v1", false));
  CHECK(!why_not_sent_to("http://example.org/v1", true));
  CHECK(why_not_sent_to("http://example.org/v1", false)
        == "what is sent would cross the network to example.org for everybody "
           "to read; use https://, or insecure_non_loopback");
  CHECK(why_not_sent_to("http://127.0.0.1@example.org/", false));
  CHECK(why_not_sent_to("http://localhost.example.org/", false));
  CHECK(why_not_sent_to("ftp://example.org", false));
  CHECK(why_not_sent_to("https://a b/", false));
  CHECK(why_not_sent_to("https:///v1", false));
}
