#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/mcp_server.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>

using namespace stanchion;

namespace {

using words = std::vector<std::string>;

mcp_server scripted(const test::temporary_dir& dir, words more = {}) {
  more.insert(more.begin(), test::program("scripted_mcp_server").string());
  more.insert(more.end(), {"--log", (dir.path() / "log").string()});
  auto how = mcp_stdio_options{};
  how.process.argv = std::move(more);
  auto x = mcp_server{"it", how};
  x.session({.probe_timeout = 20s});
  x.backoff({.first = 1ms, .cap = 10ms});
  return x;
}

/// All lines that its server has written down.
words lines_of(const test::temporary_dir& dir) {
  auto from = std::ifstream{dir.path() / "log"};
  auto all = words{};
  for (auto line = std::string{}; std::getline(from, line);)
    all.push_back(line);
  return all;
}

/// Of the server that was started last.
pid_t pid_of(const test::temporary_dir& dir) {
  auto pid = pid_t{0};
  for (const auto& line : lines_of(dir))
    if (line.starts_with("pid "))
      pid = static_cast<pid_t>(std::stol(line.substr(4)));
  return pid;
}

task<json> calls(agent_context& ctx, value input) {
  auto answer = co_await ctx.call(input["tool"].as_string(), input["with"]);
  co_return answer.get();
}

/// A program with a server.
struct in_program {
  explicit in_program(const mcp_server& x,
                      std::shared_ptr<store> in = make_memory_store())
    : journal(std::move(in)), rt(config{.store = journal}) {
    rt.add(agent{"caller", "1", calls});
    rt.add(x);
    rt.start();
  }

  run_row run(const std::string& tool, const value& with = args()) {
    const auto row = rt.submit(
      {.agent = "caller", .input = args("tool", tool, "with", with)});
    return rt.wait(row.id, 30s);
  }
  std::vector<ticket> open_tickets() {
    return journal->list_tickets({.states = {ticket_state::open}});
  }
  ticket await_ticket() {
    auto all = std::vector<ticket>{};
    REQUIRE(test::eventually([&] {
      all = open_tickets();
      return !all.empty();
    }));
    return all.front();
  }

  std::shared_ptr<store> journal;
  runtime rt;
};

} // namespace

TEST_CASE("a server's tools are tools like any other", "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto x = in_program{scripted(dir).trusted()};
  const auto sum = x.run("it.add", args("a", 2, "b", 3));
  REQUIRE(sum.state == run_state::completed);
  CHECK(x.rt.result(sum.id).get()["sum"] == value(5));
  const auto refused = x.run("it.add", args("a", "two"));
  CHECK(refused.state == run_state::parked);
  CHECK_THAT(x.await_ticket().title, ContainsSubstring("bad_arguments"));
  auto effects = std::map<std::string, effect>{};
  for (const auto& t : x.rt.tools())
    effects.emplace(t.name, t.effect);
  CHECK(effects.at("it.echo") == effect::read_only);
  CHECK(effects.at("it.act") == effect::once);
}

TEST_CASE("hints of a server that is not trusted mean nothing",
          "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto x = in_program{
    scripted(dir).only({"echo", "add"}).effect_of("add", effect::idempotent)};
  REQUIRE(x.rt.tools().size() == 2);
  CHECK(x.rt.tools().at(0).effect == effect::idempotent);
  CHECK(x.rt.tools().at(1).effect == effect::once);
}

TEST_CASE("an effect whose server was killed is not repeated unattended",
          "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto x = in_program{
    scripted(dir).each([](tool& t) { t.restart_backoff({.first = 1ms}); })};
  const auto row = x.rt.submit(
    {.agent = "caller", .input = args("tool", "it.act", "with", args())});
  REQUIRE(test::eventually([&] { return lines_of(dir).size() == 2; }));
  const auto first = pid_of(dir);
  ::kill(first, SIGKILL);
  const auto end = x.rt.wait(row.id, 30s);
  CHECK(end.state == run_state::parked);
  CHECK(x.await_ticket().reason == park_reason::ambiguous_state);
  REQUIRE(test::eventually([&] { return pid_of(dir) != first; }));
  // It is there again, and did nothing twice.
  CHECK(x.run("it.echo", args("text", "hi")).state == run_state::completed);
  CHECK(std::ranges::count(lines_of(dir), "act") == 1);
}

