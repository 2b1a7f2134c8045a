#include "support/api_world.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/routes.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <algorithm>
#include <fstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Who may: n(obody in particular), v(iewer), o(perator), a(pprover), x
/// (admin).
const std::map<std::string, std::string> who_may{
  {"signalRun", "ox"},     {"setMode", "ox"},       {"stopAll", "ox"},
  {"listRuns", "voax"},    {"startRun", "ox"},      {"getRun", "voax"},
  {"listSteps", "voax"},   {"followRun", "voax"},   {"cancelRun", "ox"},
  {"resumeRun", "ox"},     {"retryRun", "ox"},      {"listTickets", "voax"},
  {"getTicket", "voax"},   {"decideTicket", "ax"},  {"listAgents", "voax"},
  {"listTools", "voax"},   {"getTool", "voax"},     {"setBreaker", "ox"},
  {"getTree", "voax"},     {"listAudit", "x"},      {"listTokens", "x"},
  {"createToken", "x"},    {"revokeToken", "x"},    {"streamEvents", "voax"},
  {"getLive", "nvoax"},    {"getReady", "nvoax"},   {"getMetrics", "voax"},
  {"getVersion", "nvoax"}, {"getOpenapi", "nvoax"}, {"exportRun", "voax"},
  {"forkRun", "ox"},       {"pruneJournal", "x"},
};

std::string target_of(const api_route& route) {
  auto target = std::string{};
  for (const auto part : split(route.path.substr(1), '/'))
    target += part.starts_with('{') ? "/nothing-of-that-name"
                                    : "/" + std::string{part};
  return target;
}

/// A body that has all it must, and yet changes nothing.
std::string body_of(const api_route& route) {
  auto body = json::object();
  for (const auto word : split(route.members, ','))
    if (word.ends_with('!'))
      body[std::string{word.substr(0, word.size() - 1)}] = "nothing";
  if (route.id == "stopAll")
    body["lift"] = true; // of nothing
  return body.dump();
}

} // namespace

TEST_CASE("each role may do what it is for, and nothing else",
          "[runtime][api][security]") {
  auto world = api_world{};
  const auto roles = std::map<char, std::string>{
    {'v', "viewer"}, {'o', "operator"}, {'a', "approver"}, {'x', "admin"}};
  for (const auto& route : api_routes()) {
    const auto allowed = who_may.find(std::string{route.id});
    REQUIRE(allowed != who_may.end());
    auto request
      = api_request{std::string{route.method}, target_of(route), "none",
                    route.method == "POST" ? body_of(route) : std::string{}};
    CAPTURE(route.id);
    const auto open = allowed->second.starts_with('n');
    auto nobody = world.read(request);
    nobody.remote = route.id; // not one of too many
    CHECK((world.service->answer(nobody).status == 401) != open);
    for (const auto& [letter, name] : roles) {
      CAPTURE(name);
      request.as = name;
      const auto may = allowed->second.find(letter) != std::string::npos;
      const auto status = world.ask(request).status;
      CHECK(status != 401);
      CHECK((status == 403) != may);
    }
  }
  CHECK(who_may.size() == api_routes().size());
}

TEST_CASE("only a valid token lets anybody in", "[runtime][api][security]") {
  auto world = api_world{};
  const auto [before, cut, after, status]
    = GENERATE(table<std::string, std::size_t, std::string, int>({
      {"Bearer ", 0, "", 200},
      {"bearer  ", 0, " ", 200},
      {"Bearer ", 0, "0", 401},
      {"Bearer ", 4, "", 401},
      {"Bearer ", 68, "", 401},
      {"Bearer", 68, "", 401},
      {"", 0, "", 401},
      {"Basic ", 0, "", 401},
      {"Bearer x, Bearer ", 0, "", 401},
    }));
  const auto header = before + world.token_of("viewer").substr(cut) + after;
  const auto answer = world.ask({.target = "/v1/runs",
                                 .as = "none",
                                 .headers = {{"authorization", header}}});
  CHECK(answer.status == status);
  if (status == 401)
    CHECK_THAT(answer.headers.at("WWW-Authenticate"),
               StartsWith("Bearer realm="));
}

