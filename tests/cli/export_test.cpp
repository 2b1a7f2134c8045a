#include "support/catch.hpp"
#include "support/parts.hpp"
#include "support/shell.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> leads(agent_context& ctx, value input) {
  auto child = co_await ctx.spawn("asks", input);
  auto x = co_await ctx.call("send", args("password", "hunter2", "n", 7));
  co_await child.result();
  co_return x.get();
}

void setup(runtime& rt) {
  rt.add(agent{"asks", "1", asks});
  rt.add(agent{"leads", "1", leads});
  rt.add(tool{"send", effect::idempotent,
              [](const value& x, tool_context&) { return x.get(); }}
           .input(any())
           .output(any()));
}

struct exporting : shell {
  exporting() : shell(setup) {
    // nop
  }

  /// A run that waits for its child, which waits for a person.
  std::string parent() {
    CHECK(run({"run", "start", "leads", "--input", "7"})
          == exit_code::waits_for_person);
    return first({"run", "list", "--agent", "leads"});
  }
};

} // namespace

TEST_CASE_METHOD(exporting,
                 "an export holds a run, its records, tickets, children",
                 "[cli]") {
  const auto id = parent();
  REQUIRE(run({"run", "export", id}) == exit_code::ok);
  const auto whole = json::parse(out);
  CHECK(whole.at("format") == 1);
  const auto& run_ = whole.at("run");
  CHECK(run_.at("id") == id);
  CHECK(run_.at("records").at(0).at("kind") == "started");
  CHECK(run_.at("tickets").empty());
  REQUIRE(run_.at("children").size() == 1);
  const auto& child = run_.at("children").at(0);
  CHECK(child.at("parent_number") == run_.at("number"));
  CHECK(child.at("tickets").at(0).at("reason") == "requires_human");
  CHECK(child.at("records").back().at("kind") == "parked");
}

TEST_CASE_METHOD(exporting, "an export hides secrets, and nothing else",
                 "[cli]") {
  const auto id = parent();
  REQUIRE(run({"run", "export", id}) == exit_code::ok);
  CHECK_THAT(out, !ContainsSubstring("hunter2")
                    && ContainsSubstring(R"("password": "[redacted]")")
                    && ContainsSubstring(R"("n": 7)"));
}

TEST_CASE_METHOD(exporting, "an export in lines has a thing on each", "[cli]") {
  const auto id = parent();
  REQUIRE(run({"run", "export", id}) == exit_code::ok);
  const auto whole = json::parse(out).at("run");
  REQUIRE(run({"run", "export", id, "-o", "jsonl"}) == exit_code::ok);
  auto kinds = std::map<std::string, std::size_t>{};
  auto lines = std::istringstream{out};
  auto first = std::string{};
  std::getline(lines, first);
  CHECK(json::parse(first).at("format") == 1);
  for (auto line = std::string{}; std::getline(lines, line);) {
    const auto thing = json::parse(line);
    REQUIRE(thing.size() == 1);
    ++kinds[thing.begin().key()];
  }
  const auto& child = whole.at("children").at(0);
  CHECK(kinds
        == std::map<std::string, std::size_t>{
          {"record", whole.at("records").size() + child.at("records").size()},
          {"run", 2},
          {"ticket", 1}});
}

TEST_CASE_METHOD(exporting, "a run that is not there is not exported",
                 "[cli]") {
  parent();
  CHECK(run({"run", "export", "00000000-0000-7000-8000-000000000000"})
        == exit_code::not_found);
  CHECK(out.empty());
}
