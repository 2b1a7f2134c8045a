#include "actors/model/model_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>

#include <set>

using namespace stanchion;
using namespace stanchion::test;

namespace {

const auto& format = openai_format();

json body_of(const chat_request& x, model_endpoint where = endpoint(),
             bool streamed = false) {
  return json::parse(format.request(where, x, streamed).body);
}

std::string header(const transfer_request& x, std::string_view name) {
  return std::string{find_header(x.headers, name).value_or("(none)")};
}

/// A whole answer with this message.
json whole(json message, const std::string& finish = "stop") {
  auto choice = json{{"index", 0}, {"finish_reason", finish}};
  choice["message"] = std::move(message);
  auto to = json{{"id", "chatcmpl-1"}, {"model", "m-1-2026"}};
  to["choices"] = json::array({choice});
  to["usage"] = {{"prompt_tokens", 20},
                 {"completion_tokens", 5},
                 {"prompt_tokens_details", {{"cached_tokens", 8}}}};
  return to;
}

json call(const std::string& id, const std::string& name,
          const json& arguments) {
  auto to = json{{"type", "function"}};
  to["function"] = {{"name", name}, {"arguments", arguments}};
  if (!id.empty())
    to["id"] = id;
  return to;
}

json with_calls(const std::vector<json>& calls) {
  return whole({{"content", nullptr}, {"tool_calls", calls}}, "tool_calls");
}

/// A chunk of a stream.
json chunk(json delta, json finish = nullptr) {
  auto choice = json{{"index", 0}, {"finish_reason", std::move(finish)}};
  choice["delta"] = std::move(delta);
  auto to = json{{"id", "chatcmpl-1"}, {"model", "m-1-2026"}};
  to["choices"] = json::array({choice});
  return to;
}

json call_chunk(json piece) {
  return chunk({{"tool_calls", json::array({std::move(piece)})}});
}

} // namespace

TEST_CASE("OpenAI: a request says all that was asked", "[model][openai]") {
  auto x = ask();
  x.instructions = "Be brief.";
  x.max_tokens = 100;
  x.temperature = 0.5;
  x.stop = {"END"};
  x.seed = 7;
  const auto request = format.request(endpoint(), x, false);
  CHECK(request.method == "POST");
  CHECK(request.url == "https://models.example/v1/chat/completions");
  CHECK(header(request, "authorization") == "Bearer " + std::string{canary});
  CHECK(header(request, "content-type") == "application/json");
  CHECK(header(request, "accept") == "application/json");
  CHECK(json::parse(request.body) == json::parse(R"({
    "model": "m-1", "max_completion_tokens": 100, "temperature": 0.5,
    "stop": ["END"], "seed": 7,
    "messages": [{"role": "system", "content": "Be brief."},
                 {"role": "user", "content": "How is the weather?"}]})"));
}

TEST_CASE("OpenAI: an endpoint has its own headers, limit and names",
          "[model][openai]") {
  auto where = endpoint();
  where.url = "http://127.0.0.1:11434/v1/";
  where.key = {};
  where.headers = {{"X-Team", "ops"}, {"Accept", "*/*"}};
  where.max_tokens = 50;
  where.old_max_tokens = true;
  const auto request = format.request(where, ask(), true);
  CHECK(request.url == "http://127.0.0.1:11434/v1/chat/completions");
  CHECK(header(request, "authorization") == "(none)");
  CHECK(header(request, "x-team") == "ops");
  CHECK(header(request, "accept") == "*/*");
  const auto body = json::parse(request.body);
  CHECK(body["max_tokens"] == 50);
  CHECK_FALSE(body.contains("max_completion_tokens"));
  CHECK(body["stream"] == true);
  CHECK(body["stream_options"] == json{{"include_usage", true}});
}