TEST_CASE("a wrong token is refused even where none is needed",
          "[runtime][api][security]") {
  auto world = api_world{};
  CHECK(world.ask({.target = "/livez", .as = "none"}).status == 200);
  CHECK(world.ask({.target = "/livez", .as = "wrong"}).status == 401);
}

TEST_CASE("a token that is revoked is refused from then on",
          "[runtime][api][security]") {
  auto world = api_world{};
  CHECK(world.ask({.target = "/v1/runs", .as = "viewer"}).status == 200);
  token_file{world.dir.path() / "tokens.json"}.revoke("viewer",
                                                      system_clock().now());
  CHECK(world.ask({.target = "/v1/runs", .as = "viewer"}).status == 401);
}

TEST_CASE("a token file that cannot be read lets nobody in",
          "[runtime][api][security]") {
  auto world = api_world{};
  std::ofstream{world.dir.path() / "tokens.json", std::ios::trunc} << "{";
  CHECK(world.ask({.target = "/v1/runs"}).status == 500);
}

TEST_CASE("requests that others made a browser send are refused",
          "[runtime][api][security]") {
  using headers = std::map<std::string, std::string>;
  const auto [sent, status] = GENERATE(table<headers, int>({
    {headers{}, 200},
    {{{"host", "127.0.0.1"}}, 200},
    {{{"host", "LOCALHOST:1"}}, 200},
    {{{"host", "[::1]:7420"}}, 200},
    {{{"host", ""}}, 400}, // none
    {{{"host", "evil.example"}}, 403},
    {{{"host", "localhost.evil.example:7420"}}, 403},
    {{{"host", "evil.example:localhost"}}, 403},
    {{{"host", "127.0.0.1.nip.io"}}, 403},
    {{{"origin", "http://localhost:7420"}}, 200},
    {{{"origin", "null"}}, 403},
    {{{"origin", "http://evil.example"}}, 403},
    {{{"origin", "http://localhost:7421"}}, 403},
    {{{"sec-fetch-site", "same-origin"}}, 200},
    {{{"sec-fetch-site", "none"}}, 200},
    {{{"sec-fetch-site", "same-site"}}, 403},
    {{{"sec-fetch-site", "cross-site"}}, 403},
    {{{"origin", "http://localhost:7420"}, {"sec-fetch-site", "cross-site"}},
     403},
  }));
  auto world = api_world{};
  CAPTURE(sent);
  for (const auto* target : {"/v1/runs", "/livez", "/nowhere"}) {
    const auto expected
      = status == 200 && std::string_view{target} == "/nowhere" ? 404 : status;
    const auto answer = world.ask({.target = target, .headers = sent});
    CHECK(answer.status == expected);
    CHECK_FALSE(answer.headers.contains("Access-Control-Allow-Origin"));
  }
}

TEST_CASE("a body is JSON, announced, and not too long",
          "[runtime][api][security]") {
  using headers = std::map<std::string, std::string>;
  const auto [sent, status] = GENERATE(table<headers, int>({
    {headers{}, 202},
    {{{"content-type", "application/json; charset=utf-8"}}, 202},
    {{{"content-type", "text/plain"}}, 415},
    {{{"content-type", "application/x-www-form-urlencoded"}}, 415},
    {{{"content-type", "multipart/form-data; boundary=x"}}, 415},
    {{{"content-type", ""}}, 415},
    {{{"content-encoding", "gzip"}}, 415},
    {{{"content-length", "17000000"}}, 413},
    {{{"content-length", "99999999999999999999999"}}, 413},
    {{{"content-length", "-1"}}, 400},
    {{{"content-length", "1 "}}, 400},
    {{{"transfer-encoding", "chunked"}}, 411},
  }));
  auto world = api_world{};
  CAPTURE(sent);
  CHECK(
    world.ask({"POST", "/v1/runs", "operator", R"({"agent":"returns"})", sent})
      .status
    == status);
}

