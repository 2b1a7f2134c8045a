#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/cursor.hpp>
#include <stanchion/runtime/api/http.hpp>
#include <stanchion/runtime/api/role.hpp>
#include <stanchion/runtime/api/server.hpp>

using namespace stanchion;

TEST_CASE("any text survives a target", "[runtime][api][http]") {
  auto text = std::string{};
  for (auto c = 0; c < 256; ++c)
    text += static_cast<char>(c);
  CHECK(percent_decoded(percent_encoded(text)) == text);
}

TEST_CASE("a target is read into its parts", "[runtime][api][http]") {
  const auto x = parse_target("/v1/a%2Fb//?q=1&q=2&e&%20=%3D");
  REQUIRE(x);
  CHECK(x->path == std::vector<std::string>{"v1", "a/b", "", ""});
  CHECK(
    x->query
    == std::map<std::string, std::string>{{"q", "2"}, {"e", ""}, {" ", "="}});
  for (const auto* wrong : {"", "v1", "http://x/", "/%", "/%0", "/%gg", "/?%x"})
    CHECK_FALSE(parse_target(wrong));
}

TEST_CASE("a cursor is read back, and nothing else is one",
          "[runtime][api][http]") {
  for (const auto n :
       {run_number{0}, run_number{1}, run_number{4'711}, ~run_number{0}})
    CHECK(decode_cursor(encode_cursor(n)) == n);
  CHECK(decode_cursor("") == 0);
  CHECK(encode_cursor(12).find("12") == std::string::npos);
  const auto wrong
    = GENERATE(as<std::string>{}, "12", "0", std::string(32, '0'),
               std::string(32, 'g'), encode_cursor(5) + "0");
  CHECK_THROWS_AS(decode_cursor(wrong), error);
}

TEST_CASE("roles read back", "[runtime][api][role]") {
  for (const auto x :
       {role::viewer, role::operator_role, role::approver, role::admin})
    CHECK(parse_role(to_string(x)) == x);
  CHECK_FALSE(parse_role("root"));
  CHECK_FALSE(parse_role(""));
}

TEST_CASE("an address to listen at has a host and a port",
          "[runtime][api][server]") {
  const auto [text, host, port, loopback]
    = GENERATE(table<std::string, std::string, int, bool>({
      {"127.0.0.1:7420", "127.0.0.1", 7420, true},
      {"127.8.8.8:0", "127.8.8.8", 0, true},
      {"localhost:1", "localhost", 1, true},
      {"[::1]:7420", "::1", 7420, true},
      {"[::]:7420", "::", 7420, false},
      {"0.0.0.0:65535", "0.0.0.0", 65'535, false},
      {"example.org:80", "example.org", 80, false},
    }));
  const auto x = parse_address(text);
  CHECK(x.host == host);
  CHECK(x.port == port);
  CHECK(x.loopback() == loopback);
  for (const auto* wrong :
       {"", "7420", ":7420", "localhost", "localhost:", "localhost:x",
        "localhost:65536", "localhost:-1", "::1:7420", "localhost:1x"})
    CHECK_THROWS_AS(parse_address(wrong), error);
}

TEST_CASE("listening beyond this machine takes TLS or an explicit word",
          "[runtime][api][server]") {
  auto x = serve_options{.listen = "0.0.0.0:7420"};
  CHECK_THROWS_WITH(check(x), ContainsSubstring("--insecure-non-loopback"));
  x.insecure_non_loopback = true;
  CHECK_NOTHROW(check(x));
  x.insecure_non_loopback = false;
  x.tls_cert = "cert.pem";
  CHECK_THROWS_AS(check(x), error); // and its key
  x.tls_key = "key.pem";
  CHECK_NOTHROW(check(x));
  x.service.streams = 32;
  CHECK_THROWS_WITH(check(x), ContainsSubstring("fewer streams"));
}
