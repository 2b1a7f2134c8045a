#include "support/catch.hpp"

#include <stanchion/actors/mcp/frames.hpp>
#include <stanchion/actors/mcp/protocol.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

json tool_named(const std::string& name, const json& input = json::object()) {
  return {{"name", name}, {"inputSchema", input}};
}

mcp_tool_page page_of(const std::vector<json>& tools) {
  return read_tools(value(json{{"tools", tools}})).value();
}

outcome called(const json& result, bool structured = false) {
  return std::get<outcome>(read_called(value(result), structured));
}

json says(const std::string& text) {
  return {{"content", {{{"type", "text"}, {"text", text}}}}};
}

} // namespace

TEST_CASE("messages of JSON-RPC are told apart", "[actors][mcp]") {
  CHECK(std::get<rpc_request>(
          parse_frame(R"({"jsonrpc":"2.0","id":"a","method":"ping"})"))
          .id
        == value("a"));
  CHECK(std::get<rpc_notification>(
          parse_frame(R"({"jsonrpc":"2.0","method":"x","params":{"a":1}})"))
          .params["a"]
        == value(1));
  const auto answer = std::get<rpc_response>(
    parse_frame(R"({"jsonrpc":"2.0","id":7,"result":{}})"));
  CHECK(answer.id == value(7));
  const auto wrong = std::get<rpc_response>(parse_frame(
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}})"));
  CHECK(std::get<rpc_error>(wrong.result).code == -32000);
}

TEST_CASE("what is no message of JSON-RPC is garbage", "[actors][mcp]") {
  const auto text = GENERATE(
    as<std::string>{}, "hello", "", "[]", "{}", R"({"jsonrpc":"1.0","id":1})",
    R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","id":{},"method":"x"})",
    R"({"jsonrpc":"2.0","id":1,"error":{"message":"no code"}})",
    R"({"jsonrpc":"2.0","id":1,"id":2,"result":{}})",
    R"([{"jsonrpc":"2.0","id":1,"result":{}}])");
  CHECK(std::holds_alternative<rpc_garbage>(parse_frame(text)));
}

TEST_CASE("what is sent is what is read", "[actors][mcp]") {
  const auto x = std::get<rpc_request>(
    parse_frame(request_frame(3, "tools/call", {{"name", "a\nb"}})));
  CHECK(x.id == value(3));
  CHECK(x.params["name"] == value("a\nb"));
  CHECK(request_frame(3, "x", {{"name", "a\nb"}}).find('\n')
        == std::string::npos);
}

TEST_CASE("only a modern request says who asks each time", "[actors][mcp]") {
  const auto modern = with_meta(json::object(), mcp_era::modern, 4);
  CHECK(modern["_meta"]["io.modelcontextprotocol/protocolVersion"]
        == "2026-07-28");
  CHECK(modern["_meta"]["io.modelcontextprotocol/clientCapabilities"]
        == json::object());
  CHECK(modern["_meta"]["progressToken"] == 4);
  CHECK(with_meta(json::object(), mcp_era::legacy) == json::object());
  CHECK(with_meta(json::object(), mcp_era::legacy, {}, "00-ab-cd-01")["_meta"]
        == json{{"traceparent", "00-ab-cd-01"}});
}

TEST_CASE("a tool that cannot be used is left out, and the others are not",
          "[actors][mcp]") {
  auto task = tool_named("task");
  task["execution"] = {{"taskSupport", "required"}};
  const auto page = page_of({tool_named("good"),
                             tool_named("bad name"),
                             {{"name", "no_schema"}},
                             task});
  REQUIRE(page.tools.size() == 1);
  CHECK(page.tools.front().name == "good");
  CHECK(page.dropped.size() == 3);
}

TEST_CASE("a header of an argument must be one that can be sent",
          "[actors][mcp]") {
  const auto with = [](const json& properties) {
    return tool_named("x", {{"type", "object"}, {"properties", properties}});
  };
  const auto named = [](const json& name, const json& type = "string") {
    return json{{"type", type}, {"x-mcp-header", name}};
  };
  const auto good = page_of(
    {with({{"a", named("Region")},
           {"b",
            {{"type", "object"},
             {"properties", {{"c/d", named("Deep", "integer")}}}}}})});
  REQUIRE(good.tools.size() == 1);
  CHECK(good.tools.front().headers.at(0).first == "Mcp-Param-Region");
  CHECK(good.tools.front().headers.at(1).second == "/b/c~1d");
  const auto wrong = GENERATE_COPY(
    json{{"a", named("")}}, json{{"a", named("two words")}},
    json{{"a", named("x", "number")}}, json{{"a", named("x", "object")}},
    json{{"a", named("x")}, {"b", named("X")}},
    json{{"a", {{"type", "array"}, {"items", named("x")}}}});
  const auto bad = page_of({with(wrong)});
  CHECK(bad.tools.empty());
  CHECK(bad.dropped.size() == 1);
}

