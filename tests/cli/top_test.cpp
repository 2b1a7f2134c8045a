// `stanchion top` at a terminal and without one, and what it asks.

#include "support/catch.hpp"
#include "support/command.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/pty.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> pays(agent_context& ctx, value input) {
  auto paid = co_await ctx.call("pay", args("cents", input["cents"]));
  co_return paid.get();
}

void setup(runtime& rt) {
  rt.add(agent{"pays", "1", pays});
  rt.add(tool{"pay", effect::idempotent,
              [](const value& x, tool_context&) { return x.get(); }}
           .input(any())
           .output(any())
           .approve_if([](const value&) { return true; }));
}

/// A served data directory with one payment that waits for approval.
struct fixture {
  fixture() {
    const auto made = here({"token", "create", "ann", "--role", "approver"});
    REQUIRE(made.code == 0);
    std::ofstream{dir.path() / "token"} << made.out;
    serve();
    REQUIRE(here({"run", "start", "pays", "--input", R"({"cents":9000})"}).code
            == 7);
    ticket = here({"ticket", "list", "-o", "ids"}).out;
    ticket.pop_back();
  }

  void serve(const std::string& listen = "127.0.0.1:0") {
    server = std::make_unique<command>(data, words{"serve", "--listen", listen},
                                       setup);
    REQUIRE(eventually([this] { return server->out().ends_with('\n'); }));
    url = server->out();
    url.pop_back();
  }

  [[nodiscard]] command_end here(const words& xs) const {
    return command{data, xs, setup}.wait();
  }

  /// The words of `top` for the server, and for the directory.
  [[nodiscard]] words over_network(words more = {}) const {
    more.insert(more.begin(), {"top", "--url", url, "--token-file",
                               (dir.path() / "token").string()});
    return more;
  }
  [[nodiscard]] words over_socket(words more = {}) const {
    more.insert(more.begin(), {"top", "--data-dir", data.string()});
    return more;
  }

  /// The ticket, as it stands.
  [[nodiscard]] json now() const {
    return json::parse(here({"ticket", "show", ticket, "-o", "json"}).out);
  }

  temporary_dir dir;
  std::filesystem::path data = dir.path() / "d";
  std::unique_ptr<command> server;
  std::string url;
  std::string ticket;
};

