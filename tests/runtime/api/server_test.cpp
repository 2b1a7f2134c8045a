#include "support/api_world.hpp"
#include "support/catch.hpp"
#include "support/certificate.hpp"
#include "support/eventually.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/api/server.hpp>

#include <optional>
#include <thread>

using namespace stanchion;
using namespace stanchion::test;

namespace {

struct served_world : api_world {
  explicit served_world(serve_options options = {}) {
    options.listen = "127.0.0.1:0";
    server.emplace(work, dir.path() / "tokens.json", std::move(options));
  }

  /// A head of a request without its end.
  [[nodiscard]] std::string head(const std::string& line,
                                 const std::string& as = "admin") const {
    return line + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
           + token_of(as) + "\r\n";
  }
  [[nodiscard]] std::string say(const std::string& bytes) const {
    return talk(server->port(), bytes);
  }
  [[nodiscard]] std::string post(const std::string& target,
                                 const std::string& body) const {
    return say(head("POST " + target)
               + "Content-Type: application/json\r\nContent-Length: "
               + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  std::optional<api_server> server;
};

int status_of(const std::string& answer) {
  constexpr auto before = std::size_t{9};
  return answer.size() < before + 3 ? 0 : std::stoi(answer.substr(before, 3));
}

serve_options quick() {
  auto x = serve_options{};
  x.request_timeout = 300ms;
  return x;
}

} // namespace

TEST_CASE("a request is answered over the network, one a connection",
          "[runtime][api][server]") {
  const auto world = served_world{};
  const auto one = world.head("GET /version") + "\r\n";
  const auto answer = world.say(one + one); // the second one is not read
  CHECK(status_of(answer) == 200);
  CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  CHECK_THAT(answer, ContainsSubstring("\r\nX-Request-Id: "));
  CHECK_THAT(answer, ContainsSubstring("\r\nContent-Type: application/json"));
  CHECK_THAT(answer, EndsWith("\"}"));
  CHECK_THAT(world.server->url(), StartsWith("http://127.0.0.1:"));
}

TEST_CASE("a run is started over the network", "[runtime][api][server]") {
  auto world = served_world{};
  const auto answer
    = world.post("/v1/runs", R"({"agent":"returns","input":[1,2]})");
  CHECK(status_of(answer) == 202);
  CHECK_THAT(answer, ContainsSubstring("Location: /v1/runs/"));
  CHECK(eventually([&] {
    return world.get({.target = "/v1/runs?state=completed"}).at("runs").size()
           == 1;
  }));
}

TEST_CASE("what is no request is told so, or hung up on",
          "[runtime][api][server]") {
  const auto world = served_world{quick()};
  const auto [bytes, status] = GENERATE(table<std::string, int>({
    {"\r\n\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"GET / HTTP/9.9\r\n\r\n", 400},
    {"FETCH / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
    {"GET v1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
    {"GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
    {"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
    {"GET /livez HTTP/1.1\r\n\r\n", 400},
    {"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400},
    {"GET /livez HTTP/1.1\r\nHost: evil\r\n\r\n", 403},
    {"GET /" + std::string(3'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
     414},
    {"GET /" + std::string(20'000, 'a')
       + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
     414},
    {"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 401},
    {"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
  }));
  CAPTURE(bytes.substr(0, 60));
  const auto answer = world.say(bytes);
  CHECK(status_of(answer) == status);
  if (status != 200)
    CHECK_THAT(answer, ContainsSubstring("application/problem+json"));
}

TEST_CASE("a body that is too long is refused unread",
          "[runtime][api][server]") {
  const auto world = served_world{};
  const auto answer = world.say(
    world.head("POST /v1/runs")
    + "Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{");
  CHECK(status_of(answer) == 413);
}

TEST_CASE("who may not post is told before the body is read",
          "[runtime][api][server]") {
  const auto world = served_world{};
  for (const auto& [as, status] :
       std::map<std::string, int>{{"wrong", 401}, {"viewer", 403}}) {
    const auto answer = world.say(
      world.head("POST /v1/runs", as)
      + "Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n");
    CHECK(status_of(answer) == status);
  }
}

TEST_CASE("a client that does not say its request in time is hung up on",
          "[runtime][api][server]") {
  const auto world = served_world{quick()};
  const auto get = world.head("GET /livez");
  const auto post
    = world.head("POST /v1/runs")
      + "Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{";
  const auto begun
    = GENERATE_COPY(std::string{}, std::string{"GET /livez"}, get, post);
  auto client = connection{world.server->port()};
  REQUIRE(client.send(begun));
  const auto began = std::chrono::steady_clock::now();
  static_cast<void>(client.read_all());
  CHECK(std::chrono::steady_clock::now() - began < 4s); // a read has 5 s
}

TEST_CASE("a client that drips its request is hung up on",
          "[runtime][api][server]") {
  const auto world = served_world{quick()};
  auto client = connection{world.server->port()};
  REQUIRE(client.send("GET /livez HTTP/1.1\r\n"));
  auto drops = 0;
  // Far more often than a read may take, for far longer than a request may.
  while (client.send("x") && drops < 200) {
    ++drops;
    static_cast<void>(client.read_until("never", 20ms));
  }
  CHECK(drops < 200);
}

TEST_CASE("headers without end are cut off", "[runtime][api][server]") {
  auto options = serve_options{};
  options.service.gate.body_limit = 65'536;
  const auto world = served_world{options};
  auto client = connection{world.server->port()};
  REQUIRE(client.send("GET /livez HTTP/1.1\r\n"));
  auto line = std::string{"X-Header: "} + std::string(4'000, 'a') + "\r\n";
  constexpr auto most = 250'000; // a gigabyte
  auto sent = 0;
  while (sent < most && client.send(line))
    ++sent;
  CHECK(sent < most);
  CHECK(eventually([&] { return client.hung_up(); }));
}

TEST_CASE("health is answered while all workers are busy",
          "[runtime][api][server]") {
  auto options = serve_options{};
  options.workers = 2;
  options.service.streams = 1;
  const auto world = served_world{options};
  const auto port = world.server->port();
  auto first = std::optional<connection>{std::in_place, port};
  const auto second = connection{port};
  REQUIRE(first->send("GET"));
  REQUIRE(second.send("GET"));
  for (const auto* target : {"/livez", "/readyz", "/version", "/metrics"})
    CHECK(
      status_of(world.say(world.head(std::string{"GET "} + target) + "\r\n"))
      == 200);
  const auto refused = world.say(world.head("GET /v1/runs") + "\r\n");
  CHECK(status_of(refused) == 503);
  CHECK_THAT(refused, ContainsSubstring("Retry-After: 1\r\n"));
  first.reset(); // hangs up: there is a worker again
  CHECK(eventually([&] {
    return status_of(world.say(world.head("GET /v1/runs") + "\r\n")) == 200;
  }));
}

TEST_CASE("events are heard as they happen, and gone on with later",
          "[runtime][api][server]") {
  auto world = served_world{};
  auto client = connection{world.server->port()};
  REQUIRE(client.send(world.head("GET /v1/events") + "\r\n"));
  const auto begun = client.read_until("id: ");
  CHECK(status_of(begun) == 200);
  CHECK_THAT(begun, ContainsSubstring("text/event-stream"));
  world.run("returns");
  const auto heard = client.read_until("event: run_ended");
  CHECK_THAT(heard, ContainsSubstring("event: run_submitted"));
  const auto at = heard.find("id: ") + 4;
  const auto id = heard.substr(at, heard.find('\n', at) - at);
  auto again = connection{world.server->port()};
  REQUIRE(again.send(world.head("GET /v1/events") + "Last-Event-ID: " + id
                     + "\r\n\r\n"));
  CHECK_THAT(again.read_until("event: run_ended"),
             ContainsSubstring("event: run_submitted"));
  auto lost = connection{world.server->port()};
  REQUIRE(lost.send(world.head("GET /v1/events?after=0-0") + "\r\n"));
  CHECK_THAT(lost.read_until("event: reset"),
             ContainsSubstring("event: reset"));
}

TEST_CASE("a server that ends ends its streams", "[runtime][api][server]") {
  auto world = served_world{};
  auto client = connection{world.server->port()};
  REQUIRE(client.send(world.head("GET /v1/events") + "\r\n"));
  static_cast<void>(client.read_until("id: "));
  SECTION("with its runtime") {
    world.rt.stop();
    CHECK_THAT(client.read_all(), ContainsSubstring("runtime_stopping"));
  }
  SECTION("without it") {
    world.server.reset();
    static_cast<void>(client.read_all(5s));
    CHECK_FALSE(client.send(std::string(1'000'000, 'x')));
  }
}

TEST_CASE("two servers cannot share a port", "[runtime][api][server]") {
  auto world = served_world{};
  auto options = serve_options{};
  options.listen = "127.0.0.1:" + std::to_string(world.server->port());
  CHECK_THROWS_WITH(
    (api_server{world.work, world.dir.path() / "tokens.json", options}),
    ContainsSubstring("cannot listen"));
}

TEST_CASE("a client asks, tells, and follows", "[runtime][api][client]") {
  auto world = served_world{};
  auto client = http_client{
    {.url = world.server->url(), .token = world.token_of("admin")}};
  CHECK(client.get("/livez").status == 200);
  CHECK(client.get("/nowhere").status == 404);
  const auto started = client.post("/v1/runs", R"({"agent":"returns"})",
                                   {{"Idempotency-Key", "k"}});
  REQUIRE(started.status == 202);
  const auto run = json::parse(started.body);
  CHECK(run.at("key") == "k");
  auto text = std::string{};
  const auto end = client.stream(
    "/v1/runs/" + run.at("id").get<std::string>() + "/events",
    [&](std::string_view bytes) {
      text += bytes;
      return true;
    },
    [] { return true; });
  CHECK(end.status == 200);
  CHECK_THAT(text, ContainsSubstring("event: run\n"));
}

TEST_CASE("a client stops listening when it is told to",
          "[runtime][api][client]") {
  auto world = served_world{};
  auto client = http_client{
    {.url = world.server->url(), .token = world.token_of("admin")}};
  auto heard = false;
  const auto end = client.stream(
    "/v1/events",
    [&](std::string_view) {
      heard = true;
      return true;
    },
    [&] { return !heard; });
  CHECK(end.status == 200);
  const auto refused = client.stream(
    "/v1/runs/0197c5d2/events", [](std::string_view) { return true; },
    [] { return true; });
  CHECK(refused.status == 404);
  CHECK_THAT(refused.body, ContainsSubstring("E-RUN-002"));
}

TEST_CASE("over TLS only the server that is meant is told the token",
          "[runtime][api][server]") {
  const auto files = temporary_dir{};
  auto options = serve_options{};
  options.tls_cert = files.path() / "cert.pem";
  options.tls_key = files.path() / "key.pem";
  write_certificate(options.tls_cert, options.tls_key);
  auto world = served_world{options};
  const auto url = "https://localhost:" + std::to_string(world.server->port());
  auto knows = http_client{
    {.url = url, .token = world.token_of("viewer"), .ca = options.tls_cert}};
  CHECK(knows.get("/v1/runs").status == 200);
  auto doubts = http_client{{.url = url, .token = world.token_of("viewer")}};
  CHECK_THROWS_WITH(doubts.get("/v1/runs"), ContainsSubstring("E-RUNTIME-002"));
  // What is no TLS is hung up on.
  CHECK(status_of(world.say(world.head("GET /livez") + "\r\n")) == 0);
  options.tls_cert = files.path() / "key.pem";
  CHECK_THROWS_AS((served_world{options}), error);
}

TEST_CASE("a token is not sent in clear to other machines",
          "[runtime][api][client]") {
  const auto [url, refused] = GENERATE(table<std::string, bool>({
    {"http://127.0.0.1:1", false},
    {"http://localhost:1/stanchion/", false},
    {"http://[::1]:1", false},
    {"https://example.org", false},
    {"http://example.org:7420", true},
    {"http://127.0.0.1.example.org", true},
    {"http://localhost@example.org", true},
    {"example.org", true},
    {"ftp://localhost", true},
    {"", true},
  }));
  CAPTURE(url);
  const auto make = [u = url] { return http_client{{.url = u, .token = "t"}}; };
  if (refused)
    CHECK_THROWS_AS(make(), error);
  else
    CHECK_NOTHROW(make());
  if (url.starts_with("http://example"))
    CHECK_NOTHROW(
      http_client{{.url = url, .token = "t", .insecure_non_loopback = true}});
}

TEST_CASE("a server that does not answer is an error",
          "[runtime][api][client]") {
  auto port = 0;
  {
    const auto gone = served_world{};
    port = gone.server->port();
  }
  auto client
    = http_client{{.url = "http://127.0.0.1:" + std::to_string(port)}};
  CHECK_THROWS_WITH(client.get("/livez"), ContainsSubstring("E-RUNTIME-002"));
}
