#include "support/parts.hpp"
// A server in a process of its own, and the commands that ask it.

#include "support/catch.hpp"
#include "support/command.hpp"
#include "support/eventually.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <memory>

using namespace stanchion;
using namespace stanchion::test;

namespace {

void setup(runtime& rt) {
  rt.add(agent{"returns", "1", returns});
  rt.add(agent{"asks", "1", asks});
  rt.add(tool{"echo", effect::read_only,
              [](const value& x, tool_context&) { return x.get(); }}
           .input(any())
           .output(any()));
}

/// A served data directory, with a token of each role, and commands that know
/// nothing but its URL.
struct fixture {
  fixture() {
    for (const auto* role : {"viewer", "operator", "approver", "admin"}) {
      const auto made
        = here({"token", "create", role, "--role", role, "--expires", "1d"});
      REQUIRE(made.code == 0);
      std::ofstream{dir.path() / role} << made.out;
    }
    server = std::make_unique<command>(
      data,
      words{"serve", "--listen", "127.0.0.1:0", "--log",
            (dir.path() / "log.jsonl").string()},
      setup);
    REQUIRE(eventually([this] { return server->out().ends_with('\n'); }));
    url = server->out();
    url.pop_back();
  }

  /// On the directory itself.
  [[nodiscard]] command_end here(const words& xs) const {
    return command{data, xs, setup}.wait();
  }

  /// Over the network, as somebody in a role.
  [[nodiscard]] command_end as(const std::string& role, words xs) const {
    xs.insert(xs.end(),
              {"--url", url, "--token-file", (dir.path() / role).string()});
    return command{dir.path() / "elsewhere", xs, nullptr}.wait();
  }

  temporary_dir dir;
  std::filesystem::path data = dir.path() / "d";
  std::unique_ptr<command> server;
  std::string url;
};

} // namespace

TEST_CASE_METHOD(fixture, "runs and tickets are looked after over the network",
                 "[cli][serve]") {
  const auto ran
    = as("operator", {"run", "start", "returns", "--input", "[7]"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "[7]\n");
  const auto asked = as("operator", {"run", "start", "asks"});
  CHECK(asked.code == 7);
  CHECK_THAT(asked.err, ContainsSubstring("--url " + url));
  auto ticket = as("viewer", {"ticket", "list", "-o", "ids"}).out;
  REQUIRE(ticket.size() > 3);
  ticket.pop_back();
  const auto decide
    = words{"ticket", "decide", ticket, "answer", "--payload", R"({"take":2})"};
  CHECK(as("viewer", decide).code == 3);
  CHECK(as("operator", decide).code == 3);
  CHECK(as("approver", decide).code == 0);
  const auto run
    = as("viewer", {"run", "list", "--agent", "asks", "-o", "ids"});
  const auto id = run.out.substr(0, run.out.find('\n'));
  CHECK(as("viewer", {"run", "watch", id}).code == 0);
  const auto shown = as("viewer", {"run", "show", id, "-o", "json"});
  CHECK(json::parse(shown.out).at("result") == json{{"take", 2}});
  CHECK(as("viewer", {"run", "show", "0197c5d2"}).code == 4);
  const auto kept = as("admin", {"audit", "--subject", ticket, "-o", "jsonl"});
  CHECK(json::parse(kept.out).at("by") == "approver");
  CHECK_FALSE(exists(dir.path() / "elsewhere"));
}

TEST_CASE_METHOD(fixture, "a token that is revoked lets nobody in any more",
                 "[cli][serve]") {
  REQUIRE(as("viewer", {"run", "list"}).code == 0);
  CHECK(here({"token", "revoke", "viewer", "--reason", "left"}).code == 0);
  const auto refused = as("viewer", {"run", "list"});
  CHECK(refused.code == 3);
  CHECK_THAT(refused.err, ContainsSubstring("E-AUTH-001"));
  CHECK(as("operator", {"token", "list"}).code == 3);
  const auto made = as("admin", {"token", "create", "new", "--role", "viewer"});
  CHECK(made.code == 0);
  CHECK_THAT(here({"token", "list"}).out, ContainsSubstring("new"));
  CHECK_THAT(here({"audit"}).out, ContainsSubstring("token.revoke"));
}

TEST_CASE_METHOD(fixture, "tools and breakers are seen and changed from afar",
                 "[cli][serve]") {
  CHECK_THAT(as("viewer", {"tool", "list"}).out, ContainsSubstring("closed"));
  const auto words_of = [](const char* verb) {
    return words{"breaker", verb, "echo", "--reason", "it lies"};
  };
  CHECK(as("viewer", words_of("isolate")).code == 3);
  CHECK(as("operator", words_of("isolate")).out == "echo isolated\n");
  CHECK_THAT(here({"tool", "show", "echo"}).out,
             ContainsSubstring("breaker    isolated"));
  CHECK(as("operator", words_of("close")).out == "echo closed\n");
  CHECK(as("operator", {"breaker", "close", "no", "--reason", "x"}).code == 4);
  CHECK_THAT(as("viewer", {"tree"}).out, ContainsSubstring("echo"));
  CHECK(
    as("operator", {"mode", "set", "asks", "advisory", "--reason", "new"}).out
    == "asks advisory\n");
  CHECK(as("operator", {"stop", "all", "--reason", "fire"}).code == 0);
  CHECK(exists(data / "STOP"));
  CHECK(as("operator", {"stop", "lift", "--reason", "out"}).code == 0);
}

TEST_CASE_METHOD(fixture, "a server stops in order when it is told to",
                 "[cli][serve]") {
  server->signal(SIGTERM);
  CHECK(server->wait().code == 0);
  const auto gone = as("viewer", {"run", "list"});
  CHECK(gone.code == 1);
  CHECK_THAT(gone.err, ContainsSubstring("E-RUNTIME-002"));
  CHECK(here({"run", "list"}).code == 0);
}

TEST_CASE("a server that others could listen to is not begun", "[cli][serve]") {
  const auto dir = temporary_dir{};
  const auto data = dir.path() / "d";
  const auto end
    = command{data, {"serve", "--listen", "0.0.0.0:0"}, setup}.wait();
  CHECK(end.code == 2);
  CHECK_THAT(end.err, ContainsSubstring("--insecure-non-loopback"));
  CHECK_FALSE(exists(data));
}

TEST_CASE_METHOD(fixture, "a server counts and logs what it does",
                 "[cli][serve]") {
  REQUIRE(as("operator", {"run", "start", "returns", "--input", "7"}).code
          == 0);
  auto token = std::string{};
  std::getline(std::ifstream{dir.path() / "viewer"}, token);
  auto client = http_client{{.url = url, .token = token}};
  const auto told = client.get("/metrics");
  CHECK(told.status == 200);
  CHECK_THAT(told.body,
             ContainsSubstring("stanchion_runs_ended_total{agent=\"returns\"")
               && ContainsSubstring("stanchion_api_answers_total"));
  CHECK(eventually([this] {
    auto line = std::string{};
    auto log = std::ifstream{dir.path() / "log.jsonl"};
    while (std::getline(log, line))
      if (json::parse(line).at("event") == "run_ended")
        return true;
    return false;
  }));
}
