#include "actors/model/model_samples.hpp"
#include "support/catch.hpp"

using namespace stanchion;
using namespace stanchion::test;

namespace {

const auto& format = anthropic_format();

json body_of(const chat_request& x, const model_endpoint& where = endpoint(),
             bool streamed = false) {
  return json::parse(format.request(where, x, streamed).body);
}

std::string header(const transfer_request& x, std::string_view name) {
  return std::string{find_header(x.headers, name).value_or("(none)")};
}

json text(const std::string& words) {
  return {{"type", "text"}, {"text", words}};
}

json use(const std::string& id, const std::string& name, json input) {
  auto to = json{{"type", "tool_use"}, {"id", id}, {"name", name}};
  to["input"] = std::move(input);
  return to;
}

json whole(const std::vector<json>& content,
           const std::string& stop = "end_turn") {
  auto to = json{{"id", "msg_1"},
                 {"type", "message"},
                 {"role", "assistant"},
                 {"model", "m-1-2026"},
                 {"stop_reason", stop}};
  to["content"] = content;
  to["usage"] = {{"input_tokens", 10},
                 {"cache_creation_input_tokens", 3},
                 {"cache_read_input_tokens", 7},
                 {"output_tokens", 5}};
  return to;
}

/// The events of that answer, text and arguments in pieces of `size` bytes.
std::vector<json> events_of(const json& answer, std::size_t size = 3) {
  auto start = answer;
  start["content"] = json::array();
  start["stop_reason"] = nullptr;
  start["usage"]["output_tokens"] = 1;
  auto to = std::vector<json>{{{"type", "message_start"}, {"message", start}},
                              {{"type", "ping"}}};
  for (auto i = std::size_t{0}; i < answer["content"].size(); ++i) {
    const auto& block = answer["content"][i];
    const auto is_text = block["type"] == "text";
    const auto words
      = is_text ? block["text"].get<std::string>() : block["input"].dump();
    auto empty = block;
    empty[is_text ? "text" : "input"] = is_text ? json("") : json::object();
    to.push_back({{"type", "content_block_start"},
                  {"index", i},
                  {"content_block", empty}});
    for (auto at = std::size_t{0}; at < words.size(); at += size) {
      auto delta = json{{"type", is_text ? "text_delta" : "input_json_delta"}};
      delta[is_text ? "text" : "partial_json"] = words.substr(at, size);
      to.push_back(
        {{"type", "content_block_delta"}, {"index", i}, {"delta", delta}});
    }
    to.push_back({{"type", "content_block_stop"}, {"index", i}});
  }
  to.push_back(
    {{"type", "message_delta"},
     {"delta", {{"stop_reason", answer["stop_reason"]}}},
     {"usage", {{"output_tokens", answer["usage"]["output_tokens"]}}}});
  to.push_back({{"type", "message_stop"}});
  return to;
}

chat_request ask_for_json(const std::string& schema) {
  auto to = ask();
  to.output = value{json::parse(schema)};
  return to;
}

} // namespace

TEST_CASE("Anthropic: a request says all that was asked",
          "[model][anthropic]") {
  auto x = ask();
  x.instructions = "Be brief.";
  x.temperature = 0.5;
  x.stop = {"END"};
  x.seed = 7; // there is none
  const auto request = format.request(endpoint(), x, true);
  CHECK(request.url == "https://models.example/v1/messages");
  CHECK(header(request, "x-api-key") == canary);
  CHECK(header(request, "authorization") == "(none)");
  CHECK(header(request, "anthropic-version") == "2023-06-01");
  CHECK(header(request, "accept") == "text/event-stream");
  CHECK(json::parse(request.body) == json::parse(R"({
    "model": "m-1", "max_tokens": 4096, "system": "Be brief.",
    "temperature": 0.5, "stop_sequences": ["END"], "stream": true,
    "messages": [{"role": "user", "content": [
      {"type": "text", "text": "How is the weather?"}]}]})"));
}

