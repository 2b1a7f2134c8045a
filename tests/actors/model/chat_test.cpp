#include "support/catch.hpp"

#include <stanchion/actors/model/chat.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>

#include <nlohmann/json.hpp>

#include <limits>

using namespace stanchion;

namespace {

json full_request() {
  return json::parse(R"({
    "messages": [
      {"role": "user", "text": "How is the weather?"},
      {"role": "assistant", "text": "Let me see.", "tool_calls": [
        {"id": "a", "name": "weather", "arguments": {"place": "Bonn"}},
        {"id": "b", "name": "weather", "malformed": "{\"place\": "}]},
      {"role": "tool", "tool_call_id": "b", "text": "no JSON",
       "is_error": true},
      {"role": "tool", "tool_call_id": "a", "text": "rain"}],
    "instructions": "Be brief.",
    "tools": [{"name": "weather", "description": "Looks it up.",
               "parameters": {"type": "object"}}, {"name": "time"}],
    "tool_choice": "required",
    "output": {"type": "object"},
    "max_tokens": 100, "temperature": 0.5, "stop": ["END"], "seed": -7})");
}

json full_reply() {
  return json::parse(R"({
    "text": "It rains.", "finish": "tool_calls",
    "tool_calls": [{"id": "a", "name": "weather", "arguments": {}}],
    "output": null, "usage": {"input": 10, "output": 2, "cached": 4},
    "model": "m-1", "request_id": "req-1"})");
}

/// What refuses it says; empty if it is taken.
template <class Read>
std::string complaint(Read read, const json& x) {
  try {
    (void)read(x);
    return {};
  } catch (const error& e) {
    CHECK(e.code() == error_code::usage);
    return std::string{detail_of(e)};
  }
}

json with(json x, const std::string& pointer, const json& content) {
  x[json::json_pointer{pointer}] = content;
  return x;
}

json talk(const std::string& messages) {
  return {{"messages", json::parse(messages)}};
}

} // namespace

TEST_CASE("requests and replies survive the way through JSON",
          "[model][chat]") {
  CHECK(json(chat_request_from_json(full_request())) == full_request());
  CHECK(json(chat_reply_from_json(full_reply())) == full_reply());
  const auto least = talk(R"([{"role": "user", "text": "Hi"}])");
  CHECK(json(chat_request_from_json(least)) == least);
  const auto shortest = json{{"text", ""}, {"finish", "stop"}};
  CHECK(json(chat_reply_from_json(shortest)) == shortest);
}

TEST_CASE("numbers keep all that they say", "[model][chat]") {
  auto x = full_request();
  x["seed"] = std::numeric_limits<std::int64_t>::min();
  x["max_tokens"] = 7.0;
  const auto y = chat_request_from_json(x);
  CHECK(y.seed == std::numeric_limits<std::int64_t>::min());
  CHECK(y.max_tokens == 7);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(
    chat_reply_from_json(with(full_reply(), "/usage/input", most)).usage->input
    == most);
}

TEST_CASE("a request with what it may not have is refused with its pointer",
          "[model][chat]") {
  auto [pointer, content, says]
    = GENERATE(table<std::string, json, std::string>(
      {{"/top_p", 1, "is not known; allowed there are messages, instructions"},
       {"/messages/0/content", "x", "allowed there are role, text, tool_calls"},
       {"/messages/1/tool_calls/0/type", "function",
        "allowed there are id, name, arguments, malformed"},
       {"/tools/0/strict", true, "allowed there are name, description"},
       {"/messages", "Hi", "must be an array"},
       {"/messages/0", "Hi", "must be an object with role"},
       {"/messages/0/role", "system", "must be one of user, assistant, tool"},
       {"/messages/0/role", 1, "must be one of user, assistant, tool"},
       {"/messages/0/text", 1, "must be a text"},
       {"/messages/1/tool_calls/0/arguments", "{}", "must be an object"},
       {"/messages/1/tool_calls/0/id", "", "must not be empty"},
       {"/messages/2/is_error", 1, "must be true or false"},
       {"/tools/0/parameters", "any", "must be a JSON Schema"},
       {"/tool_choice", "auto", "must be one of automatic, none, required"},
       {"/output", 1, "must be a JSON Schema"},
       {"/max_tokens", 0, "from 1 to 4294967295"},
       {"/max_tokens", 4294967296, "from 1 to 4294967295"},
       {"/max_tokens", 1.5, "must be an integer"},
       {"/max_tokens", "9", "must be an integer"},
       {"/temperature", 2.1, "must be a number from 0 to 2"},
       {"/stop/0", "", "must not be empty"},
       {"/seed", 18446744073709551615U, "must be an integer"}}));
  const auto x = with(full_request(), pointer, content);
  const auto said = complaint(chat_request_from_json, x);
  CHECK_THAT(said, StartsWith(pointer + " "));
  CHECK_THAT(said, ContainsSubstring(says));
  // A schema knows integers of any size.
  if (pointer != "/seed")
    CHECK(schema{chat_request_schema()}.check(x));
}

