// Forks and prunes as commands give them, on a data directory that nobody owns
// between them.
#include "support/catch.hpp"
#include "support/shell.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Whether the program is the one of later, which does something else first.
bool changed = false;
int paid = 0;

task<json> pays(agent_context& ctx, value) {
  co_await ctx.call("look");
  co_await ctx.call("pay", args("cents", 5));
  if (changed)
    co_await ctx.call("look");
  co_await ctx.escalate(park_reason::requires_human, "well?");
  co_return json("paid");
}

void setup(runtime& rt) {
  rt.add(agent{"pays", "1", pays});
  rt.add(agent{"ends", "1", [](agent_context&, value x) -> task<json> {
                 co_return x.get();
               }});
  rt.add(tool{"look", effect::read_only,
              [](const value&, tool_context&) { return json{}; }}
           .input(any())
           .output(any()));
  rt.add(tool{"pay", effect::once,
              [](const value&, tool_context&) {
                ++paid;
                return json{};
              }}
           .input(any())
           .output(any()));
}

struct forking : shell {
  forking() : shell(setup) {
    changed = false;
    paid = 0;
  }

  /// A run that has paid and waits for a person.
  std::string paying() {
    CHECK(run({"run", "start", "pays"}) == exit_code::waits_for_person);
    return first({"run", "list"});
  }
  /// The journal says that what there is has been so for as long.
  void age(std::chrono::hours by) {
    const auto it = open_sqlite_store(dir.path() / "d" / "stanchion.db");
    auto x = batch{};
    for (auto row : it->list_runs({.limit = 1'000})) {
      row.updated -= by;
      x.runs.push_back(row);
    }
    const auto* only = &x;
    REQUIRE(it->commit({&only, 1}) == commit_status::done);
  }
};

} // namespace

TEST_CASE_METHOD(forking, "a run that has ended is forked, never retried",
                 "[cli][fork]") {
  const auto id = paying();
  const auto ticket = first({"ticket", "list"});
  REQUIRE(run({"ticket", "answer", ticket, "--payload", "1"}) == exit_code::ok);
  REQUIRE(run({"run", "resume", id}) == exit_code::ok);
  CHECK(run({"run", "retry", id}) == exit_code::conflict);
  CHECK_THAT(err, ContainsSubstring("only `run fork` goes on"));
  CHECK(run({"run", "fork", id, "--at", "2", "--dry-run"}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("would be forked at step 2")
                    && ContainsSubstring("pay") && ContainsSubstring("once"));
  CHECK(document({"run", "list"}).at("runs").size() == 1);
  CHECK(run({"run", "fork", id, "--at", "2", "--reason", "again"})
        == exit_code::ok);
  CHECK_THAT(err, ContainsSubstring("it goes on with: prog run resume"));
  const auto fork = first({"run", "list"});
  CHECK(fork != id);
  CHECK(run({"run", "show", fork}) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("forked     from " + id + " at step 2"));
  CHECK(run({"run", "resume", fork}) == exit_code::waits_for_person);
  CHECK(paid == 1);
  const auto asked = document({"ticket", "list"}).at("tickets");
  REQUIRE(asked.size() == 1);
  CHECK(asked.at(0).at("reason") == "irreversible_action");
  REQUIRE(run({"ticket", "approve", asked.at(0).at("id")}) == exit_code::ok);
  CHECK(run({"run", "resume", fork}) == exit_code::waits_for_person);
  CHECK(paid == 2);
  CHECK(document({"audit", "--subject", id}).at("entries").at(0).at("reason")
        == "again");
  CHECK(run({"journal", "verify"}) == exit_code::ok);
}

TEST_CASE_METHOD(forking,
                 "a run that no longer fits its journal is forked by "
                 "saying so",
                 "[cli][fork]") {
  const auto id = paying();
  const auto question = first({"ticket", "list"});
  REQUIRE(run({"ticket", "answer", question, "--payload", "1"})
          == exit_code::ok);
  changed = true;
  REQUIRE(run({"run", "resume", id}) == exit_code::waits_for_person);
  const auto t = document({"ticket", "list"}).at("tickets").at(0);
  REQUIRE(t.at("reason") == "nondeterminism");
  CHECK(t.at("options") == json{"resume", "fork", "abort"});
  const auto ticket = t.at("id").get<std::string>();
  REQUIRE(run({"ticket", "decide", ticket, "fork"}) == exit_code::ok);
  const auto fork = first({"run", "list"});
  REQUIRE(fork != id);
  CHECK(run({"run", "resume", fork}) == exit_code::waits_for_person);
  CHECK(paid == 1); // it has the outcome
  const auto ended = document({"run", "show", id});
  CHECK(ended.at("state") == "cancelled");
  CHECK(ended.at("reason").get<std::string>().starts_with("forked by"));
  CHECK(document({"run", "show", fork}).at("steps").back().at("kind")
        == "escalation");
}

TEST_CASE_METHOD(forking, "what is old and over is pruned, and that is audited",
                 "[cli][prune]") {
  for (const auto* n : {"1", "2"})
    REQUIRE(run({"run", "start", "ends", "--input", n}) == exit_code::ok);
  paying();
  age(std::chrono::hours{24 * 40});
  const auto prune
    = std::vector<std::string>{"journal", "prune", "--older-than", "30d"};
  auto dry = prune;
  dry.emplace_back("--dry-run");
  CHECK(run(dry) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("2 runs") && ContainsSubstring("would be"));
  CHECK(document({"run", "list"}).at("runs").size() == 3);
  CHECK(run(prune) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring("2 runs with"));
  CHECK(document({"run", "list"}).at("runs").size() == 1);
  CHECK(document({"audit", "--subject", "journal"})
          .at("entries")
          .at(0)
          .at("after")
          .at("runs")
        == 2);
  CHECK(run({"journal", "verify"}) == exit_code::ok);
  CHECK(run({"run", "start", "ends", "--input", "3"}) == exit_code::ok);
  CHECK(run({"journal", "verify"}) == exit_code::ok);
}
