#include "support/catch.hpp"
#include "support/paths.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/configuration/configuration.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

using namespace stanchion;
using namespace stanchion::test;

namespace {

namespace fs = std::filesystem;

/// No file is there but one.
configuring::file_source some_files() {
  return {"/etc/shop", [](const fs::path& file) -> std::string {
            if (file == "/etc/shop/texts.md")
              return "You find things out.";
            throw error{error_code::usage,
                        "the file " + file.string() + " cannot be read"};
          }};
}

configuration_reading read(std::string_view text) {
  return read_configuration(text, some_files());
}

std::string problems_of(std::string_view text) {
  const auto x = read(text);
  if (x.problems.empty()) {
    const auto with = runtime{config{.in_memory = true}};
    return to_string(x.made->problems(with), "c");
  }
  return to_string(x.problems, "c");
}

std::string every_key() {
  auto file = std::ifstream{source_dir()
                            / "tests/runtime/configuration/every_key.json"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

json plain(std::string_view text) {
  return json::parse(text, nullptr, true, true);
}

/// The members that a schema knows: pointers with * for names of the author's.
void collect(const json& schema, const std::string& at,
             std::set<std::string>& to) {
  for (const auto& one : schema.value("oneOf", json::array()))
    collect(one, at, to);
  if (schema.contains("properties"))
    for (const auto& [name, inner] : schema["properties"].items()) {
      to.insert(at + "/" + name);
      collect(inner, at + "/" + name, to);
    }
  for (const auto* open : {"additionalProperties", "items"})
    if (schema.contains(open) && schema[open].is_object())
      collect(schema[open], at + "/*", to);
}

/// Those that a document has.
void collect_used(const json& doc, const std::string& at,
                  const std::set<std::string>& known,
                  std::set<std::string>& to) {
  if (doc.is_array())
    for (const auto& inner : doc)
      collect_used(inner, at + "/*", known, to);
  if (!doc.is_object())
    return;
  for (const auto& [name, inner] : doc.items()) {
    const auto named = at + "/" + name;
    const auto& where = known.contains(named) ? named : at + "/*";
    to.insert(where);
    collect_used(inner, where, known, to);
  }
}

/// Models have the policies of tools: one of them says it for both.
std::string as_tool(const std::string& pointer) {
  constexpr auto models = std::string_view{"/models/"};
  return pointer.starts_with(models) ? "/tools/" + pointer.substr(models.size())
                                     : pointer;
}

constexpr auto shop = R"({
  "models": {"m": {"provider": "scripted", "script": [{"say": "hello"}]}},
  "agents": {"a": {"model": "m"}}
})";

} // namespace

TEST_CASE("the configuration that has every key is taken", "[configuration]") {
  const auto x = read(every_key());
  CHECK(to_string(x.problems, "c") == "c:");
  REQUIRE(x.made);
  ::setenv("STANCHION_EXAMPLE_KEY", "k-1234567", 1);
  auto rt = runtime{config{.in_memory = true}};
  CHECK(to_string(x.made->problems(rt), "c") == "c:");
  x.made->apply(rt);
  ::unsetenv("STANCHION_EXAMPLE_KEY");
  CHECK(rt.has_agent("support"));
  CHECK(rt.agents().size() == 2);
  CHECK(rt.tools().size() == 5);
  auto settings = config{};
  x.made->settle(settings);
  CHECK(settings.notifications.channels.size() == 3);
  CHECK(settings.telemetry.log.file == "/etc/shop/log.jsonl");
}

TEST_CASE("the schema takes what the reader takes", "[configuration]") {
  const auto check = schema{configuration_schema()};
  CHECK(check.check(plain(every_key())) == std::nullopt);
  CHECK(check.check(plain(shop)) == std::nullopt);
}

TEST_CASE("the schema has every key of the sample, and no other",
          "[configuration]") {
  auto known = std::set<std::string>{};
  collect(configuration_schema(), {}, known);
  auto found = std::set<std::string>{};
  collect_used(plain(every_key()), {}, known, found);
  auto used = std::set<std::string>{};
  for (const auto& x : found)
    used.insert(as_tool(x));
  CHECK(known.size() > 150);
  for (const auto& x : known) {
    INFO(x << " is in the schema and not in every_key.json");
    CHECK(used.contains(as_tool(x)));
  }
}