TEST_CASE("OpenAI: a conversation with calls keeps its order and ids",
          "[model][openai]") {
  auto x = ask_with_tools();
  x.messages.push_back(
    {.role = chat_role::assistant,
     .tool_calls = {{.id = "a",
                     .name = "weather.lookup",
                     .arguments = args("place", "Bonn")},
                    {.id = "b", .name = "no such", .malformed = "{\"pl"}}});
  x.messages.push_back(
    {.role = chat_role::tool, .text = "rain", .tool_call_id = "a"});
  x.messages.push_back({.role = chat_role::tool,
                        .text = "no such tool",
                        .tool_call_id = "b",
                        .is_error = true});
  CHECK(body_of(x)["messages"] == json::parse(R"([
    {"role": "user", "content": "How is the weather?"},
    {"role": "assistant", "content": null, "tool_calls": [
      {"id": "a", "type": "function", "function":
        {"name": "weather_lookup_2", "arguments": "{\"place\":\"Bonn\"}"}},
      {"id": "b", "type": "function", "function":
        {"name": "no_such", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "a", "content": "rain"},
    {"role": "tool", "tool_call_id": "b", "content": "error: no such tool"}])"));
}

TEST_CASE("OpenAI: tools are sent with schemas of objects", "[model][openai]") {
  const auto body = body_of(ask_with_tools());
  CHECK(body["tools"][0] == json::parse(R"({"type": "function", "function":
    {"name": "weather_lookup_2", "description": "Looks the weather up.",
     "parameters": {"type": "object"}}})"));
  CHECK(body["tools"][1]["function"]["parameters"] == json{{"type", "object"}});
  CHECK_FALSE(body.contains("tool_choice"));
  auto x = ask_with_tools();
  x.choice = tool_choice::none;
  CHECK(body_of(x)["tool_choice"] == "none");
  x.choice = tool_choice::required;
  CHECK(body_of(x)["tool_choice"] == "required");
}

TEST_CASE("names that providers refuse are sent as others, one to one",
          "[model][openai]") {
  auto x = ask();
  const auto names = std::vector<std::string>{"orders.lookup",
                                              "orders_lookup",
                                              "orders-lookup",
                                              "orders lookup",
                                              "",
                                              "täglich",
                                              "orders_lookup_2",
                                              std::string(64, 'a'),
                                              std::string(65, 'a'),
                                              std::string(64, 'a') + ".b"};
  for (const auto& name : names)
    x.tools.push_back({.name = name});
  const auto tools = body_of(x)["tools"];
  auto sent = std::set<std::string>{};
  auto calls = std::vector<json>{};
  for (const auto& tool : tools) {
    const auto name = tool["function"]["name"].get<std::string>();
    CHECK((!name.empty() && name.size() <= 64));
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-0123456789")
          == std::string::npos);
    sent.insert(name);
    calls.push_back(call("", name, "{}"));
  }
  CHECK(sent.size() == names.size());
  CHECK(tools[1]["function"]["name"] == "orders_lookup");
  const auto reply = reply_in(read(format, with_calls(calls), x));
  for (auto i = std::size_t{0}; i < names.size(); ++i)
    CHECK(reply.tool_calls[i].name == names[i]);
}

TEST_CASE("a name in the conversation does not take that of a tool",
          "[model][openai]") {
  auto x = ask();
  x.tools = {{.name = "orders.lookup"}};
  x.messages.push_back(
    {.role = chat_role::assistant,
     .tool_calls = {{.id = "a b", .name = "orders_lookup"}}});
  x.messages.push_back({.role = chat_role::tool, .tool_call_id = "a b"});
  const auto body = body_of(x);
  CHECK(body["tools"][0]["function"]["name"] == "orders_lookup");
  const auto& said = body["messages"][1]["tool_calls"][0];
  CHECK(said["function"]["name"] == "orders_lookup_2");
  CHECK(said["id"] == "a_b");
  CHECK(body["messages"][2]["tool_call_id"] == "a_b");
}

TEST_CASE("OpenAI: an output schema is strict where it may be",
          "[model][openai]") {
  auto [schema, strict] = GENERATE(table<std::string, bool>(
    {{R"({"type": "object", "additionalProperties": false,
          "required": ["a"], "properties": {"a": {"type": "string"}}})",
      true},
     {R"({"type": "object", "additionalProperties": false,
          "required": ["a"], "properties": {"a": {"type": "array", "items":
            {"anyOf": [{"type": "null"}, {"type": "object", "properties": {},
             "required": [], "additionalProperties": false}]}}}})",
      true},
     {R"({"type": "object"})", false},
     {R"({"type": "object", "required": ["a"],
          "properties": {"a": {"type": "string"}}})",
      false},
     {R"({"type": "object", "additionalProperties": false,
          "properties": {"a": {"type": "string"}}})",
      false},
     {R"({"type": "object", "additionalProperties": false, "required": ["a"],
          "properties": {"a": {"type": "object"}}})",
      false},
     {R"({"type": "object", "additionalProperties": false, "required": ["a"],
          "properties": {"a": {"type": "array", "items": {"type": "object"}}}})",
      false},
     {R"({"type": "object", "additionalProperties": false, "required": ["a"],
          "properties": {"a": {"type": "string", "maxLength": 3}}})",
      false},
     {R"({"type": "object", "additionalProperties": false, "required": ["b"],
          "properties": {"a": {"type": "string"}}})",
      false},
     {R"({"type": "string"})", false},
     {R"(true)", false}}));
  auto x = ask();
  x.output = value{json::parse(schema)};
  const auto form = body_of(x)["response_format"];
  CHECK(form["type"] == "json_schema");
  CHECK(form["json_schema"]["name"] == "answer");
  CHECK(form["json_schema"]["strict"] == strict);
  if (x.output->is_object())
    CHECK(form["json_schema"]["schema"] == x.output->get());
}