TEST_CASE("JSON that is made to hurt is refused", "[runtime][api][security]") {
  auto world = api_world{};
  const auto deep = std::string(100'000, '[');
  const auto [body, status] = GENERATE_COPY(table<std::string, int>({
    {R"({"agent":"returns","input":)" + deep, 400},
    {R"({"agent":"returns","input":)" + deep + std::string(100'000, ']') + "}",
     400},
    {R"({"agent":"returns","agent":"asks"})", 400},
    {R"({"agent":"returns","input":1e999})", 400},
    {"{\"agent\":\"returns\",\"input\":\"\xff\"}", 400},
    {R"({"agent":"returns","inptu":1})", 400},
    {R"({"agent":7})", 400},
    {R"({"agent":"nobody"})", 404},
    {"[]", 400},
    {"null", 400},
    {"{", 400},
  }));
  CHECK(world.ask({"POST", "/v1/runs", "admin", body}).status == status);
}

TEST_CASE("tricks with paths lead nowhere", "[runtime][api][security]") {
  auto world = api_world{};
  const auto [target, status] = GENERATE(table<std::string, int>({
    {"/v1/runs/../runs", 404},
    {"/v1//runs", 404},
    {"//v1/runs", 404},
    {"/v1/runs/", 404},
    {"/V1/runs", 404},
    {"/v1/%2e%2e/runs", 404},
    {"/v1%2Fruns", 404},
    {"/v1/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 400},
    {"/v1/runs/..", 400},
    {"/v1/runs/%00", 400},
    {"/v1/tickets/T-1%00", 404},
    {"/v1/tools/%2e%2e", 404},
    {"/v1/runs?state=running%00", 400},
    {"/v1/runs?nothing=1", 400},
    {"/v1/runs?limit=0", 400},
    {"/v1/runs?limit=-1", 400},
    {"/v1/runs?cursor=1", 400},
    {"/etc/passwd", 404},
    {"/tokens.json", 404},
  }));
  CAPTURE(target);
  CHECK(world.ask({.target = target}).status == status);
}

TEST_CASE("too many wrong tokens from one address are slowed down",
          "[runtime][api][security]") {
  auto world = api_world{};
  auto answers = std::vector<int>{};
  for (auto i = 0; i < 12; ++i)
    answers.push_back(world.ask({.target = "/v1/runs", .as = "wrong"}).status);
  CHECK(std::count(answers.begin(), answers.end(), 401) == 10);
  const auto last = world.ask({.target = "/v1/runs", .as = "wrong"});
  CHECK(last.status == 429);
  CHECK(std::stoi(last.headers.at("Retry-After")) > 0);
  // Who has one is not made to pay for others.
  CHECK(world.ask({.target = "/v1/runs"}).status == 200);
  auto elsewhere = world.read({.target = "/v1/runs", .as = "wrong"});
  elsewhere.remote = "127.0.0.2";
  CHECK(world.service->answer(elsewhere).status == 401);
}

TEST_CASE("failures are forgotten after a while", "[runtime][api][security]") {
  constexpr auto t0 = instant{1'000s};
  auto limit = failure_limit{2, 60s};
  CHECK_FALSE(limit.note("a", t0));
  CHECK_FALSE(limit.note("a", t0 + 1s));
  CHECK(limit.note("a", t0 + 20s) == 40s);
  CHECK_FALSE(limit.note("b", t0 + 20s));
  CHECK_FALSE(limit.note("a", t0 + 60s));
}

TEST_CASE("every answer carries what keeps browsers in check",
          "[runtime][api][security]") {
  auto world = api_world{};
  const auto [target, as]
    = GENERATE(table<std::string, std::string>({{"/v1/runs", "viewer"},
                                                {"/v1/runs", "none"},
                                                {"/nowhere", "viewer"},
                                                {"/livez", "none"}}));
  const auto answer = world.ask({.target = target, .as = as});
  CHECK(answer.headers.at("X-Content-Type-Options") == "nosniff");
  CHECK(answer.headers.at("Cache-Control") == "no-store");
  CHECK(answer.headers.at("X-Frame-Options") == "DENY");
  CHECK(answer.headers.at("Referrer-Policy") == "no-referrer");
  CHECK_THAT(answer.headers.at("Content-Security-Policy"),
             ContainsSubstring("default-src 'none'"));
  CHECK_FALSE(answer.headers.contains("Strict-Transport-Security"));
}

TEST_CASE("a request is called what the client calls it, if that is a word",
          "[runtime][api][http]") {
  auto world = api_world{};
  const auto id_of = [&](const std::string& said) {
    const auto answer
      = world.ask({.target = "/nowhere", .headers = {{"x-request-id", said}}});
    const auto id = answer.headers.at("X-Request-Id");
    CHECK(json::parse(answer.body).at("request_id") == id);
    return id;
  };
  CHECK(id_of("abc-1.2_3") == "abc-1.2_3");
  CHECK(id_of("a\r\nSet-Cookie: x").find("Cookie") == std::string::npos);
  CHECK(id_of(std::string(65, 'a')).size() == 36);
  CHECK(id_of("a") != id_of(""));
}

TEST_CASE("a problem says what, under a stable code", "[runtime][api][http]") {
  auto world = api_world{};
  const auto [request, status, code]
    = GENERATE(table<api_request, int, std::string>({
      {{.target = "/v1/runs/0197c5d2"}, 404, "E-RUN-002"},
      {{.target = "/v1/tickets/T-1"}, 404, "E-TICKET-001"},
      {{.target = "/v1/tools/nothing"}, 404, "E-TOOL-001"},
      {{"POST", "/v1/tokens/nobody/revoke"}, 404, "E-AUTH-004"},
      {{"POST", "/v1/tokens", "admin", R"({"name":"x","role":"root"})"},
       400,
       "E-USAGE-001"},
      {{.target = "/nowhere"}, 404, "E-API-001"},
      {{"DELETE", "/v1/runs"}, 405, "E-API-001"},
      {{.target = "/v1/runs", .as = "none"}, 401, "E-AUTH-001"},
      {{"POST", "/v1/runs", "viewer"}, 403, "E-AUTH-002"},
      {{"POST", "/v1/runs", "admin", "{"}, 400, "E-INPUT-001"},
    }));
  const auto answer = world.ask(request);
  CHECK(answer.status == status);
  CHECK(answer.type == "application/problem+json");
  const auto doc = json::parse(answer.body);
  CHECK(doc.at("status") == status);
  CHECK(doc.at("code") == code);
  CHECK_FALSE(doc.at("detail").get<std::string>().empty());
}

TEST_CASE("another method is answered with those there are",
          "[runtime][api][http]") {
  auto world = api_world{};
  const auto [target, allow] = GENERATE(table<std::string, std::string>({
    {"/v1/runs", "GET, HEAD, POST"},
    {"/v1/runs/x/cancel", "POST"},
    {"/v1/tree", "GET, HEAD"},
  }));
  for (const auto* method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const auto answer = world.ask({method, target});
    CHECK(answer.status == 405);
    CHECK(answer.headers.at("Allow") == allow);
  }
  CHECK(world.ask({"HEAD", "/v1/tree"}).status == 200);
}

TEST_CASE("no more streams are open than may be", "[runtime][api][http]") {
  auto world = api_world{};
  auto open = std::vector<http_response>{};
  for (auto i = 0; i < 16; ++i)
    open.push_back(world.ask({.target = "/v1/events"}));
  for (const auto& x : open)
    REQUIRE(x.stream);
  const auto refused = world.ask({.target = "/v1/events"});
  CHECK(refused.status == 503);
  CHECK(refused.headers.contains("Retry-After"));
  open.pop_back();
  CHECK(world.ask({.target = "/v1/events"}).status == 200);
}

TEST_CASE("while all workers are busy only health is answered",
          "[runtime][api][http]") {
  auto world = api_world{};
  const auto [target, status] = GENERATE(table<std::string, int>({
    {"/livez", 200},
    {"/readyz", 200},
    {"/version", 200},
    {"/metrics", 200},
    {"/v1/runs", 503},
    {"/nowhere", 503},
  }));
  const auto answer
    = world.service->answer_busy(world.read({.target = target}));
  CHECK(answer.status == status);
  CHECK(answer.headers.contains("Retry-After") == (status == 503));
}

TEST_CASE("a process that stops is not ready", "[runtime][api][http]") {
  auto world = api_world{};
  CHECK(world.ask({.target = "/readyz", .as = "none"}).status == 200);
  world.rt.stop();
  CHECK(world.ask({.target = "/readyz", .as = "none"}).status == 503);
  CHECK(world.ask({.target = "/livez", .as = "none"}).status == 200);
  CHECK(
    world.ask({"POST", "/v1/runs", "admin", R"({"agent":"returns"})"}).status
    == 503);
}