TEST_CASE("a member in the wrong place, or left out, is refused",
          "[model][chat]") {
  auto [messages, says] = GENERATE(table<std::string, std::string>(
    {{R"([{"text": "Hi"}])", "/messages/0 lacks the member \"role\""},
     {R"([{"role": "tool", "text": "rain"}])",
      "/messages/0 lacks the member \"tool_call_id\""},
     {R"([{"role": "user", "text": "Hi", "tool_calls": []}])",
      "/messages/0/tool_calls belongs to messages of role assistant"},
     {R"([{"role": "user", "text": "Hi", "tool_call_id": "a"}])",
      "/messages/0/tool_call_id belongs to messages of role tool"},
     {R"([{"role": "assistant", "tool_calls": [{"id": "a", "name": "t"}]}])",
      "/messages/0/tool_calls/0 needs one of"},
     {R"([{"role": "assistant", "tool_calls": [{"id": "a", "name": "t",
          "arguments": {}, "malformed": "{"}]}])",
      "/messages/0/tool_calls/0 needs one of"}}));
  CHECK_THAT(complaint(chat_request_from_json, talk(messages)),
             StartsWith(says));
}

TEST_CASE("a conversation that providers refuse is refused before",
          "[model][chat]") {
  auto [messages, says] = GENERATE(table<std::string, std::string>({
    {"[]", "/messages must not be empty"},
    {R"([{"role": "user"}])", "/messages/0 says nothing"},
    {R"([{"role": "assistant"}])", "/messages/0 says nothing"},
    {R"([{"role": "user", "text": "Hi"}, {"role": "assistant", "tool_calls": [
         {"id": "a", "name": "t", "arguments": {}}]}])",
     "/messages has calls without results: a;"},
    {R"([{"role": "assistant", "tool_calls": [
         {"id": "a", "name": "t", "arguments": {}}]},
         {"role": "user", "text": "Well?"},
         {"role": "tool", "tool_call_id": "a"}])",
     "/messages has calls without results: a;"},
    {R"([{"role": "user", "text": "Hi"},
         {"role": "tool", "tool_call_id": "z"}])",
     "/messages/1 is the result of \"z\""},
    {R"([{"role": "assistant", "tool_calls": [
         {"id": "a", "name": "t", "arguments": {}},
         {"id": "a", "name": "t", "arguments": {}}]},
         {"role": "tool", "tool_call_id": "a"},
         {"role": "tool", "tool_call_id": "a"}])",
     "/messages/0 has two calls with the id \"a\""},
  }));
  CHECK_THAT(complaint(chat_request_from_json, talk(messages)),
             StartsWith(says));
}

TEST_CASE("tools of one name, or none where one is required, are refused",
          "[model][chat]") {
  auto x = full_request();
  x["tools"][1]["name"] = "weather";
  CHECK_THAT(complaint(chat_request_from_json, x),
             StartsWith("/tools has two tools named \"weather\""));
  x.erase("tools");
  CHECK_THAT(complaint(chat_request_from_json, x),
             StartsWith("/tool_choice is required"));
}

TEST_CASE("calls without results are found, whatever else was said",
          "[model][chat]") {
  const auto call = [](const std::string& id) {
    return chat_tool_call{.id = id, .name = "t", .arguments = args()};
  };
  auto x = std::vector<chat_message>{
    {.text = "Hi"},
    {.role = chat_role::assistant, .tool_calls = {call("a"), call("b")}},
    {.role = chat_role::tool, .tool_call_id = "b"},
    {.role = chat_role::assistant, .tool_calls = {call("a"), call("c")}},
    {.role = chat_role::tool, .tool_call_id = "a"},
  };
  CHECK(open_tool_calls(x) == std::vector<std::string>{"a", "c"});
  x.insert(x.begin() + 3, {.role = chat_role::tool, .tool_call_id = "a"});
  x.push_back({.role = chat_role::tool, .tool_call_id = "c"});
  CHECK(open_tool_calls(x).empty());
}

TEST_CASE("a reply with what it may not have is refused with its pointer",
          "[model][chat]") {
  auto [pointer, content]
    = GENERATE(table<std::string, json>({{"/choices", 1},
                                         {"/finish", "length"},
                                         {"/text", nullptr},
                                         {"/tool_calls/0/arguments", "{}"},
                                         {"/usage/total", 12},
                                         {"/usage/output", -1},
                                         {"/model", 1}}));
  const auto x = with(full_reply(), pointer, content);
  CHECK_THAT(complaint(chat_reply_from_json, x), StartsWith(pointer + " "));
  CHECK(schema{chat_reply_schema()}.check(x));
}

TEST_CASE("the schemas take what is read", "[model][chat]") {
  const auto request = schema{chat_request_schema()};
  CHECK(request.check(full_request()) == std::nullopt);
  CHECK(request.check(prompt("Hi").get()) == std::nullopt);
  CHECK(schema{chat_reply_schema()}.check(full_reply()) == std::nullopt);
}

TEST_CASE("a prompt is a request with one message", "[model][chat]") {
  CHECK(prompt("Hi").get() == talk(R"([{"role": "user", "text": "Hi"}])"));
  CHECK(chat_request_from_json(prompt("Hi").get()).messages.size() == 1);
}