TEST_CASE("a request that providers refuse is not made", "[model]") {
  auto x = ask();
  x.messages.push_back(
    {.role = chat_role::assistant, .tool_calls = {{.id = "a", .name = "t"}}});
  const auto* of = GENERATE(&openai_format(), &anthropic_format());
  CHECK_THROWS_AS(of->request(endpoint(), x, false), error);
}

TEST_CASE("OpenAI: a whole answer is read", "[model][openai]") {
  const auto x = format.read(
    endpoint(), ask(),
    answer(whole({{"content", "It rains."}}), 200, {{"x-request-id", "req-7"}}),
    t0);
  CHECK(json(reply_in(x)) == json::parse(R"({
    "text": "It rains.", "finish": "stop", "model": "m-1-2026",
    "usage": {"input": 20, "output": 5, "cached": 8},
    "request_id": "req-7"})"));
}

TEST_CASE("OpenAI: calls are read, and their names are ours again",
          "[model][openai]") {
  const auto x = read(
    format,
    with_calls({call("a", "weather_lookup_2", R"({"place": "Bonn"})"),
                call("b", "orders_lookup", ""), call("c", "invented", "{}")}),
    ask_with_tools());
  CHECK(json(reply_in(x))["tool_calls"] == json::parse(R"([
    {"id": "a", "name": "weather.lookup", "arguments": {"place": "Bonn"}},
    {"id": "b", "name": "orders.lookup", "arguments": {}},
    {"id": "c", "name": "invented", "arguments": {}}])"));
  CHECK(reply_in(x).finish == chat_finish::tool_calls);
}

TEST_CASE("arguments that are no object are kept as what they were",
          "[model][openai]") {
  const auto text = GENERATE(as<std::string>{}, "{\"place\": ", "[1]", "7",
                             "{\"a\": NaN}", "{\"a\": 1, \"a\": 2}", "no");
  const auto reply = reply_in(read(format, with_calls({call("a", "t", text)})));
  REQUIRE(reply.tool_calls.size() == 1);
  CHECK(reply.tool_calls[0].malformed == text);
  CHECK(reply.tool_calls[0].arguments.is_null());
}

TEST_CASE("endless malformed arguments are cut", "[model][openai]") {
  const auto reply = reply_in(
    read(format, with_calls({call("a", "t", std::string(1'000'000, '{'))})));
  CHECK(reply.tool_calls[0].malformed.size() <= 4096);
}

TEST_CASE("calls without ids, or with ids that are taken, get their own",
          "[model][openai]") {
  auto asked = ask();
  asked.messages.push_back(
    {.role = chat_role::assistant,
     .tool_calls = {{.id = "call_1", .name = "t"}, {.id = "x", .name = "t"}}});
  asked.messages.push_back({.role = chat_role::tool, .tool_call_id = "call_1"});
  asked.messages.push_back({.role = chat_role::tool, .tool_call_id = "x"});
  const auto reply
    = reply_in(read(format,
                    with_calls({call("", "t", "{}"), call("x", "t", "{}"),
                                call("y", "t", "{}"), call("y", "t", "{}")}),
                    asked));
  auto ids = std::set<std::string>{"call_1", "x"};
  for (const auto& each : reply.tool_calls)
    CHECK(ids.insert(each.id).second);
  CHECK(reply.tool_calls[2].id == "y");
}

TEST_CASE("a call without a name is no answer", "[model][openai]") {
  const auto why = failure_in(read(format, with_calls({call("a", "", "{}")})));
  CHECK(why.kind == failure_kind::malformed_output);
}

