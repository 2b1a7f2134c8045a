#include "support/api_world.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/routes.hpp>

using namespace stanchion;
using namespace stanchion::test;

TEST_CASE("a run is started, shown and listed", "[runtime][api][routes]") {
  auto world = api_world{};
  const auto started
    = world.ask({"POST", "/v1/runs", "operator",
                 R"({"agent":"calls","input":{"n":7},"budget":{"steps":9}})"});
  REQUIRE(started.status == 202);
  const auto run = json::parse(started.body);
  const auto id = run.at("id").get<std::string>();
  CHECK(started.headers.at("Location") == "/v1/runs/" + id);
  CHECK(run.at("submitter") == "operator");
  world.rt.wait(*parse_uuid(id));
  const auto shown = world.get({.target = "/v1/runs/" + id});
  CHECK(shown.at("state") == "completed");
  CHECK(shown.at("result") == json{{"n", 7}});
  const auto steps = world.get({.target = "/v1/runs/" + id + "/steps"});
  CHECK(steps.at("steps").at(0).at("name") == "echo");
  CHECK(world.get({.target = "/v1/runs?state=completed&agent=calls"})
          .at("runs")
          .size()
        == 1);
  CHECK(world.get({.target = "/v1/runs?state=failed"}).at("runs").empty());
}

TEST_CASE("a run is exported to whoever may read it",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto run = world.run("calls", {{"n", 7}});
  const auto target = "/v1/runs/" + run.at("id").get<std::string>() + "/export";
  const auto whole = world.get({.target = target, .as = "viewer"});
  CHECK(whole.at("run").at("id") == run.at("id"));
  CHECK(whole.at("run").at("records").back().at("kind") == "completed");
  CHECK(world.ask({.target = target, .as = "none"}).status == 401);
}

TEST_CASE("runs that are over are pruned by the owner, which goes on",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto old = world.run("calls", {{"n", 7}});
  world.run("asks");
  const auto prune = [&](const std::string& as, const std::string& more) {
    return world.ask(
      {"POST", "/v1/journal/prune", as, R"({"older_than_s":1)" + more + "}"});
  };
  CHECK(prune("operator", "").status == 403);
  CHECK(prune("admin", R"(,"state":"parked")").status == 400);
  const auto fresh = json::parse(prune("admin", "").body);
  CHECK(fresh.at("runs") == 0);
  CHECK(fresh.at("kept") == json{{"recent", 1}});
  const auto shown = "/v1/runs/" + old.at("id").get<std::string>();
  const auto goes = [&] {
    return json::parse(prune("admin", R"(,"dry_run":true)").body).at("runs")
           == 1;
  };
  REQUIRE(eventually(goes));
  world.get({.target = shown});
  const auto gone = json::parse(prune("admin", R"(,"reason":"old")").body);
  CHECK(gone.at("runs") == 1);
  CHECK(gone.at("records").get<int>() > 3);
  CHECK(world.ask({.target = shown}).status == 404);
  const auto entry
    = world.get({.target = "/v1/audit?subject=journal"}).at("entries").at(0);
  CHECK(entry.at("act") == "journal.prune");
  CHECK(entry.at("reason") == "old");
  CHECK(world.run("calls", {{"n", 8}}).at("state") == "completed");
  CHECK(world.rt.journal().verify().damages.empty());
}

