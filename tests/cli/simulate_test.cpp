#include "support/catch.hpp"
#include "support/shell.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/command_line.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

json never_called(const value&, tool_context&) {
  throw std::logic_error{"a tool's own function was called in a simulation"};
}

task<json> pays(agent_context& ctx, value input) {
  auto paid = co_await ctx.call("pay", args("order", input["order"]));
  co_return args("receipt", paid["receipt"]);
}

/// Asks for something else in each replay.
task<json> forgets(agent_context& ctx, value) {
  static auto order = 0;
  co_await ctx.call("pay", args("order", ++order));
  co_return json{};
}

void setup(runtime& rt) {
  const auto receipt = schema{json{
    {"type", "object"}, {"properties", {{"receipt", {{"type", "string"}}}}}}};
  rt.add(tool{"pay", effect::once, never_called}.input(any()).output(receipt));
  rt.add(agent{"pays", "1", pays});
  rt.add(agent{"forgets", "1", forgets});
}

struct fixture : shell {
  fixture() : shell(setup) {
    // nop
  }
  /// A simulation has no directory.
  exit_code run(const std::vector<std::string>& words) {
    return run_alone(words);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a simulation reports what it tried", "[cli]") {
  CHECK(run({"simulate", "pays", "--seeds", "40", "--input", R"({"order":1})",
             "--workers", "2"})
        == exit_code::ok);
  CHECK_THAT(out, StartsWith("40 systems, 120 runs: 120 completed"));
  CHECK_THAT(out, ContainsSubstring("*:timeout:after@0.03"));
  CHECK_THAT(out, ContainsSubstring("attempt_ended"));
}

TEST_CASE_METHOD(fixture, "a simulation is a document, too", "[cli]") {
  CHECK(run({"simulate", "pays", "--seeds", "5", "--faults", "none", "--input",
             R"({"order":1})", "--workers", "1", "-o", "json"})
        == exit_code::ok);
  const auto doc = json::parse(out);
  CHECK(doc["systems"] == 5);
  CHECK(doc["completed"] == 15);
  CHECK(doc["effects"] == 15);
  CHECK(doc["deaths"] == 0);
  CHECK(doc["ok"] == true);
}

TEST_CASE_METHOD(fixture, "the process dies everywhere", "[cli]") {
  CHECK(run({"simulate", "pays", "--everywhere", "--input", R"({"order":1})",
             "--runs", "1", "--workers", "1"})
        == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("commit:kill:after@#1"));
  CHECK_THAT(out, ContainsSubstring("*:kill@#1"));
}

TEST_CASE_METHOD(fixture, "a trace shows one system, always the same",
                 "[cli]") {
  const auto words = std::vector<std::string>{
    "simulate", "pays", "--input", R"({"order":1})", "--seed", "3", "--trace"};
  CHECK(run(words) == exit_code::ok);
  const auto first = out;
  CHECK_THAT(first, ContainsSubstring("call pay"));
  CHECK(run(words) == exit_code::ok);
  CHECK(out == first);
}

TEST_CASE_METHOD(fixture, "a broken promise fails, and says how to see it",
                 "[cli]") {
  CHECK(run({"simulate", "forgets", "--seeds", "3", "--workers", "1"})
        == exit_code::failed);
  CHECK_THAT(out, ContainsSubstring("FAILED seed 1"));
  CHECK_THAT(out, ContainsSubstring("I13: "));
  CHECK_THAT(err, ContainsSubstring("to see it: prog simulate forgets --seed 1"
                                    " --runs 3 --trace --faults none"
                                    " --shuffled 0"));
}

TEST_CASE_METHOD(fixture, "what cannot be simulated is refused", "[cli]") {
  CHECK(run({"simulate", "nobody"}) == exit_code::not_found);
  CHECK(run({"simulate", "pays", "--faults", "pay:explodes@1"})
        == exit_code::usage);
  CHECK(run({"simulate", "pays", "--seeds", "none"}) == exit_code::usage);
}
