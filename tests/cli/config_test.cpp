// Configurations on the command line, and the projects that init writes.

#include "support/catch.hpp"
#include "support/shell.hpp"

#include <stanchion/cli/new_project.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

using namespace stanchion;
using namespace stanchion::test;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

struct fixture : shell {
  fixture() : shell([](runtime&) {}) {
    // nop
  }

  std::string write(const std::string& name, const std::string& text) const {
    const auto file = dir.path() / name;
    std::ofstream{file} << text;
    return file.string();
  }
  [[nodiscard]] static std::string text_of(const fs::path& file) {
    auto from = std::ifstream{file};
    return {std::istreambuf_iterator<char>{from}, {}};
  }
};

constexpr auto wrong = R"({
  "models": {"m": {"provider": "scripted"}},
  "agents": {"a": {"modle": "m"}}
})";

} // namespace

TEST_CASE_METHOD(fixture, "check says all that is wrong, and exits with 2",
                 "[cli][config]") {
  const auto file = write("c.json", wrong);
  CHECK(run_alone({"config", "check", file}) == exit_code::usage);
  CHECK_THAT(out, ContainsSubstring("line 3, column 20: /agents/a/modle: "
                                    "unknown key; did you mean \"model\"?"));
  CHECK_THAT(out, ContainsSubstring("/agents/a: has no \"model\""));
  CHECK(run_alone({"config", "check", file, "-o", "json"}) == exit_code::usage);
  CHECK(json::parse(out).at("problems").size() == 2);
}

TEST_CASE_METHOD(fixture, "a project of init is right, and runs",
                 "[cli][config]") {
  const auto folder = dir.path() / "project";
  REQUIRE(run_alone({"init", folder.string()}) == exit_code::ok);
  const auto file = (folder / "stanchion.json").string();
  CHECK(run_alone({"config", "check", file}) == exit_code::ok);
  CHECK(run({"run", "start", "support", "--config", file, "--input",
             "\"Where is my order 7?\""})
        == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("Your order 7 is on its way."));
  CHECK(run({"run", "start", "suport", "--config", file})
        == exit_code::not_found);
}

TEST_CASE_METHOD(fixture, "init overwrites nothing, and then writes nothing",
                 "[cli][config]") {
  const auto folder = dir.path() / "project";
  fs::create_directory(folder);
  std::ofstream{folder / "README.md"} << "mine";
  CHECK(run_alone({"init", folder.string()}) == exit_code::usage);
  CHECK_THAT(err, ContainsSubstring("README.md is there already"));
  CHECK(text_of(folder / "README.md") == "mine");
  CHECK(!fs::exists(folder / "stanchion.json"));
  CHECK(run_alone({"init", folder.string(), "--cpp"}) == exit_code::usage);
  CHECK(!fs::exists(folder / "main.cpp"));
}

TEST_CASE_METHOD(fixture, "show says what holds and which line says so",
                 "[cli][config]") {
  const auto file = write("c.json", R"({
  "models": {"m": {"provider": "scripted",
                   "timeout": "5s"}}
})");
  REQUIRE(run_alone({"config", "show", file, "--origin", "-o", "json"})
          == exit_code::ok);
  auto from = std::map<std::string, std::string>{};
  const auto shown = json::parse(out);
  for (const auto& x : shown.at("values"))
    from[x.at("at")] = x.at("value").dump() + " " + x.at("from").dump();
  CHECK(from["/models/m/timeout"] == "\"5s\" \"line 3\"");
  CHECK(from["/models/m/breaker/probes"] == "2 \"default\"");
  REQUIRE(run_alone({"config", "show", file, "--origin"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("/models/m/timeout"));
}

TEST_CASE_METHOD(fixture, "the schema is printed as JSON", "[cli][config]") {
  REQUIRE(run_alone({"config", "schema"}) == exit_code::ok);
  CHECK(json::parse(out).at("properties").contains("agents"));
}

TEST_CASE_METHOD(fixture,
                 "what is wrong with --config is told before anything "
                 "runs",
                 "[cli][config]") {
  CHECK(run({"run", "start", "a", "--config", write("c.json", wrong)})
        == exit_code::failed);
  CHECK_THAT(err, ContainsSubstring("did you mean \"model\"?"));
  CHECK(run({"run", "start", "a", "--config", "/nowhere.json"})
        == exit_code::usage);
}

TEST_CASE_METHOD(fixture, "policies of a configuration are in the table",
                 "[cli][config]") {
  const auto file = write("c.json", R"({"failures": {
    "decide": {"timeout": {"alert": "always"}}}})");
  REQUIRE(run({"policy", "table", "--config", file, "-o", "json"})
          == exit_code::ok);
  const auto table = json::parse(out);
  for (const auto& row : table.at("rows"))
    if (row.at("kind") == "timeout")
      CHECK(row.at("from") == "runtime");
}
