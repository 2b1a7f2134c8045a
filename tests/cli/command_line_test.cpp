#include "support/catch.hpp"
#include "support/parts.hpp"
#include "support/shell.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/command_line.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/core/http_failure.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> calls(agent_context& ctx, value) {
  auto x = co_await ctx.call("flaky");
  co_return x.get();
}

void setup(runtime& rt) {
  rt.add(agent{"returns", "1", returns});
  rt.add(agent{"asks", "1", asks});
  rt.add(agent{"calls", "1", calls});
  rt.add(tool{"flaky", effect::read_only,
              [](const value&, tool_context& call) {
                if (call.attempt == 1)
                  throw tool_error{http_failure(404, "gone")};
                return json{};
              }}
           .input(any())
           .output(any())
           .retry({.backoff = {.first = 0s, .cap = 0s}})
           .classify(failure_rules{}.status(404, failure_kind::network))
           .decide(failure_kind::auth, {.retry = retry_when::safe}));
}

struct fixture : shell {
  fixture() : shell(setup) {
    // nop
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "input comes from a file", "[cli]") {
  const auto file = (dir.path() / "input.json").string();
  std::ofstream{file} << R"({"n": 7})";
  CHECK(run({"run", "start", "returns", "--input", "@" + file})
        == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring(R"({"n":7})"));
}

TEST_CASE_METHOD(fixture, "a file that is no input is refused, and says why",
                 "[cli]") {
  const auto file = dir.path() / "input.json";
  auto says = std::string{};
  SECTION("it is missing") {
    says = "cannot be read";
  }
  SECTION("it is a directory") {
    std::filesystem::create_directory(file);
    says = "cannot be read";
  }
  SECTION("it is far too large, and not read to its end") {
    std::ofstream{file}.close();
    std::filesystem::resize_file(file, std::uintmax_t{1} << 30U);
    says = "E-INPUT-002";
  }
  SECTION("it is no UTF-8") {
    std::ofstream{file} << "\"\xff\xfe\"";
    says = "UTF-8";
  }
  CHECK(run({"run", "start", "returns", "--input", "@" + file.string()})
        == exit_code::usage);
  CHECK_THAT(err, ContainsSubstring(says));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "d"));
}

