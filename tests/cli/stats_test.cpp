#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/command_line.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> calls(agent_context& ctx, value) {
  auto x = co_await ctx.call("flaky");
  co_return x.get();
}

void setup(runtime& rt) {
  rt.add(agent{"calls", "1", calls});
  rt.add(tool{
    "flaky", effect::read_only,
    [](const value&, tool_context& call) -> json {
      if (call.attempt == 1)
        throw tool_error{failure_kind::network, side_effect::none, "gone"};
      return 1;
    }}.input(any())
           .output(any())
           .retry({.backoff = {.first = 0s, .cap = 0s}}));
}

struct fixture {
  exit_code run(std::vector<std::string> words) {
    words.insert(words.end(), {"--data-dir", (dir.path() / "d").string()});
    auto in = std::istringstream{};
    auto o = std::ostringstream{};
    auto e = std::ostringstream{};
    auto abandoned = false;
    const auto code
      = run_command("prog", words, terminal{in, o, e}, setup, abandoned);
    out = o.str();
    err = e.str();
    return code;
  }

  temporary_dir dir;
  std::string out;
  std::string err;
};

} // namespace

TEST_CASE_METHOD(fixture,
                 "a journal's statistics are shown to people and as "
                 "a document",
                 "[cli][stats]") {
  REQUIRE(run({"run", "start", "calls"}) == exit_code::ok);
  REQUIRE(run({"run", "start", "calls"}) == exit_code::ok);
  REQUIRE(run({"stats", "--since", "1h"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("2 runs; 1.00 retries a run on average, in "
                                    "2 of them"));
  CHECK_THAT(out, ContainsSubstring("flaky"));
  CHECK_THAT(out, ContainsSubstring("0.0 %"));
  CHECK_THAT(out, ContainsSubstring("network"));
  REQUIRE(run({"stats", "-o", "json"}) == exit_code::ok);
  const auto doc = json::parse(out);
  CHECK(doc["runs"] == 2);
  CHECK(doc["tools"][0]["attempts"] == 4);
  CHECK(doc["days"][0]["errors"][0] == json{{"kind", "network"}, {"count", 2}});
}

TEST_CASE_METHOD(fixture,
                 "statistics of nothing are refused, and nothing is "
                 "made",
                 "[cli][stats]") {
  CHECK(run({"stats"}) == exit_code::failed);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "d"));
}

TEST_CASE_METHOD(fixture, "a span that is none is a usage error",
                 "[cli][stats]") {
  CHECK(run({"stats", "--since", "yesterday"}) == exit_code::usage);
  CHECK_THAT(err, ContainsSubstring("yesterday"));
}