TEST_CASE("the documentation has every key", "[configuration]") {
  auto file = std::ifstream{source_dir() / "docs/configuration.md"};
  const auto text = std::string{std::istreambuf_iterator<char>{file}, {}};
  auto known = std::set<std::string>{};
  collect(configuration_schema(), {}, known);
  for (const auto& x : known)
    if (const auto name = x.substr(x.rfind('/') + 1); name != "*") {
      INFO(x);
      CHECK(text.find("`" + name + "`") != std::string::npos);
    }
}

TEST_CASE("what is wrong is told with its place and what would fit",
          "[configuration]") {
  const auto [text, says] = GENERATE(table<std::string, std::string>({
    {"{\n  \"agents\": {\"a\": {\"modle\": \"m\", \"model\": \"m\"}}}",
     "line 2, column 20: /agents/a/modle: unknown key; did you mean "
     "\"model\"?"},
    {"[1]", "line 1, column 1: must be an object"},
    {R"({"zebra": 1})", "/zebra: unknown key; there are: $schema, models"},
    {R"({"agents": {"a": {}}})", "/agents/a: has no \"model\""},
    {R"({"agents": {"a": 7}})", "/agents/a: must be an object; it is 7"},
    {R"({"models": {"m": {"provider": "opanai"}}})",
     "/models/m/provider: must be one of \"openai\", \"anthropic\", "
     "\"scripted\"; did you mean \"openai\"?"},
    {R"({"tools": {"t": {"kind": "scripted", "effect": "read_only",
         "input": true, "timeout": 30}}})",
     "/tools/t/timeout: must be a span such as \"30s\", \"10min\" or \"2h\"; "
     "it is 30"},
    {R"({"tools": {"t": {"kind": "scripted", "effect": "read_only",
         "input": {"type": "objct"}}}})",
     "/tools/t/input: "},
    {R"({"tools": {"t": {"kind": "scripted", "effect": "read_only",
         "input": {"file": "none.json"}}}})",
     "/tools/t/input: the file /etc/shop/none.json cannot be read"},
    {R"({"tools": {"t": {"kind": "scripted", "effect": "read_only",
         "input": true, "fallbacks": [{"cached": "1h", "static": 1}]}}})",
     "/tools/t/fallbacks/0/static: stands beside cached"},
    {R"({"models": {"m": {"provider": "openai", "url": "https://x/v1",
         "model": "m", "key": "sk-canary-4711"}}})",
     "/models/m/key: must be {\"env\": NAME}"},
    {R"({"models": {"m": {"provider": "scripted", "script": [{"say": 1}]}},
         "agents": {"a": {"model": "n"}}})",
     "/agents/a/model: there is no model \"n\"; did you mean \"m\"?"},
    {R"({"models": {"m": {"provider": "scripted"}},
         "tools": {"m": {"kind": "scripted", "effect": "once", "input": 1}}})",
     "/tools/m/input: must be a JSON Schema"},
    {R"({"models": {"m": {"provider": "scripted"}},
         "agents": {"m": {"model": "m"}}})",
     "/agents/m: another model, tool, agent or supervisor"},
    {R"({"models": {"m": {"provider": "openai", "url": "http://far.example/v1",
         "model": "m"}}})",
     "/models/m: model m: url: "},
    {R"({"tools": {"t": {"kind": "scripted", "effect": "once", "input": true,
         "fallbacks": [{"cached": "1h"}]}}})",
     "/tools/t: tool t:"},
    {R"({"supervisors": {"s": {"strategy": "one_for_one",
         "children": ["s"]}}})",
     "/supervisors/s: is among its own children"},
    {R"({"supervisors": {"s": {"strategy": "one_for_one",
         "children": ["t"]}}})",
     "/supervisors/s/children: there is no model, tool, agent or supervisor "
     "\"t\" in this file"},
    {R"({"failures": {"decide": {"timeuot": {}}}})",
     "/failures/decide/timeuot: no kind of failure has that name"},
    {R"({"notifications": {"channels": {"A B": {"command": ["x"]}}}})",
     "/notifications: notifications.channels.A B.name"},
  }));
  const auto found = problems_of(text);
  CHECK_THAT(found, ContainsSubstring(says));
  CHECK(found.find("sk-canary") == std::string::npos);
}

TEST_CASE("all problems are told together, in the order of the text",
          "[configuration]") {
  const auto x = read(R"({
  "agents": {"a": {"version": 1}},
  "modles": {},
  "models": {"m": {"provider": "scripted", "script": [{}]}}
})");
  REQUIRE(x.problems.size() == 4);
  CHECK(x.problems[0].pointer == "/agents/a");
  CHECK(x.problems[1].pointer == "/agents/a/version");
  CHECK(x.problems[2].pointer == "/modles");
  CHECK(x.problems[3].pointer == "/models/m/script/0");
}