TEST_CASE("OpenAI: servers leave out what they like", "[model][openai]") {
  const auto x = read(format, json::parse(R"({"choices": [
    {"message": {"content": "It rains."}}]})"));
  CHECK(json(reply_in(x)) == json{{"text", "It rains."}, {"finish", "stop"}});
  const auto parts = read(format, whole({{"content", json::parse(R"([
    {"type": "text", "text": "It "}, {"type": "text", "text": "rains."}])")}}));
  CHECK(reply_in(parts).text == "It rains.");
  const auto object
    = read(format, with_calls({call("a", "t", json{{"place", "Bonn"}})}));
  CHECK(reply_in(object).tool_calls[0].arguments == args("place", "Bonn"));
}

TEST_CASE("the answer to a schema is JSON, or a failure", "[model]") {
  auto asked = ask();
  asked.output = value{json{{"type", "object"}}};
  const auto x
    = reply_in(read(format, whole({{"content", R"({"a": 1})"}}), asked));
  CHECK(x.text == R"({"a": 1})");
  CHECK(x.output == args("a", 1));
  const auto why
    = failure_in(read(format, whole({{"content", "It rains."}}), asked));
  CHECK(why.kind == failure_kind::malformed_output);
  CHECK(why.effect == side_effect::none);
  const auto calls
    = reply_in(read(format, with_calls({call("a", "t", "{}")}), asked));
  CHECK_FALSE(calls.output);
}

TEST_CASE("OpenAI: what is no answer is a failure", "[model][openai]") {
  auto [body, kind] = GENERATE(table<std::string, failure_kind>(
    {{"", failure_kind::empty_output},
     {"  ", failure_kind::empty_output},
     {"<html>", failure_kind::malformed_output},
     {"[]", failure_kind::malformed_output},
     {"{}", failure_kind::malformed_output},
     {R"({"choices": []})", failure_kind::malformed_output},
     {R"({"choices": 1})", failure_kind::malformed_output},
     {R"({"choices": [{"message": {"content": ""}}]})",
      failure_kind::empty_output},
     {R"({"choices": [{"message": {"content": null}}]})",
      failure_kind::empty_output},
     {R"({"choices": [{"message": {"refusal": "I will not."}}]})",
      failure_kind::refused}}));
  const auto why = failure_in(format.read(
    endpoint(), ask(), transfer_response{.status = 200, .body = body}, t0));
  CHECK(why.kind == kind);
  CHECK(why.effect == side_effect::none);
}

TEST_CASE("OpenAI: what an answer has cost is known when it is of no use",
          "[model][openai]") {
  const auto body = whole({{"content", "It r"}}, "length");
  CHECK(failure_in(read(format, body)).kind == failure_kind::truncated);
  const auto usage = format.usage(answer(body));
  REQUIRE(usage);
  CHECK(usage->input == 20);
  CHECK(usage->output == 5);
  CHECK_FALSE(format.usage(answer(json{{"error", "busy"}}, 503)));
}

TEST_CASE("OpenAI: a stream adds up to the whole answer", "[model][openai]") {
  auto last = json{{"choices", json::array()}, {"model", "m-1-2026"}};
  last["usage"] = whole({})["usage"];
  const auto x = stream(
    format, events({chunk({{"role", "assistant"}, {"content", ""}}),
                    chunk({{"content", "It "}}), chunk({{"content", "rains."}}),
                    chunk(json::object(), "stop"), last, "[DONE]"}));
  CHECK(x.over);
  CHECK(x.text() == "It rains.");
  const auto whole_reply
    = reply_in(read(format, whole({{"content", "It rains."}})));
  CHECK(json(reply_in(x.result)) == json(whole_reply));
}

TEST_CASE("OpenAI: calls in a stream are put together by their index",
          "[model][openai]") {
  const auto piece = [](int index, json function, const std::string& id = {}) {
    auto to = json{{"index", index}};
    to["function"] = std::move(function);
    if (!id.empty())
      to["id"] = id;
    return to;
  };
  const auto x = stream(
    format,
    events({call_chunk(
              piece(0, {{"name", "weather_lookup_2"}, {"arguments", ""}}, "a")),
            call_chunk(piece(0, {{"arguments", "{\"pla"}})),
            call_chunk(
              piece(1, {{"name", "orders_lookup"}, {"arguments", "{"}}, "b")),
            call_chunk(piece(0, {{"arguments", "ce\": \"Bonn\"}"}})),
            call_chunk(piece(1, {{"arguments", "}"}})),
            chunk(json::object(), "tool_calls"), "[DONE]"}),
    ask_with_tools());
  CHECK(x.tools()
        == std::vector<std::string>{"weather.lookup", "orders.lookup"});
  const auto whole_reply = reply_in(
    read(format,
         with_calls({call("a", "weather_lookup_2", R"({"place": "Bonn"})"),
                     call("b", "orders_lookup", "{}")}),
         ask_with_tools()));
  CHECK(json(reply_in(x.result))["tool_calls"]
        == json(whole_reply)["tool_calls"]);
  CHECK(reply_in(x.result).finish == chat_finish::tool_calls);
}

TEST_CASE("OpenAI: calls are told apart where servers number them badly",
          "[model][openai]") {
  const auto pieces = GENERATE(as<std::string>{},
                               // every call has index 0
                               R"([{"index": 0, "id": "a", "function":
         {"name": "t", "arguments": "{\"n\": 1}"}},
        {"index": 0, "id": "b", "function":
         {"name": "t", "arguments": "{\"n\": 2}"}}])",
                               // no index
                               R"([{"id": "a", "function":
         {"name": "t", "arguments": "{\"n\":"}},
        {"function": {"arguments": " 1}"}},
        {"id": "b", "function": {"name": "t", "arguments": "{\"n\": 2}"}}])",
                               // neither index nor id
                               R"([{"function":
         {"name": "t", "arguments": "{\"n\": 1}"}},
        {"function": {"name": "t", "arguments": "{\"n\": 2}"}}])",
                               // the id again and again
                               R"([{"index": 0, "id": "a", "function":
         {"name": "t", "arguments": "{\"n\": "}},
        {"index": 0, "id": "a", "function": {"arguments": "1}"}},
        {"index": 1, "id": "b", "function":
         {"name": "t", "arguments": "{\"n\": 2}"}}])");
  auto chunks = std::vector<json>{};
  for (const auto& piece : json::parse(pieces))
    chunks.push_back(call_chunk(piece));
  chunks.emplace_back("[DONE]");
  const auto reply = reply_in(stream(format, events(chunks)).result);
  REQUIRE(reply.tool_calls.size() == 2);
  CHECK(reply.tool_calls[0].arguments == args("n", 1));
  CHECK(reply.tool_calls[1].arguments == args("n", 2));
}