TEST_CASE("Anthropic: tokens are limited by the request, then the endpoint",
          "[model][anthropic]") {
  auto where = endpoint();
  where.max_tokens = 50;
  auto x = ask();
  CHECK(body_of(x, where)["max_tokens"] == 50);
  x.max_tokens = 10;
  CHECK(body_of(x, where)["max_tokens"] == 10);
}

TEST_CASE("Anthropic: results stand together where the next turn begins",
          "[model][anthropic]") {
  auto x = ask_with_tools();
  x.messages.push_back(
    {.role = chat_role::assistant,
     .text = " \n",
     .tool_calls = {{.id = "functions.weather:0",
                     .name = "weather.lookup",
                     .arguments = args("place", "Bonn")},
                    {.id = "b", .name = "orders.lookup", .malformed = "{"}}});
  x.messages.push_back({.role = chat_role::tool,
                        .text = "no JSON",
                        .tool_call_id = "b",
                        .is_error = true});
  x.messages.push_back({.role = chat_role::tool,
                        .text = "rain",
                        .tool_call_id = "functions.weather:0"});
  x.messages.push_back({.text = "And tomorrow?"});
  CHECK(body_of(x)["messages"] == json::parse(R"([
    {"role": "user", "content": [
      {"type": "text", "text": "How is the weather?"}]},
    {"role": "assistant", "content": [
      {"type": "tool_use", "id": "functions_weather_0",
       "name": "weather_lookup_2", "input": {"place": "Bonn"}},
      {"type": "tool_use", "id": "b", "name": "orders_lookup",
       "input": {}}]},
    {"role": "user", "content": [
      {"type": "tool_result", "tool_use_id": "b", "content": "no JSON",
       "is_error": true},
      {"type": "tool_result", "tool_use_id": "functions_weather_0",
       "content": "rain"},
      {"type": "text", "text": "And tomorrow?"}]}])"));
}

TEST_CASE("Anthropic: tools and their choice", "[model][anthropic]") {
  auto [choice, type] = GENERATE(
    table<tool_choice, std::string>({{tool_choice::automatic, "auto"},
                                     {tool_choice::none, "none"},
                                     {tool_choice::required, "any"}}));
  auto x = ask_with_tools();
  x.choice = choice;
  const auto body = body_of(x);
  CHECK(body["tool_choice"] == json{{"type", type}});
  CHECK(body["tools"][0] == json::parse(R"({"name": "weather_lookup_2",
    "description": "Looks the weather up.",
    "input_schema": {"type": "object"}})"));
  CHECK(body["tools"][1]["input_schema"] == json{{"type", "object"}});
  CHECK_FALSE(body_of(ask()).contains("tool_choice"));
}

TEST_CASE("Anthropic: an output schema is that of a tool to be called",
          "[model][anthropic]") {
  auto x = ask_for_json(R"({"type": "object", "required": ["sky"]})");
  auto body = body_of(x);
  REQUIRE(body["tools"].size() == 1);
  CHECK(body["tools"][0]["name"] == "answer");
  CHECK(body["tools"][0]["input_schema"] == x.output->get());
  CHECK(body["tool_choice"] == json::parse(R"({"type": "tool", "name": "answer",
                           "disable_parallel_tool_use": true})"));
  x.tools = {{.name = "answer"}};
  body = body_of(x);
  CHECK(body["tools"][0]["name"] == "answer");
  CHECK(body["tools"][1]["name"] == "answer_2");
  CHECK(body["tool_choice"] == json{{"type", "any"}});
  x.choice = tool_choice::none;
  CHECK(body_of(x)["tool_choice"]["name"] == "answer_2");
  x.choice = tool_choice::required;
  CHECK(body_of(x)["tools"].size() == 1);
}