TEST_CASE("nothing is added where something is wrong", "[configuration]") {
  const auto x = read(R"({
    "models": {"m": {"provider": "scripted", "script": [{"say": "hello"}]}},
    "agents": {"a": {"model": "m"}, "b": {"model": "m", "tools": ["none"]}}
  })");
  REQUIRE(x.made);
  auto rt = runtime{config{.in_memory = true}};
  CHECK_THROWS_WITH(x.made->apply(rt),
                    ContainsSubstring("/agents/b/tools: there is no tool"));
  CHECK(rt.agents().empty());
  CHECK(rt.tools().empty());
}

TEST_CASE("a configuration may use what the program has, and not take its "
          "names",
          "[configuration]") {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(tool{"own", effect::read_only,
              [](const value&, tool_context&) -> json { return 1; }}
           .input(any())
           .output(any()));
  const auto uses = read(R"({
    "models": {"m": {"provider": "scripted"}},
    "agents": {"a": {"model": "m", "tools": ["own"]}}})");
  CHECK(uses.made->problems(rt).empty());
  const auto takes = read(R"({"models": {"own": {"provider": "scripted"}}})");
  CHECK_THAT(to_string(takes.made->problems(rt), "c"),
             ContainsSubstring("/models/own: the program itself has one"));
}

TEST_CASE("each value says where it is from", "[configuration]") {
  const auto x = read(shop);
  REQUIRE(x.made);
  const auto find = [&x](std::string_view pointer) {
    for (const auto& v : x.made->values())
      if (v.pointer == pointer)
        return v;
    return configuring::effective_value{};
  };
  CHECK(find("/agents/a/model").at == text_place{3, 29});
  CHECK(find("/agents/a/model").content == json("m"));
  CHECK(!find("/agents/a/version").at);
  CHECK(find("/agents/a/version").content == json("1"));
  CHECK(find("/models/m/retry/max_attempts").content == json(3));
}

TEST_CASE("any bytes are a configuration or problems, never a crash",
          "[configuration]") {
  const auto whole = every_key();
  auto random = std::mt19937{11}; // NOLINT(cert-msc51-cpp)
  auto made = 0;
  auto refused = 0;
  for (auto i = 0; i < 400; ++i) {
    auto text = whole;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      const auto at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, random() % 40);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
      }
    }
    const auto x = read(text);
    CHECK(x.made.has_value() == x.problems.empty());
    ++(x.made ? made : refused);
  }
  CHECK(made > 0);
  CHECK(refused > 100);
}

TEST_CASE("a configured agent runs, and its team is in the tree",
          "[configuration]") {
  const auto x = read(R"({
    "models": {"m": {"provider": "scripted", "script": [
      {"when": "42", "say": "It is 42."},
      {"matches": "^how .*", "call": [{"tool": "t", "arguments": {"q": 1}}]},
      {"when": "child", "call": [{"tool": "b", "arguments": {"task": "x"}}]},
      {"when": "b says", "say": "I asked b."}]},
      "n": {"provider": "scripted", "script": [{"say": "b says so"}]}},
    "tools": {"t": {"kind": "scripted", "effect": "read_only", "input": true,
      "answers": [{"when": "\"q\":1", "give": 42},
                  {"fail": {"kind": "invalid_input"}}]}},
    "agents": {
      "a": {"model": "m", "tools": ["t"],
            "agents": {"b": {"description": "b"}}, "on_unhandled": "fail"},
      "b": {"model": "n"}},
    "supervisors": {"team": {"strategy": "one_for_all",
                             "children": ["t", "a"]}}
  })");
  CHECK(to_string(x.problems, "c") == "c:");
  REQUIRE(x.made);
  auto rt = runtime{config{.in_memory = true}};
  x.made->apply(rt);
  rt.start();
  const auto result = [&rt](const char* input) {
    const auto row = rt.submit({.agent = "a", .input = value{input}});
    rt.wait(row.id, 30s);
    return rt.result(row.id);
  };
  CHECK(result("how much?").get() == json("It is 42."));
  CHECK(result("ask your child").get() == json("I asked b."));
  CHECK(result("anything else").why().kind == failure_kind::not_found);
  const auto tree = rt.tree();
  const auto has = [](const tree_node& of, const char* name) {
    for (const auto& child : of.children)
      if (child.name == name)
        return true;
    return false;
  };
  CHECK(
    has(*std::ranges::find(tree.children, "teams", &tree_node::name), "team"));
}