pty_process at_terminal(const words& xs,
                        const std::map<std::string, std::string>& more = {}) {
  auto environment = std::map<std::string, std::string>{
    {"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}, {"NO_COLOR", ""}};
  for (const auto& [name, content] : more)
    environment[name] = content;
  return {program("stanchion"), xs, environment};
}

std::size_t count(const std::string& text, const std::string& part) {
  auto n = std::size_t{0};
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++n;
  return n;
}

} // namespace

TEST_CASE_METHOD(fixture, "a person at a terminal decides what waits",
                 "[cli][top]") {
  const auto from = GENERATE("network", "socket");
  auto top = at_terminal(from == std::string{"network"} ? over_network()
                                                        : over_socket());
  REQUIRE(top.shows(ticket));
  top.type("y");
  REQUIRE(top.shows(R"({"cents":9000})"));
  top.type("as agreed\ry");
  REQUIRE(eventually([this] { return now().at("state") == "decided"; }));
  const auto decided = now().at("decided");
  CHECK(decided.at("verb") == "approve");
  CHECK(decided.at("comment") == "as agreed");
  if (from == std::string{"network"})
    CHECK(decided.at("by") == "ann");
  REQUIRE(top.shows("nothing waits for a person"));
  top.type("2");
  REQUIRE(top.shows("completed"));
  top.type("q");
  CHECK(top.wait() == 0);
  CHECK(top.as_shells_have_it());
  CHECK_THAT(top.written(), ContainsSubstring("\x1b[?1049l"));
}

TEST_CASE_METHOD(fixture, "who comes second is told who won", "[cli][top]") {
  auto top = at_terminal(over_socket({"--every", "1h"}));
  REQUIRE(top.shows(ticket));
  top.type("n\r");
  REQUIRE(top.shows("version 1? [y/N]"));
  CHECK(here({"ticket", "approve", ticket, "--by", "bob"}).code == 0);
  top.type("y");
  REQUIRE(top.shows("bob said approve"));
  CHECK(now().at("decided").at("verb") == "approve");
}

TEST_CASE_METHOD(fixture, "everything is stopped from the terminal",
                 "[cli][top]") {
  auto top = at_terminal(over_socket());
  REQUIRE(top.shows(ticket));
  top.type("Sfire\rstop\r");
  REQUIRE(eventually([this] { return exists(data / "STOP"); }));
  REQUIRE(top.shows("lowered"));
}

TEST_CASE_METHOD(fixture, "a terminal is as it was, however top ends",
                 "[cli][top]") {
  const auto how = GENERATE("SIGINT", "SIGTERM", "SIGHUP", "Ctrl-C");
  auto top = at_terminal(over_socket());
  REQUIRE(top.shows(ticket));
  CHECK_FALSE(top.as_shells_have_it());
  const auto way = std::string{how};
  if (way == "Ctrl-C")
    top.type("\x03");
  else
    top.signal(way == "SIGINT" ? SIGINT : way == "SIGTERM" ? SIGTERM : SIGHUP);
  CHECK(top.wait() == 130);
  CHECK(top.as_shells_have_it());
  CHECK_THAT(top.written(), ContainsSubstring("\x1b[?1049l"));
  CHECK(now().at("state") == "open");
}

TEST_CASE_METHOD(fixture, "a terminal may change its size", "[cli][top]") {
  auto top = at_terminal(over_socket({"--every", "1h"}));
  REQUIRE(top.shows(ticket));
  for (const auto& [columns, lines] :
       {std::pair{120, 40}, {1, 1}, {20, 5}, {80, 24}})
    top.resize(columns, lines);
  REQUIRE(top.shows("pay needs approval"));
  top.type("q");
  CHECK(top.wait() == 0);
}

TEST_CASE_METHOD(fixture, "a server that goes is named, and asked again",
                 "[cli][top]") {
  auto top = at_terminal(over_network({"--every", "100ms"}));
  REQUIRE(top.shows(ticket));
  server->signal(SIGKILL);
  static_cast<void>(server->wait());
  REQUIRE(top.shows("NO ANSWER since"));
  serve(url.substr(std::string{"http://"}.size()));
  auto columns = 90;
  CHECK(eventually([&] {
    top.resize(++columns, 20); // all of it is painted anew
    return top.shows("1 stuck", 1s);
  }));
}

TEST_CASE_METHOD(fixture, "colours are left out where nobody wants them",
                 "[cli][top]") {
  const auto [no, colored]
    = GENERATE(table<std::string, bool>({{"", true}, {"1", false}}));
  auto top = at_terminal(over_socket(), {{"NO_COLOR", no}});
  REQUIRE(top.shows(ticket));
  top.type("4");
  REQUIRE(top.shows("idempotent"));
  top.type("q");
  CHECK(top.wait() == 0);
  CHECK((top.written().find("\x1b[32m") != std::string::npos) == colored);
}

TEST_CASE_METHOD(fixture, "a terminal that can do nothing gets plain lines",
                 "[cli][top]") {
  const auto kind = GENERATE("dumb", "no-such-terminal");
  auto top = at_terminal(over_socket({"--every", "100ms"}), {{"TERM", kind}});
  REQUIRE(top.shows(ticket));
  REQUIRE(top.shows(ticket)); // once more, an interval later
  top.signal(SIGTERM);
  CHECK(top.wait() == 130);
  CHECK(top.written().find('\x1b') == std::string::npos);
}

TEST_CASE_METHOD(fixture, "without a terminal it looks once, or on and on",
                 "[cli][top]") {
  const auto once
    = command{dir.path() / "elsewhere", over_network({"--once"}), nullptr}
        .wait();
  CHECK(once.code == 0);
  CHECK_THAT(once.out, ContainsSubstring(ticket) && ContainsSubstring("parked")
                         && ContainsSubstring("breaker closed"));
  const auto doc = json::parse(here({"top", "--once", "-o", "json"}).out);
  CHECK(doc.at("tickets").at(0).at("id") == ticket);
  CHECK(doc.at("driven") == true);
  CHECK(here({"top", "--once", "-o", "ids"}).out == ticket + "\n");
  auto on = command{data, {"top", "--every", "100ms"}, nullptr};
  REQUIRE(eventually([&on] { return count(on.out(), "stanchion top") > 2; }));
  on.signal(SIGTERM);
  CHECK(on.wait().code == 130);
}

TEST_CASE_METHOD(fixture, "without an owner the files are looked at",
                 "[cli][top]") {
  server->signal(SIGTERM);
  REQUIRE(server->wait().code == 0);
  const auto once = here({"top", "--once"});
  CHECK(once.code == 0);
  CHECK_THAT(once.out, ContainsSubstring(ticket)
                         && ContainsSubstring("no process drives these runs"));
  auto top = at_terminal(over_socket());
  REQUIRE(top.shows(ticket));
  top.type("y\ry");
  REQUIRE(eventually([this] { return now().at("state") == "decided"; }));
}

TEST_CASE_METHOD(fixture, "who may not look is told at once", "[cli][top]") {
  std::ofstream{dir.path() / "token"} << "nonsense";
  const auto end
    = command{dir.path() / "elsewhere", over_network(), nullptr}.wait();
  CHECK(end.code == 3);
  CHECK(command{dir.path() / "elsewhere", {"top"}, nullptr}.wait().code != 0);
}