TEST_CASE("Anthropic: an answer of any type is wrapped, and taken out again",
          "[model][anthropic]") {
  const auto asked = ask_for_json(R"({"type": "array",
    "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "integer"}}})");
  CHECK(body_of(asked)["tools"][0]["input_schema"] == json::parse(R"({
    "type": "object", "required": ["answer"], "additionalProperties": false,
    "$defs": {"n": {"type": "integer"}},
    "properties": {"answer": {"type": "array",
                              "items": {"$ref": "#/$defs/n"}}}})"));
  const auto body
    = whole({use("a", "answer", {{"answer", {1, 2}}})}, "tool_use");
  const auto reply = reply_in(read(format, body, asked));
  CHECK(reply.text == "[1,2]");
  CHECK(reply.output == json{1, 2});
  CHECK(reply.tool_calls.empty());
  CHECK(reply.finish == chat_finish::stop);
}

TEST_CASE("Anthropic: what the answer's tool is given is the answer",
          "[model][anthropic]") {
  const auto asked = ask_for_json(R"({"type": "object"})");
  const auto body = whole(
    {text("Here it is."), use("a", "answer", {{"sky", "grey"}})}, "tool_use");
  const auto reply = reply_in(read(format, body, asked));
  CHECK(reply.text == R"({"sky":"grey"})");
  CHECK(reply.output == args("sky", "grey"));
  CHECK(reply.finish == chat_finish::stop);
  const auto x = stream(format, events(events_of(body)), asked);
  CHECK(json(reply_in(x.result)) == json(reply));
  CHECK(x.text() == R"(Here it is.{"sky":"grey"})");
  CHECK(x.tools().empty());
}

TEST_CASE("Anthropic: calls of other tools come before the answer",
          "[model][anthropic]") {
  auto asked = ask_for_json(R"({"type": "object"})");
  asked.tools = {weather()};
  const auto reply
    = reply_in(read(format,
                    whole({use("a", "answer", {{"sky", "?"}}),
                           use("b", "weather_lookup", json::object())},
                          "tool_use"),
                    asked));
  REQUIRE(reply.tool_calls.size() == 1);
  CHECK(reply.tool_calls[0].name == "weather.lookup");
  CHECK(reply.text.empty());
  CHECK_FALSE(reply.output);
}

TEST_CASE("Anthropic: an answer in words, where JSON was asked for, may be it",
          "[model][anthropic]") {
  const auto asked = ask_for_json(R"({"type": "object"})");
  CHECK(reply_in(read(format, whole({text(R"({"a": 1})")}), asked)).output
        == args("a", 1));
  CHECK(failure_in(read(format, whole({text("grey")}), asked)).kind
        == failure_kind::malformed_output);
}

TEST_CASE("Anthropic: a whole answer is read", "[model][anthropic]") {
  const auto body
    = whole({json{{"type", "thinking"}, {"thinking", "Hm."}}, text("Let me "),
             text("see."), use("a", "weather_lookup_2", {{"place", "Bonn"}})},
            "tool_use");
  const auto x = format.read(endpoint(), ask_with_tools(),
                             answer(body, 200, {{"request-id", "req_7"}}), t0);
  CHECK(json(reply_in(x)) == json::parse(R"({
    "text": "Let me see.", "finish": "tool_calls", "model": "m-1-2026",
    "tool_calls": [{"id": "a", "name": "weather.lookup",
                    "arguments": {"place": "Bonn"}}],
    "usage": {"input": 20, "output": 5, "cached": 7},
    "request_id": "req_7"})"));
}

TEST_CASE("Anthropic: what is left out is not missed", "[model][anthropic]") {
  const auto x = read(format, json::parse(R"({"content": [
    {"type": "text", "text": "It rains."}]})"));
  CHECK(json(reply_in(x)) == json{{"text", "It rains."}, {"finish", "stop"}});
}

