// A server of the Model Context Protocol over stdio that misbehaves when told
// to, by its words or by the tools that are called.
//
//   --modern        speaks 2026-07-28 only
//   --banner        greets on its standard output, which is no message
//   --pages         gives out its tools one at a time
//   --stubborn      heeds neither the end of its input nor SIGTERM
//   --silent        never answers
//   --described X   what the tool `echo` says that it is for
//   --log FILE      appends a line for each effect, and its pid at the start
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using json = nlohmann::json;

struct settings {
  bool modern = false;
  bool pages = false;
  bool silent = false;
  bool stubborn = false;
  std::string described = "Says it again.";
  std::string log;
};

settings mine;
std::vector<json> unanswered; // ids of calls that wait to be cancelled
bool grown = false;

void say(const json& x) {
  std::cout << x.dump() << '\n' << std::flush;
}

void answer(const json& id, json result) {
  if (mine.modern)
    result["resultType"] = "complete";
  say({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

void refuse(const json& id, int code, const std::string& why,
            json data = nullptr) {
  auto wrong = json{{"code", code}, {"message", why}};
  if (!data.is_null())
    wrong["data"] = std::move(data);
  say({{"jsonrpc", "2.0"}, {"id", id}, {"error", wrong}});
}

void notify(const std::string& method, json params = json::object()) {
  say({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

void write_down(const std::string& line) {
  if (!mine.log.empty())
    std::ofstream{mine.log, std::ios::app} << line << '\n';
}

json text(const std::string& x) {
  return {{"content", {{{"type", "text"}, {"text", x}}}}};
}

json object_of(const json& properties) {
  return {{"type", "object"}, {"properties", properties}};
}

json all_tools() {
  const auto sum = object_of({{"sum", {{"type", "integer"}}}});
  auto tools = json::array();
  const auto add = [&](const std::string& name, const std::string& about,
                       const json& input, json more = json::object()) {
    more["name"] = name;
    more["description"] = about;
    more["inputSchema"] = input;
    tools.push_back(std::move(more));
  };
  add("echo", grown ? "Says something else." : mine.described,
      object_of({{"text", {{"type", "string"}}}}),
      {{"annotations", {{"readOnlyHint", true}}}});
  add("add", "Adds two numbers.",
      object_of({{"a", {{"type", "integer"}}}, {"b", {{"type", "integer"}}}}),
      {{"outputSchema", sum}, {"annotations", {{"readOnlyHint", true}}}});
  add("pair", "Takes a pair.",
      object_of(
        {{"both",
          {{"type", "array"}, {"prefixItems", {{{"type", "string"}}}}}}}));
  for (const auto* name :
       {"act", "fail", "wrong", "hang", "crash", "huge", "garbage", "late",
        "grow", "ask", "progress", "unstructured"})
    add(name, "Misbehaves.", object_of(json::object()),
        name == std::string{"unstructured"} ? json{{"outputSchema", sum}}
                                            : json::object());
  if (grown)
    add("more", "Was not there.", object_of(json::object()));
  return tools;
}

void list(const json& id, const json& params) {
  const auto tools = all_tools();
  if (!mine.pages)
    return answer(id, {{"tools", tools}});
  const auto at = std::stoul(params.value("cursor", std::string{"0"}));
  auto page = json{{"tools", {tools.at(at)}}};
  if (at + 1 < tools.size())
    page["nextCursor"] = std::to_string(at + 1);
  answer(id, page);
}

void call(const json& id, const json& params) {
  const auto name = params.at("name").get<std::string>();
  const auto given = params.value("arguments", json::object());
  if (name == "echo")
    return answer(id, text(given.value("text", std::string{})));
  if (name == "add") {
    const auto sum = given.at("a").get<int>() + given.at("b").get<int>();
    auto result = text(std::to_string(sum));
    result["structuredContent"] = {{"sum", sum}};
    return answer(id, result);
  }
  if (name == "fail") {
    auto result = text("the shelf is empty");
    result["isError"] = true;
    return answer(id, result);
  }
  if (name == "wrong") {
    auto result = text("MCP error -32602: Invalid arguments");
    result["isError"] = true;
    return answer(id, result);
  }
  if (name == "act") {
    write_down("act");
    return; // and never answers
  }
  if (name == "crash")
    std::_Exit(3);
  if (name == "huge")
    return answer(id, text(std::string(std::size_t{1} << 20U, 'x')));
  if (name == "garbage")
    std::cout << "{\"jsonrpc\": \"2.0\", oops\n" << std::flush;
  if (name == "ask")
    say({{"jsonrpc", "2.0"},
         {"id", "mine"},
         {"method", "elicitation/create"},
         {"params", json::object()}});
  if (name == "progress")
    for (auto i = 1; i <= 3; ++i)
      notify("notifications/progress",
             {{"progressToken", params.at("_meta").at("progressToken")},
              {"progress", i}});
  if (name == "grow") {
    grown = true;
    notify("notifications/tools/list_changed");
    notify("notifications/tools/list_changed");
  }
  if (name == "hang")
    return;
  if (name == "late")
    return unanswered.push_back(id);
  answer(id, text("done"));
}

void cancelled(const json& params) {
  for (const auto& id : unanswered)
    if (id == params.at("requestId"))
      answer(id, text("too late"));
}

void greet(const json& id, const json& params) {
  answer(id, {{"protocolVersion", params.at("protocolVersion")},
              {"capabilities", {{"tools", {{"listChanged", true}}}}},
              {"serverInfo", {{"name", "scripted"}, {"version", "1"}}}});
}

void discovered(const json& id) {
  answer(id, {{"supportedVersions", {"2026-07-28"}},
              {"capabilities", {{"tools", {{"listChanged", true}}}}}});
}

void take(const json& x) {
  if (mine.silent)
    return;
  const auto method = x.value("method", std::string{});
  const auto params = x.value("params", json::object());
  const auto id = x.value("id", json{});
  if (method == "notifications/cancelled")
    return cancelled(params);
  if (method.empty() || id.is_null())
    return;
  if (method == "tools/list")
    return list(id, params);
  if (method == "tools/call")
    return call(id, params);
  if (method == "server/discover" && mine.modern)
    return discovered(id);
  if (method == "initialize" && !mine.modern)
    return greet(id, params);
  if (method == "initialize")
    return refuse(id, -32022, "too old", {{"supported", {"2026-07-28"}}});
  refuse(id, -32601, "Method not found");
}

} // namespace

int main(int argc, char** argv) {
  const auto words = std::vector<std::string>{argv + 1, argv + argc};
  for (auto i = std::size_t{0}; i < words.size(); ++i) {
    const auto& x = words[i];
    mine.modern = mine.modern || x == "--modern";
    mine.pages = mine.pages || x == "--pages";
    mine.silent = mine.silent || x == "--silent";
    mine.stubborn = mine.stubborn || x == "--stubborn";
    if (x == "--banner")
      std::cout << "Scripted server, at your service\n" << std::flush;
    if (x == "--described")
      mine.described = words.at(++i);
    if (x == "--log")
      mine.log = words.at(++i);
  }
  if (mine.stubborn)
    std::signal(SIGTERM, SIG_IGN);
  write_down("pid " + std::to_string(::getpid()));
  std::cerr << "it runs" << std::endl;
  for (auto line = std::string{}; std::getline(std::cin, line);)
    take(json::parse(line));
  while (mine.stubborn)
    ::pause();
  return 0;
}
