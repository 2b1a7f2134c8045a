#include "support/catch.hpp"

#include <stanchion/actors/mcp/session.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <map>

using namespace stanchion;

namespace {

/// A session, and a server that the test plays.
struct played final : mcp_session_host {
  explicit played(const mcp_session_options& options = {})
    : session(*this, options) {
    session.start(now);
  }

  void send(mcp_outgoing x) override {
    sent.push_back(std::move(x));
  }
  void abandon(std::int64_t request) override {
    abandoned.push_back(request);
  }
  void listed(const mcp_greeting& from, std::vector<mcp_tool> tools,
              std::vector<std::string>) override {
    greeting = from;
    tool_lists.push_back(tools.size());
  }
  void ended(mcp_call_id call, outcome x) override {
    ends.emplace(call, std::move(x));
  }
  void progressed(mcp_call_id) override {
    ++progress;
  }
  void failed(const std::string& why) override {
    failure_text = why;
  }
  void note(severity, const std::string&) override {
    // nop
  }

  [[nodiscard]] json last() const {
    return json::parse(sent.back().frame);
  }
  [[nodiscard]] std::string last_method() const {
    return last().value("method", std::string{});
  }
  void say(const json& x) {
    session.received(x.dump(), now);
  }
  void answer(const json& result) {
    say({{"jsonrpc", "2.0"}, {"id", last().at("id")}, {"result", result}});
  }
  void refuse(int code, const json& data = nullptr) {
    say({{"jsonrpc", "2.0"},
         {"id", last().at("id")},
         {"error", {{"code", code}, {"message", "no"}, {"data", data}}}});
  }
  void notify(const std::string& method, const json& params = json::object()) {
    say({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
  }
  void pass(duration x) {
    now += x;
    session.tick(now);
  }
  void list_one() {
    answer(
      {{"tools", {{{"name", "a"}, {"inputSchema", {{"type", "object"}}}}}}});
  }
  void legacy() {
    refuse(-32601);
    answer({{"protocolVersion", "2025-06-18"}, {"capabilities", {}}});
    list_one();
  }
  void modern() {
    answer({{"supportedVersions", {"2026-07-28"}},
            {"capabilities", {{"tools", {{"listChanged", true}}}}}});
    list_one();
  }
  void call(mcp_call_id id) {
    session.call(id, {.tool = "a", .arguments = args("x", 1)}, now);
  }

  instant now = from_micros(1'000'000);
  std::vector<mcp_outgoing> sent;
  std::vector<std::int64_t> abandoned;
  mcp_greeting greeting;
  std::vector<std::size_t> tool_lists;
  std::map<mcp_call_id, outcome> ends;
  int progress = 0;
  std::string failure_text;
  mcp_session session;
};

} // namespace

TEST_CASE("a server that knows nothing of discovery is greeted as a legacy one",
          "[actors][mcp]") {
  auto x = played{};
  CHECK(x.last_method() == "server/discover");
  x.refuse(GENERATE(-32601, -32602, -32000, 7));
  CHECK(x.last_method() == "initialize");
  x.answer({{"protocolVersion", "2025-03-26"}, {"capabilities", {}}});
  CHECK(x.sent.at(2).method == "notifications/initialized");
  CHECK(x.last_method() == "tools/list");
  x.list_one();
  CHECK(x.greeting.version == "2025-03-26");
  CHECK(x.tool_lists == std::vector<std::size_t>{1});
}

TEST_CASE("a server that does not answer discovery is greeted as a legacy one",
          "[actors][mcp]") {
  auto x = played{};
  x.pass(5s);
  CHECK(x.last_method() == "initialize");
  SECTION("unless it says late that it is modern") {
    x.say({{"jsonrpc", "2.0"},
           {"id", 1},
           {"result",
            {{"supportedVersions", {"2026-07-28"}}, {"capabilities", {}}}}});
    CHECK(x.last_method() == "tools/list");
    x.list_one();
    CHECK(x.greeting.era == mcp_era::modern);
  }
  SECTION("and given up when it says nothing at all") {
    x.pass(25s);
    CHECK_THAT(x.failure_text, ContainsSubstring("did not answer in time"));
  }
}

TEST_CASE("a modern server is asked what it has, and to tell of changes",
          "[actors][mcp]") {
  auto x = played{};
  x.modern();
  CHECK(x.last_method() == "subscriptions/listen");
  CHECK(x.last()["params"]["_meta"].contains(
    "io.modelcontextprotocol/protocolVersion"));
  CHECK(x.greeting.era == mcp_era::modern);
}

TEST_CASE("versions that nobody knows are refused", "[actors][mcp]") {
  auto x = played{};
  SECTION("legacy") {
    x.refuse(-32601);
    x.answer({{"protocolVersion", "1999-01-01"}, {"capabilities", {}}});
  }
  SECTION("modern") {
    x.refuse(-32022, {{"supported", {"2031-01-01"}}});
  }
  CHECK_FALSE(x.failure_text.empty());
}

TEST_CASE("a list on many pages is read to its end", "[actors][mcp]") {
  auto x = played{{.most_pages = 3}};
  x.refuse(-32601);
  x.answer({{"protocolVersion", "2025-06-18"}, {"capabilities", {}}});
  const auto page = [&](const std::string& name, bool more) {
    auto to
      = json{{"tools", {{{"name", name}, {"inputSchema", json::object()}}}}};
    if (more)
      to["nextCursor"] = "";
    x.answer(to);
  };
  page("a", true);
  CHECK(x.last()["params"]["cursor"] == "");
  page("b", true);
  SECTION("where it has one") {
    page("c", false);
    CHECK(x.tool_lists == std::vector<std::size_t>{3});
  }
  SECTION("and given up where it has none") {
    page("c", true);
    CHECK_THAT(x.failure_text, ContainsSubstring("has no end"));
  }
}

TEST_CASE("changes of the list are gathered", "[actors][mcp]") {
  auto x = played{};
  x.legacy();
  const auto before = x.sent.size();
  for (auto i = 0; i < 3; ++i)
    x.notify("notifications/tools/list_changed");
  CHECK(x.sent.size() == before);
  x.pass(200ms);
  CHECK(x.sent.size() == before + 1);
  x.list_one();
  CHECK(x.tool_lists.size() == 2);
}

TEST_CASE("calls are answered in any order, also late", "[actors][mcp]") {
  auto x = played{};
  x.legacy();
  x.call(10);
  const auto first = x.last();
  x.call(11);
  x.answer({{"content", {{{"type", "text"}, {"text", "b"}}}}});
  CHECK(x.ends.at(11).get()["text"] == value("b"));
  x.session.cancel(10, x.now);
  CHECK(x.last_method() == "notifications/cancelled");
  CHECK(x.last()["params"]["requestId"] == first.at("id"));
  x.notify("notifications/progress",
           {{"progressToken", first.at("id")}, {"progress", 1}});
  CHECK(x.progress == 1);
  SECTION("if it is") {
    x.say({{"jsonrpc", "2.0"},
           {"id", first.at("id")},
           {"result", {{"content", json::array()}}}});
    CHECK(x.ends.at(10).ok());
  }
  SECTION("and forgotten if not") {
    x.pass(1min);
    CHECK(x.ends.at(10).why().kind == failure_kind::cancelled);
    CHECK(x.ends.at(10).why().effect == side_effect::unknown);
  }
}

TEST_CASE("progress of what nobody asked for is nothing", "[actors][mcp]") {
  auto x = played{};
  x.legacy();
  x.call(10);
  for (const auto& token : {json(std::numeric_limits<std::uint64_t>::max()),
                            json(-1), json("ten"), json(1.5), json(nullptr)})
    x.notify("notifications/progress",
             {{"progressToken", token}, {"progress", 1}});
  CHECK(x.progress == 0);
}

TEST_CASE("over HTTP a modern call is cancelled by closing its stream",
          "[actors][mcp]") {
  auto x = played{{.over_http = true}};
  x.modern();
  x.call(10);
  const auto request = x.last().at("id").get<std::int64_t>();
  x.session.cancel(10, x.now);
  CHECK(x.abandoned == std::vector{request});
}

TEST_CASE("a call that the server wants to see again is made again with its "
          "state",
          "[actors][mcp]") {
  auto x = played{};
  x.modern();
  x.call(10);
  const auto first = x.last();
  SECTION("for a while") {
    x.answer({{"resultType", "input_required"}, {"requestState", "s 1"}});
    CHECK(x.last().at("id") != first.at("id"));
    CHECK(x.last()["params"]["requestState"] == "s 1");
    CHECK(x.last()["params"]["arguments"] == first["params"]["arguments"]);
    for (auto i = 0; i < 8; ++i)
      x.answer({{"resultType", "input_required"}, {"requestState", "s"}});
    CHECK(x.ends.at(10).why().kind == failure_kind::malformed_output);
  }
  SECTION("but not where it asks for people") {
    x.answer({{"resultType", "input_required"},
              {"inputRequests", {{"k", {{"method", "elicitation/create"}}}}}});
    CHECK_THAT(x.ends.at(10).why().message,
               ContainsSubstring("elicitation/create"));
  }
}

TEST_CASE("what a server asks is answered", "[actors][mcp]") {
  auto x = played{};
  x.legacy();
  x.say({{"jsonrpc", "2.0"}, {"id", "p"}, {"method", "ping"}});
  CHECK(x.last()
        == json{{"jsonrpc", "2.0"}, {"id", "p"}, {"result", json::object()}});
  x.say({{"jsonrpc", "2.0"}, {"id", 9}, {"method", "sampling/createMessage"}});
  CHECK(x.last()["error"]["code"] == -32601);
}

TEST_CASE("what is no message is skipped and counted", "[actors][mcp]") {
  auto x = played{};
  x.session.received("Welcome to my server!", x.now);
  x.session.received("{\"jsonrpc\":", x.now);
  x.legacy();
  CHECK(x.session.skipped() == 2);
  CHECK(x.tool_lists.size() == 1);
}

TEST_CASE("when the server is gone nobody can say what open calls did",
          "[actors][mcp]") {
  auto x = played{};
  x.legacy();
  x.call(10);
  x.session.lost("the server ended (signal 9)");
  CHECK(x.ends.at(10).why().kind == failure_kind::crashed);
  CHECK(x.ends.at(10).why().effect == side_effect::unknown);
  CHECK(x.failure_text.empty());
}

TEST_CASE("a refusal over HTTP tells the eras apart", "[actors][mcp]") {
  auto x = played{{.over_http = true}};
  auto refusal = mcp_refusal{.status = GENERATE(400, 404, 405)};
  SECTION("by any code but a modern one") {
    refusal.error = rpc_error{.code = -32000, .message = "no session"};
    x.session.refused(1, refusal, x.now);
    CHECK(x.last_method() == "initialize");
  }
  SECTION("or none") {
    x.session.refused(1, refusal, x.now);
    CHECK(x.last_method() == "initialize");
  }
  SECTION("and a modern one is the end") {
    refusal.error = rpc_error{.code = -32021, .message = "more"};
    x.session.refused(1, refusal, x.now);
    CHECK_FALSE(x.failure_text.empty());
  }
}

TEST_CASE("a session that the server has forgotten is given up",
          "[actors][mcp]") {
  auto x = played{{.over_http = true}};
  x.legacy();
  x.call(10);
  auto refusal = mcp_refusal{.status = 404};
  SECTION("as the protocol says it") {
    // nop
  }
  SECTION("as servers say it") {
    refusal.status = 400;
    refusal.error = rpc_error{.code = -32000, .message = "no session"};
  }
  x.session.refused(x.last().at("id"), refusal, x.now);
  CHECK(x.ends.at(10).why().effect == side_effect::none);
  CHECK_THAT(x.failure_text, ContainsSubstring("forgotten"));
}