TEST_CASE("Anthropic: what is no answer is a failure", "[model][anthropic]") {
  auto [body, kind] = GENERATE(table<std::string, failure_kind>(
    {{"", failure_kind::empty_output},
     {"<html>", failure_kind::malformed_output},
     {"{}", failure_kind::malformed_output},
     {R"({"content": "It rains."})", failure_kind::malformed_output},
     {R"({"content": []})", failure_kind::empty_output},
     {R"({"type": "error", "error": {"type": "overloaded_error"}})",
      failure_kind::overloaded}}));
  const auto why = failure_in(format.read(
    endpoint(), ask(), transfer_response{.status = 200, .body = body}, t0));
  CHECK(why.kind == kind);
}

TEST_CASE("Anthropic: a stream adds up to the whole answer",
          "[model][anthropic]") {
  const auto body
    = whole({text("Let me see."),
             use("a", "weather_lookup_2", {{"place", "Bonn"}, {"days", 3}}),
             use("b", "orders_lookup", json::object())},
            "tool_use");
  const auto size = GENERATE(std::size_t{1}, 2, 1000);
  const auto x
    = stream(format, events(events_of(body, size)), ask_with_tools());
  CHECK(json(reply_in(x.result))
        == json(reply_in(read(format, body, ask_with_tools()))));
  CHECK(x.over);
  CHECK(x.text() == "Let me see.");
  CHECK(x.tools()
        == std::vector<std::string>{"weather.lookup", "orders.lookup"});
}

TEST_CASE("Anthropic: a stream that breaks off is no answer, but has its cost",
          "[model][anthropic]") {
  auto all = events_of(whole({text("It rains.")}));
  all.resize(4); // start, ping, the block's start, and a piece
  const auto x = stream(format, events(all));
  CHECK(x.begun);
  CHECK(failure_in(x.result).kind == failure_kind::truncated);
  CHECK(failure_in(x.result).code == "interrupted");
  REQUIRE(x.usage);
  CHECK(x.usage->input == 20);
  CHECK(x.usage->output == 1);
  all.resize(2);
  const auto silent = stream(format, events(all));
  CHECK_FALSE(silent.begun);
  CHECK(failure_in(silent.result).kind == failure_kind::network);
}

TEST_CASE("Anthropic: an error after the 200 ends a stream",
          "[model][anthropic]") {
  auto all = events_of(whole({text("It rains.")}));
  all.insert(all.begin() + 4, json::parse(R"({"type": "error", "error":
    {"type": "overloaded_error", "message": "Overloaded"}})"));
  const auto x = stream(format, events(all));
  CHECK(x.over);
  CHECK(failure_in(x.result).kind == failure_kind::overloaded);
  CHECK(failure_in(x.result).effect == side_effect::none);
}

TEST_CASE("Anthropic: events and blocks that nobody knows change nothing",
          "[model][anthropic]") {
  auto all = events_of(whole({text("It rains.")}));
  all.insert(all.begin() + 1, json::parse(R"({"type": "weather_report"})"));
  all.insert(all.begin() + 2, json::parse(R"({"type": "content_block_start",
    "index": 9, "content_block": {"type": "hologram", "input": {"a": 1}}})"));
  all.insert(all.begin() + 3, json::parse(R"({"type": "content_block_delta",
    "index": 9, "delta": {"type": "input_json_delta",
    "partial_json": "{"}})"));
  all.insert(all.begin() + 4, json::parse(R"({"type": "content_block_delta",
    "index": 9, "delta": {"type": "signature_delta", "signature": "x"}})"));
  const auto x = stream(format, events(all));
  CHECK(reply_in(x.result).text == "It rains.");
  CHECK(reply_in(x.result).tool_calls.empty());
}

TEST_CASE("Anthropic: an event's name says what its data does not",
          "[model][anthropic]") {
  const auto x = stream(
    format, "event: content_block_delta\n"
            "data: {\"delta\": {\"type\": \"text_delta\", \"text\": \"Hi\"}}"
            "\n\nevent: message_stop\ndata: {}\n\n");
  CHECK(x.over);
  CHECK(reply_in(x.result).text == "Hi");
}