TEST_CASE("OpenAI: a stream that breaks off is no answer", "[model][openai]") {
  const auto begun = stream(format, events({chunk({{"content", "It "}})}));
  CHECK(begun.begun);
  CHECK_FALSE(begun.over);
  CHECK(failure_in(begun.result).kind == failure_kind::truncated);
  CHECK(failure_in(begun.result).code == "interrupted");
  CHECK(failure_in(begun.result).effect == side_effect::none);
  const auto call_cut = stream(
    format,
    events({call_chunk(json::parse(
      R"({"index": 0, "function": {"name": "t", "arguments": "{}"}})"))}));
  CHECK(failure_in(call_cut.result).code == "interrupted");
  const auto silent = stream(format, events({chunk({{"role", "assistant"}})}));
  CHECK_FALSE(silent.begun);
  CHECK(failure_in(silent.result).kind == failure_kind::network);
}

TEST_CASE("OpenAI: after its reason to stop, a stream may just end",
          "[model][openai]") {
  const auto x
    = stream(format, events({chunk({{"content", "It rains."}}, "stop")}));
  CHECK_FALSE(x.over);
  CHECK(reply_in(x.result).text == "It rains.");
  CHECK_FALSE(reply_in(x.result).usage);
}

TEST_CASE("OpenAI: an error inside of a stream ends it", "[model][openai]") {
  const auto x = stream(
    format, events({chunk({{"content", "It "}}), json::parse(R"({"error":
      {"message": "busy", "type": "service_unavailable_error",
       "code": "server_is_overloaded"}})"),
                    chunk({{"content", "rains."}}, "stop")}));
  CHECK(x.over);
  CHECK(x.text() == "It ");
  CHECK(failure_in(x.result).kind == failure_kind::overloaded);
  CHECK(failure_in(x.result).message == "busy");
}

TEST_CASE("OpenAI: events that nobody knows change nothing",
          "[model][openai]") {
  const auto x = stream(
    format, ": keep-alive\n\nevent: metadata\ndata: {\"took_ms\": 3}\n\n"
              + events({chunk({{"reasoning_content", "Hm."}}),
                        json::parse(R"({"choices": [{"index": 1,
                          "delta": {"content": "another"}}]})"),
                        json::parse(R"({"error": null})"),
                        chunk({{"content", "It rains."}}, "stop"), "[DONE]",
                        chunk({{"content", "more"}})}));
  CHECK(reply_in(x.result).text == "It rains.");
  CHECK(x.text() == "It rains.");
}