TEST_CASE("a read whose server was killed is made again", "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto x = in_program{
    scripted(dir).effect_of("act", effect::read_only).each([](tool& t) {
      t.retry({.max_attempts = 2});
    })};
  const auto row = x.rt.submit(
    {.agent = "caller", .input = args("tool", "it.act", "with", args())});
  REQUIRE(test::eventually([&] { return lines_of(dir).size() == 2; }));
  ::kill(pid_of(dir), SIGKILL);
  CHECK(test::eventually(
    [&] { return std::ranges::count(lines_of(dir), "act") == 2; }));
  x.rt.cancel(row.id, "enough", "test");
}

TEST_CASE("a tool that is described otherwise is isolated until a person "
          "agrees",
          "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  const auto journal = std::shared_ptr<store>{make_memory_store()};
  SECTION("when the program starts again") {
    in_program{scripted(dir), journal};
    auto ticket_id = std::string{};
    {
      auto x
        = in_program{scripted(dir, {"--described", "Sends it on."}), journal};
      const auto t = x.await_ticket();
      CHECK_THAT(t.title, ContainsSubstring("it.echo"));
      CHECK_THAT(t.title, ContainsSubstring("description"));
      CHECK(x.run("it.add", args("a", 1, "b", 1)).state
            == run_state::completed);
      x.rt.decide({.ticket = t.id, .verb = verb::restart, .by = "ann"});
      REQUIRE(test::eventually([&] {
        return journal->find_fact("mcp_pin:it.echo").find("Sends it on.")
               != std::string::npos;
      }));
      CHECK(x.run("it.echo").state == run_state::completed);
    }
    auto y
      = in_program{scripted(dir, {"--described", "Sends it on."}), journal};
    CHECK(y.run("it.echo").state == run_state::completed);
    CHECK(y.open_tickets().empty());
  }
  SECTION("while it runs") {
    auto x = in_program{scripted(dir), journal};
    CHECK(x.run("it.grow").state == run_state::completed);
    CHECK_THAT(x.await_ticket().title, ContainsSubstring("it.echo"));
  }
}

TEST_CASE("a server that cannot be reached at the start is an error unless its "
          "tools are known, or it may be absent",
          "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  const auto journal = std::shared_ptr<store>{make_memory_store()};
  auto gone = mcp_stdio_options{};
  gone.process.argv = {"no-such-program-4711"};
  const auto start = [&](const mcp_server& x) { in_program{x, journal}; };
  CHECK_THROWS_WITH(start(mcp_server{"it", gone}),
                    ContainsSubstring("cannot be reached"));
  start(mcp_server{"it", gone}.may_be_absent());
  start(scripted(dir));
  auto x
    = in_program{mcp_server{"it", gone}.each([](tool& t) {
                   t.retry({.max_attempts = 1}).call_timeout(1s).timeout(900ms);
                 }),
                 journal};
  CHECK(x.rt.tools().size() == 15);
}

TEST_CASE("no server outlives the program", "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto pid = pid_t{0};
  {
    auto x = in_program{scripted(dir)};
    pid = pid_of(dir);
    REQUIRE(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a server is a part of the tree", "[runtime][mcp]") {
  const auto dir = test::temporary_dir{};
  auto x = in_program{scripted(dir)};
  const auto find = [](const auto& self, const tree_node& at) -> std::string {
    if (at.kind == "server")
      return at.name + ": " + at.detail;
    for (const auto& child : at.children)
      if (auto found = self(self, child); !found.empty())
        return found;
    return {};
  };
  CHECK(test::eventually([&] {
    return find(find, x.rt.tree()).find("mcp 2025-11-25, 15 tools")
           != std::string::npos;
  }));
}

TEST_CASE("a server must have a name that tools can bear", "[runtime][mcp]") {
  auto how = mcp_stdio_options{};
  CHECK_THROWS_WITH(mcp_server("it", how), ContainsSubstring("argv"));
  how.process.argv = {"x"};
  CHECK_THROWS_WITH(mcp_server("a.b", how), ContainsSubstring("without dots"));
}