TEST_CASE("a tool's digest covers what people agree to and nothing else",
          "[actors][mcp]") {
  auto x = tool_named("a");
  const auto before = digest_of(page_of({x}).tools.front());
  x["_meta"] = {{"seen", 1}};
  x["icons"] = json::array();
  CHECK(digest_of(page_of({x}).tools.front()) == before);
  const auto now = GENERATE(as<std::string>{}, "description", "title");
  auto changed = x;
  changed[now] = "other";
  CHECK(digest_of(page_of({changed}).tools.front()) != before);
  CHECK(differences(value(x), value(changed)) == now);
  changed["inputSchema"]["required"] = {"a"};
  CHECK(differences(value(x), value(changed)) == now + ", inputSchema");
}

TEST_CASE("hints give an effect class, the cautious one by default",
          "[actors][mcp]") {
  CHECK(effect_of({}) == effect::once);
  CHECK(effect_of({.read_only = true}) == effect::read_only);
  CHECK(effect_of({.idempotent = true}) == effect::idempotent);
}

TEST_CASE("a schema of a later draft is left to the server, and said to be",
          "[actors][mcp]") {
  const auto pair = json{{"prefixItems", {{{"type", "string"}}}}};
  const auto late = schema_of(value(json{{"properties", {{"a", pair}}}}));
  CHECK(late.ignored == std::vector<std::string>{"/properties/a/prefixItems"});
  CHECK_FALSE(late.use.check({{"a", {1}}}));
  CHECK(late.use.document()["properties"]["a"] == pair);
  const auto known = schema_of(value(json{{"required", {"a"}}}));
  CHECK(known.ignored.empty());
  CHECK(known.use.check(json::object()));
}

TEST_CASE("an answer is its structured content where it has a schema",
          "[actors][mcp]") {
  auto x = says("3");
  x["structuredContent"] = {{"sum", 3}};
  CHECK(called(x, true).get() == value(json{{"sum", 3}}));
  CHECK(called(x).get()["structured"]["sum"] == value(3));
  CHECK(called(says("3"), true).why().kind == failure_kind::schema_violation);
}

TEST_CASE("an answer without a schema has its texts as one", "[actors][mcp]") {
  auto x = says("one");
  x["content"].push_back({{"type", "image"}, {"data", "AA=="}});
  x["content"].push_back({{"type", "text"}, {"text", "two"}});
  const auto got = called(x).get();
  CHECK(got["text"] == value("one\ntwo"));
  CHECK(got["content"].size() == 3);
}

TEST_CASE(
  "a tool that says it failed is believed, and what it did is not known",
  "[actors][mcp]") {
  auto x = says("the disk is full");
  x["isError"] = true;
  CHECK(called(x).why().message == "the disk is full");
  CHECK(called(x).why().effect == side_effect::unknown);
  x = says("MCP error -32602: Invalid arguments for tool");
  x["isError"] = true;
  CHECK(called(x).why().kind == failure_kind::bad_arguments);
  CHECK(called(x).why().effect == side_effect::none);
}

TEST_CASE("an answer of an unknown type is none", "[actors][mcp]") {
  auto x = says("x");
  x["resultType"] = "riddle";
  CHECK(called(x).why().kind == failure_kind::malformed_output);
  x["resultType"] = "complete";
  CHECK(called(x).ok());
}

TEST_CASE("an error of the protocol means that nothing was done, but for an "
          "internal one",
          "[actors][mcp]") {
  auto [code, kind, effect] = GENERATE(table<int, failure_kind, side_effect>({
    {-32602, failure_kind::bad_arguments, side_effect::none},
    {-32601, failure_kind::unknown_tool, side_effect::none},
    {-32600, failure_kind::invalid_input, side_effect::none},
    {-32603, failure_kind::internal, side_effect::unknown},
    {-32000, failure_kind::internal, side_effect::unknown},
  }));
  const auto why = failure_of(rpc_error{.code = code, .message = "x"});
  CHECK(why.kind == kind);
  CHECK(why.effect == effect);
}