TEST_CASE_METHOD(fixture, "input that is no JSON is refused before anything",
                 "[cli]") {
  const auto [word, says] = GENERATE(table<std::string, std::string>({
    {"{a: 1}", "E-INPUT-001"},
    {"", "E-INPUT-001"},
    {"@/no/such/file", "/no/such/file"},
    {std::string(10'000, '['), "E-INPUT-001"},
  }));
  CHECK(run({"run", "start", "returns", "--input", word}) == exit_code::usage);
  CHECK_THAT(err, ContainsSubstring(says));
  CHECK(out.empty());
  CHECK_FALSE(exists(dir.path() / "d"));
}

TEST_CASE_METHOD(fixture, "a run is shown in every format", "[cli]") {
  REQUIRE(run({"run", "start", "returns", "--input", "7", "--key", "k1", "--by",
               "ann"})
          == exit_code::ok);
  const auto id = first({"run", "list"});
  CHECK(run({"run", "show", id.substr(0, 13)}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("run        " + id)
                    && ContainsSubstring("why        completed after")
                    && ContainsSubstring("submitter  ann")
                    && ContainsSubstring("key        k1")
                    && ContainsSubstring("result     7"));
  CHECK(run({"run", "show", id, "-o", "json"}) == exit_code::ok);
  CHECK(json::parse(out).at("result") == 7);
  CHECK(run({"run", "list", "-o", "jsonl"}) == exit_code::ok);
  CHECK(json::parse(out).at("state") == "completed");
  CHECK(run({"run", "list", "--state", "failed", "-o", "json"})
        == exit_code::ok);
  CHECK(json::parse(out).at("runs").empty());
  CHECK(run({"run", "watch", id}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("run  started  7")
                    && ContainsSubstring("run  completed  7"));
}

TEST_CASE_METHOD(fixture, "the same key starts one run", "[cli]") {
  const auto start = std::vector<std::string>{
    "run", "start", "returns", "--input", "1", "--key", "k"};
  CHECK(run(start) == exit_code::ok);
  CHECK(run(start) == exit_code::ok);
  auto other = start;
  other[4] = "2";
  CHECK(run(other) == exit_code::conflict);
  CHECK_THAT(err, ContainsSubstring("E-RUN-004"));
  run({"run", "list", "-o", "json"});
  CHECK(json::parse(out).at("runs").size() == 1);
}

TEST_CASE_METHOD(fixture, "a ticket is listed, shown and decided", "[cli]") {
  CHECK(run({"run", "start", "asks"}) == exit_code::waits_for_person);
  const auto id = first({"ticket", "list"});
  CHECK_THAT(err + out, ContainsSubstring(id));
  CHECK(run({"ticket", "show", id}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("which one?")
                    && ContainsSubstring("verbs      answer, abort"));
  const auto [words, code, says]
    = GENERATE(table<std::vector<std::string>, exit_code, std::string>({
      {{"answer"}, exit_code::usage, "E-TICKET-003"},
      {{"retry"}, exit_code::usage, "it takes answer, abort"},
      {{"answr", "--payload", "1"}, exit_code::usage, "did you mean answer?"},
      {{"answer", "--payload", "{"}, exit_code::usage, "E-INPUT-001"},
      {{"abort", "--payload", "1"}, exit_code::usage, "takes no payload"},
      {{"abort", "--version", "9"}, exit_code::conflict, "version 1"},
      {{"answer", "--payload", "[1]", "--by", "bob"}, exit_code::ok, ""},
    }));
  auto decide = std::vector<std::string>{"ticket", "decide", id};
  decide.insert(decide.end(), words.begin(), words.end());
  CHECK(run(decide) == code);
  CHECK_THAT(err, ContainsSubstring(says));
  CHECK(run({"ticket", "list", "--all", "-o", "json"}) == exit_code::ok);
  const auto t = json::parse(out).at("tickets").at(0);
  CHECK(t.at("state") == (code == exit_code::ok ? "decided" : "open"));
  if (code == exit_code::ok)
    CHECK(t.at("decided").at("by") == "bob");
}

TEST_CASE_METHOD(fixture, "what is not there is said so", "[cli]") {
  REQUIRE(run({"run", "start", "returns"}) == exit_code::ok);
  const auto id = std::string{"01234567-89ab-7def-8123-456789abcdef"};
  using strings = std::vector<std::string>;
  const auto [words, code, says]
    = GENERATE_COPY(table<strings, exit_code, std::string>({
      {{"run", "show", id}, exit_code::not_found, "E-RUN-002"},
      {{"run", "show", "01234567"}, exit_code::not_found, "E-RUN-002"},
      {{"run", "show", "0123"}, exit_code::usage, "8 characters"},
      {{"run", "cancel", id}, exit_code::not_found, "E-RUN-002"},
      {{"run", "resume", id, id}, exit_code::not_found, "E-RUN-002"},
      {{"run", "watch", id}, exit_code::not_found, "E-RUN-002"},
      {{"run", "start", "nobody"}, exit_code::not_found, "E-RUN-001"},
      {{"ticket", "show", "T-1"}, exit_code::not_found, "E-TICKET-001"},
      {{"ticket", "decide", "T-1", "abort"},
       exit_code::not_found,
       "E-TICKET-001"},
      {{"tree"}, exit_code::failed, "E-RUNTIME-002"},
      {{"journal", "dump", "--run", id}, exit_code::not_found, "E-RUN-002"},
    }));
  CHECK(run(words) == code);
  CHECK_THAT(err, ContainsSubstring(says));
  CHECK(out.empty());
}

TEST_CASE_METHOD(fixture, "reading makes no data directory", "[cli]") {
  using strings = std::vector<std::string>;
  const auto words
    = GENERATE(strings{"run", "list"}, strings{"ticket", "list"},
               strings{"journal", "verify"}, strings{"journal", "dump"},
               strings{"run", "cancel", "01234567"},
               strings{"ticket", "decide", "T", "abort"});
  CHECK(run(words) == exit_code::failed);
  CHECK_THAT(err, ContainsSubstring("nothing has run here yet"));
  CHECK_FALSE(exists(dir.path() / "d"));
}

TEST_CASE_METHOD(fixture, "the journal is checked and dumped", "[cli]") {
  REQUIRE(run({"run", "start", "returns", "--input", "7"}) == exit_code::ok);
  CHECK(run({"journal", "verify"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("1 runs") && EndsWith("all sound\n"));
  CHECK(run({"journal", "dump"}) == exit_code::ok);
  auto lines = std::istringstream{out};
  auto line = std::string{};
  auto kinds = std::vector<std::string>{};
  while (std::getline(lines, line))
    kinds.push_back(json::parse(line).at("kind"));
  CHECK(kinds == std::vector<std::string>{"started", "completed"});
}

TEST_CASE_METHOD(fixture, "progress is told where somebody looks", "[cli]") {
  progress = true;
  CHECK(run({"run", "start", "returns"}) == exit_code::ok);
  CHECK_THAT(err, ContainsSubstring("run  completed"));
  CHECK(out == "{}\n");
}

TEST_CASE_METHOD(fixture, "errors are documents where results are", "[cli]") {
  REQUIRE(run({"run", "start", "returns"}) == exit_code::ok);
  CHECK(run({"run", "show", "01234567", "-o", "json"}) == exit_code::not_found);
  CHECK(json::parse(err).at("code") == "E-RUN-002");
  CHECK(out.empty());
}

TEST_CASE_METHOD(fixture, "what a setup throws is printed", "[cli]") {
  auto in = std::istringstream{};
  auto o = std::ostringstream{};
  auto e = std::ostringstream{};
  auto abandoned = false;
  const auto twice = [](runtime& rt) {
    setup(rt);
    setup(rt);
  };
  const auto code = run_command(
    "prog",
    {"run", "start", "returns", "--data-dir", (dir.path() / "d").string()},
    {in, o, e}, twice, abandoned);
  CHECK(code == exit_code::failed);
  CHECK_THAT(e.str(), ContainsSubstring("E-SPEC-001"));
}

TEST_CASE_METHOD(fixture, "the policy table shows whose word each row is",
                 "[cli]") {
  REQUIRE(run({"policy", "table"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("timeout"));
  CHECK_THAT(out, !ContainsSubstring("status 404"));
  REQUIRE(run({"policy", "table", "--tool", "flaky", "-o", "json"})
          == exit_code::ok);
  const auto doc = json::parse(out);
  CHECK(doc["rules"][0] == "status 404: network");
  for (const auto& row : doc["rows"])
    CHECK(row["from"] == (row["kind"] == "auth" ? "tool" : "default"));
}

TEST_CASE_METHOD(fixture, "the policy of a tool that is not there is an error",
                 "[cli]") {
  CHECK(run({"policy", "table", "--tool", "flakey"}) != exit_code::ok);
  CHECK_THAT(err, ContainsSubstring("no tool named flakey"));
}

TEST_CASE_METHOD(fixture, "a step is explained with the rule of each decision",
                 "[cli]") {
  const auto id = first({"run", "start", "calls"});
  REQUIRE(run({"policy", "explain", id, "1"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("attempt 1 failed: network"));
  CHECK_THAT(out, ContainsSubstring(R"(by the rule "status 404")"));
  CHECK_THAT(out, ContainsSubstring("verdict try_again"));
  CHECK_THAT(out, ContainsSubstring("because: this kind is retried"));
  CHECK_THAT(out, ContainsSubstring("attempt 2 left"));
  CHECK_THAT(out, ContainsSubstring("succeeded, source primary"));
}

TEST_CASE_METHOD(fixture,
                 "a step that a run does not have is an error that "
                 "lists those it has",
                 "[cli]") {
  const auto id = first({"run", "start", "calls"});
  CHECK(run({"policy", "explain", id, "7"}) == exit_code::not_found);
  CHECK_THAT(err, ContainsSubstring("has no step 7; it has 1"));
}