TEST_CASE("a run is forked, and its fork asks before it acts again",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto run = world.run("calls", {{"n", 7}});
  const auto id = run.at("id").get<std::string>();
  const auto fork = [&](const std::string& body, const std::string& key = {}) {
    auto x = api_request{"POST", "/v1/runs/" + id + "/fork", "operator", body};
    if (!key.empty())
      x.headers["idempotency-key"] = key;
    return world.ask(x);
  };
  const auto look = fork(R"({"at":"1","dry_run":true})");
  CHECK(look.status == 200);
  CHECK(json::parse(look.body).at("effects").at(0).at("tool") == "echo");
  CHECK(fork("{}").status == 400);
  const auto made = fork(R"({"at":"1","reason":"again"})", "k");
  REQUIRE(made.status == 201);
  const auto first = json::parse(made.body).at("run");
  CHECK(made.headers.at("Location")
        == "/v1/runs/" + first.at("id").get<std::string>());
  CHECK(first.at("forked_from") == json{{"run", id}, {"at", "1"}});
  CHECK(json::parse(fork(R"({"at":"1"})", "k").body).at("run").at("id")
        == first.at("id"));
  const auto asks = [&] {
    return world.get({.target = "/v1/tickets?state=open"}).at("tickets").size()
           == 1;
  };
  REQUIRE(eventually(asks));
  const auto t = world.only_ticket();
  CHECK(t.at("kind") == "approval");
  CHECK(t.at("run") == first.at("id"));
  const auto entry
    = world.get({.target = "/v1/audit?subject=" + id}).at("entries").at(0);
  CHECK(entry.at("act") == "run.fork");
  CHECK(entry.at("by") == "operator");
  CHECK(entry.at("reason") == "again");
}

TEST_CASE("a budget that makes no sense is refused", "[runtime][api][routes]") {
  auto world = api_world{};
  const auto budget = GENERATE(as<std::string>{}, "7", R"({"step":1})",
                               R"({"steps":0})", R"({"steps":-1})");
  CHECK(world
          .ask({"POST", "/v1/runs", "admin",
                R"({"agent":"returns","budget":)" + budget + "}"})
          .status
        == 400);
}

TEST_CASE("the same idempotency key is the same run, quoted or not",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto start = [&](const std::string& key, const std::string& body) {
    return world.ask(
      {"POST", "/v1/runs", "admin", body, {{"idempotency-key", key}}});
  };
  const auto body = std::string{R"({"agent":"returns","input":1})"};
  const auto first = json::parse(start("\"k\\\"1\"", body).body);
  CHECK(json::parse(start("k\"1", body).body).at("id") == first.at("id"));
  CHECK(first.at("key") == "k\"1");
  CHECK(json::parse(start("k2", body).body).at("id") != first.at("id"));
  CHECK(start("k\"1", R"({"agent":"returns","input":2})").status == 409);
  CHECK(start("k", R"({"agent":"returns","key":"other"})").status == 400);
  CHECK(start(std::string(256, 'k'), body).status == 400);
}

TEST_CASE("pages of runs follow each other without a gap",
          "[runtime][api][routes]") {
  auto world = api_world{};
  for (auto i = 0; i < 5; ++i)
    world.run("returns");
  auto seen = std::vector<std::uint64_t>{};
  auto target = std::string{"/v1/runs?limit=2"};
  for (;;) {
    const auto answer = world.ask({.target = target});
    const auto page = json::parse(answer.body);
    for (const auto& run : page.at("runs"))
      seen.push_back(run.at("number"));
    if (!page.contains("next_cursor"))
      break;
    target
      = "/v1/runs?limit=2&cursor=" + page.at("next_cursor").get<std::string>();
    CHECK_THAT(answer.headers.at("Link"),
               ContainsSubstring(page.at("next_cursor").get<std::string>()));
  }
  CHECK(seen == std::vector<std::uint64_t>{5, 4, 3, 2, 1});
}

TEST_CASE("pages of tickets follow each other without a gap",
          "[runtime][api][routes]") {
  auto world = api_world{};
  for (auto i = 0; i < 5; ++i)
    world.run("asks");
  const auto filter = std::string{"&state=open&agent=asks"};
  auto seen = std::vector<std::string>{};
  auto target = "/v1/tickets?limit=2" + filter;
  for (;;) {
    const auto answer = world.ask({.target = target});
    const auto page = json::parse(answer.body);
    for (const auto& ticket : page.at("tickets"))
      seen.push_back(ticket.at("id"));
    if (!page.contains("next_cursor")) {
      CHECK(!answer.headers.contains("Link"));
      break;
    }
    // The link is the whole question, with another cursor.
    const auto link = answer.headers.at("Link");
    CHECK_THAT(link, EndsWith(">; rel=\"next\""));
    target = link.substr(1, link.find('>') - 1);
    CHECK_THAT(target, ContainsSubstring("agent=asks"));
  }
  auto all = std::vector<std::string>{};
  const auto whole = world.get({.target = "/v1/tickets"});
  for (const auto& t : whole.at("tickets"))
    all.push_back(t.at("id"));
  CHECK(all.size() == 5);
  CHECK(seen == all);
}

TEST_CASE("tickets are found by what they are about, and by whose",
          "[runtime][api][routes]") {
  auto world = api_world{};
  world.run("asks");
  const auto id = world.only_ticket().at("id").get<std::string>();
  const auto count = [&world](const std::string& filter) {
    return world.get({.target = "/v1/tickets?" + filter}).at("tickets").size();
  };
  CHECK(count("agent=asks") == 1);
  CHECK(count("agent=calls") == 0);
  CHECK(count("tool=echo") == 0);
  CHECK(count("assignee=bob") == 0);
  world.get({"POST", "/v1/tickets/" + id + "/decision", "admin",
             R"({"verb":"reassign","payload":"bob"})"});
  CHECK(count("assignee=bob&agent=asks&state=open") == 1);
  world.get({.target = "/v1/tickets?asignee=bob"}, 400);
  world.get({.target = "/v1/tickets?cursor=2"}, 400);
}

TEST_CASE("what a client has already is not sent again",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto id = world.run("returns").at("id").get<std::string>();
  const auto first = world.ask({.target = "/v1/runs/" + id});
  const auto tag = first.headers.at("ETag");
  const auto again = world.ask(
    {.target = "/v1/runs/" + id, .headers = {{"if-none-match", tag}}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(world
          .ask({.target = "/v1/runs/" + id,
                .headers = {{"if-none-match", "\"other\""}}})
          .status
        == 200);
}

TEST_CASE("a ticket is decided once, by whom the token names",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto run = world.run("asks");
  const auto ticket = world.only_ticket();
  const auto path = "/v1/tickets/" + ticket.at("id").get<std::string>();
  const auto answer = [&](const std::string& as, const std::string& body,
                          const std::string& tag = {}) {
    return world.ask(
      {"POST", path + "/decision", as, body, {{"if-match", tag}}});
  };
  const auto tag = world.ask({.target = path}).headers.at("ETag");
  CHECK(tag == "\"v1\"");
  const auto body = std::string{R"({"verb":"answer","payload":{"take":2}})"};
  // Whoever it is for others to be must be an admin.
  CHECK(answer("approver", R"({"verb":"answer","payload":1,"by":"bob"})").status
        == 403);
  CHECK(answer("approver", body, "\"v2\"").status == 412);
  CHECK(answer("approver", body, "W/\"v1\"").status == 412);
  const auto decided = answer("approver", body, "\"v7\", \"v1\"");
  REQUIRE(decided.status == 200);
  CHECK(decided.headers.at("ETag") == "\"v1-decided\"");
  CHECK(json::parse(decided.body).at("decided").at("by") == "approver");
  // The same again is answered as before, another one is refused.
  CHECK(answer("approver", body, tag).status == 200);
  CHECK(answer("admin", R"({"verb":"abort"})", tag).status == 409);
  const auto id = run.at("id").get<std::string>();
  world.rt.wait(*parse_uuid(id));
  CHECK(world.get({.target = "/v1/runs/" + id}).at("result")
        == json{{"take", 2}});
}

TEST_CASE("an admin may write down what somebody else decided",
          "[runtime][api][routes]") {
  auto world = api_world{};
  world.run("asks");
  const auto id = world.only_ticket().at("id").get<std::string>();
  const auto decided
    = world.get({"POST", "/v1/tickets/" + id + "/decision", "admin",
                 R"({"verb":"answer","payload":1,"by":"bob"})"});
  CHECK(decided.at("decided").at("by") == "bob");
}

TEST_CASE("a run is followed to its end over a stream",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto id = world.run("calls", {{"n", 1}}).at("id").get<std::string>();
  const auto answer = world.ask({.target = "/v1/runs/" + id + "/events"});
  REQUIRE(answer.stream);
  auto text = std::string{};
  answer.stream({.write = [&](std::string_view bytes) { text += bytes; },
                 .alive = [] { return true; }});
  CHECK(text.starts_with("event: record\ndata: {"));
  CHECK_THAT(text, ContainsSubstring("event: run\ndata: {"));
}

TEST_CASE("a tool is isolated and let go again, with a reason",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto tools = world.get({.target = "/v1/tools"}).at("tools");
  REQUIRE(tools.size() == 1);
  CHECK(tools[0].at("name") == "echo");
  CHECK(tools[0].at("effect") == "idempotent");
  CHECK(tools[0].at("breaker") == "closed");
  const auto set = [&](const std::string& body) {
    return world.ask({"POST", "/v1/tools/echo/breaker", "operator", body});
  };
  CHECK(set(R"({"state":"isolated"})").status == 400);
  CHECK(set(R"({"state":"isolated","reason":""})").status == 400);
  CHECK(set(R"({"state":"broken","reason":"x"})").status == 400);
  const auto isolated = set(R"({"state":"isolated","reason":"paying twice"})");
  CHECK(json::parse(isolated.body).at("breaker") == "isolated");
  CHECK(world.get({.target = "/v1/tools/echo"}).at("breaker") == "isolated");
  const auto closed = set(R"({"state":"closed","reason":"mended"})");
  CHECK(json::parse(closed.body).at("breaker") == "closed");
}

TEST_CASE("a mode is set, with a reason, and kept in the audit",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto set = [&](const std::string& agent, const std::string& body) {
    return world.ask(
      {"POST", "/v1/agents/" + agent + "/mode", "operator", body});
  };
  CHECK(set("asks", R"({"mode":"idle","reason":"x"})").status == 400);
  CHECK(set("asks", R"({"mode":"stopped","reason":""})").status == 400);
  CHECK(set("nobody", R"({"mode":"stopped","reason":"x"})").status == 404);
  const auto agent
    = json::parse(set("asks", R"({"mode":"advisory","reason":"new"})").body);
  CHECK(agent.at("mode").at("mode") == "advisory");
  CHECK(agent.at("mode").at("by") == "operator");
  REQUIRE(eventually([&] {
    return !world.get({.target = "/v1/audit?subject=asks"})
              .at("entries")
              .empty();
  }));
}

TEST_CASE("everything is stopped, and let go on", "[runtime][api][routes]") {
  auto world = api_world{};
  const auto stop = [&](const std::string& body) {
    return world.ask({"POST", "/v1/stop", "operator", body});
  };
  CHECK(stop(R"({"reason":"x","lift":true})").status == 409);
  CHECK(json::parse(stop(R"({"reason":"paying twice"})").body)
        == json{
          {"mode", "stopped"}, {"by", "operator"}, {"reason", "paying twice"}});
  CHECK(json::parse(stop(R"({"reason":"mended","lift":true})").body).at("mode")
        == "autonomous");
}

TEST_CASE("a run is handed a signal", "[runtime][api][routes]") {
  auto world = api_world{};
  const auto id = world.run("asks").at("id").get<std::string>();
  const auto send = [&](const std::string& run, const std::string& body) {
    return world.ask({"POST", "/v1/runs/" + run + "/signal", "operator", body})
      .status;
  };
  CHECK(send(id, R"({"name":"paid","id":"7","content":[1]})") == 200);
  CHECK(send(id, R"({"name":"paid"})") == 400);
  CHECK(send("0197c5d2", R"({"name":"paid","id":"7"})") == 404);
}

TEST_CASE("agents are listed with their versions", "[runtime][api][routes]") {
  auto world = api_world{};
  const auto agents = world.get({.target = "/v1/agents"}).at("agents");
  REQUIRE(agents.size() == 3);
  CHECK(agents[0].at("name") == "asks");
  CHECK(agents[0].at("versions") == json{"1"});
  CHECK(agents[0].at("state") == "running");
}

TEST_CASE("every change is kept with who, what, why, before and after",
          "[runtime][api][audit]") {
  auto world = api_world{};
  world.get({"POST", "/v1/runs", "operator", R"({"agent":"asks"})"}, 202);
  REQUIRE(eventually([&] {
    return world.get({.target = "/v1/tickets"}).at("tickets").size() == 1;
  }));
  const auto run = world.get({.target = "/v1/runs"}).at("runs").at(0);
  const auto id = run.at("id").get<std::string>();
  world.get({"POST", "/v1/tools/echo/breaker", "operator",
             R"({"state":"isolated","reason":"why not"})"});
  world.get({"POST", "/v1/runs/" + id + "/cancel", "operator",
             R"({"reason":"wrong order"})"});
  world.get({"POST", "/v1/tokens", "admin",
             R"({"name":"ann","role":"approver","expires_in_s":60})"},
            201);
  world.get(
    {"POST", "/v1/tokens/ann/revoke", "admin", R"({"reason":"she left"})"});
  auto entries = json{};
  REQUIRE(eventually([&] {
    entries = world.get({.target = "/v1/audit"}).at("entries");
    return entries.size() >= 5;
  }));
  auto acts = std::vector<std::string>{};
  for (const auto& e : entries)
    acts.push_back(e.at("by").get<std::string>() + " "
                   + e.at("act").get<std::string>() + " "
                   + e.value("reason", ""));
  CHECK(acts
        == std::vector<std::string>{
          "admin token.revoke she left", "admin token.create ",
          "operator run.cancel wrong order", "operator breaker.isolate why not",
          "operator run.start "});
  CHECK(entries[3].at("subject") == "echo");
  CHECK(entries[3].at("before").at("breaker") == "closed");
  CHECK(entries[3].at("after").at("breaker") == "isolated");
  CHECK(entries[0].at("after").contains("revoked"));
  // A secret is nowhere but in the answer.
  CHECK(entries.dump().find("stn_") == std::string::npos);
  const auto page = world.get({.target = "/v1/audit?limit=2&by=operator"});
  CHECK(page.at("entries").size() == 2);
  const auto rest
    = world.get({.target = "/v1/audit?limit=2&by=operator&cursor="
                           + page.at("next_cursor").get<std::string>()});
  CHECK(rest.at("entries").size() == 1);
}

TEST_CASE("a decision is kept in the audit once, in its own commit",
          "[runtime][api][audit]") {
  auto world = api_world{};
  world.run("asks");
  const auto id = world.only_ticket().at("id").get<std::string>();
  for (auto i = 0; i < 2; ++i) {
    const auto decided
      = world.get({"POST", "/v1/tickets/" + id + "/decision", "approver",
                   R"({"verb":"answer","payload":1,"comment":"sure"})"});
    CHECK(decided.contains("summary"));
  }
  const auto entries
    = world.get({.target = "/v1/audit?subject=" + id}).at("entries");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].at("before").at("state") == "open");
  CHECK(entries[0].at("after").at("state") == "decided");
  CHECK(entries[0].at("by") == "approver");
  CHECK(entries[0].at("reason") == "sure");
}

TEST_CASE("a token made over the API lets in, and only once says its secret",
          "[runtime][api][routes]") {
  auto world = api_world{};
  const auto made = world.get(
    {"POST", "/v1/tokens", "admin", R"({"name":"ann","role":"viewer"})"}, 201);
  CHECK(
    world
      .ask({.target = "/v1/runs", .as = made.at("secret").get<std::string>()})
      .status
    == 200);
  const auto all = world.get({.target = "/v1/tokens"});
  CHECK(all.at("tokens").size() == 5);
  CHECK(all.dump().find("stn_") == std::string::npos);
  CHECK(all.dump().find("sha256") == std::string::npos);
  CHECK(
    world
      .ask({"POST", "/v1/tokens", "admin", R"({"name":"ann","role":"admin"})"})
      .status
    == 409);
}

TEST_CASE("metrics count answers, and name the version",
          "[runtime][api][routes]") {
  auto world = api_world{};
  static_cast<void>(world.ask({.target = "/nowhere"}));
  const auto text = world.ask({.target = "/metrics"}).body;
  CHECK_THAT(text, ContainsSubstring("stanchion_build_info{version="));
  CHECK_THAT(
    text, ContainsSubstring("stanchion_api_answers_total{status=\"4xx\"} 1"));
}
