#include "support/catch.hpp"

#include <stanchion/supervisors/policy/child_spec.hpp>

#include <functional>

using namespace stanchion;

namespace {

/// Two sound children; each case spoils one thing.
supervisor_facts sound() {
  supervisor_facts result;
  result.children.resize(2);
  result.children[0].id = "planner";
  result.children[1].id = "tools";
  return result;
}

using change = std::function<void(supervisor_facts&)>;

} // namespace

TEST_CASE("sound specs have no problems", "[supervisors][spec]") {
  CHECK(problems({}).empty());
  CHECK(problems(sound()).empty());
  auto team = sound();
  team.auto_shutdown = auto_shutdown::any_significant;
  team.children[0].significant = true;
  team.children[0].restart = restart_type::transient;
  CHECK(problems(team).empty());
}

TEST_CASE("each problem of a spec names its field and what to do",
          "[supervisors][spec]") {
  auto [spoil, field, advice]
    = GENERATE(table<change, const char*, const char*>({
      {[](auto& x) { x.children[1].id = "planner"; },
       "children[planner].id: ", "give each child its own id"},
      {[](auto& x) { x.children[1].id.clear(); },
       "children[1].id: ", "name the child"},
      {[](auto& x) { x.children[0].start_deadline = 0s; },
       "children[planner].start_deadline: ", "give a span"},
      {[](auto& x) { x.children[0].stop_deadline = -1s; },
       "children[planner].stop_deadline: ", "give a span"},
      {[](auto& x) {
         x.children[0].significant = true;
         x.children[0].restart = restart_type::transient;
       },
       "children[planner].significant: ", "set auto_shutdown"},
      {[](auto& x) {
         x.auto_shutdown = auto_shutdown::all_significant;
         x.children[0].significant = true;
       },
       "children[planner].significant: ", "make it transient or temporary"},
      {[](auto& x) { x.auto_shutdown = auto_shutdown::any_significant; },
       "auto_shutdown: ", "mark a child significant"},
      {[](auto& x) {
         x.children[1].auto_shutdown = auto_shutdown::any_significant;
       },
       "children[tools].restart: ", "make it transient or temporary"},
      {[](auto& x) { x.budget.window = 0s; }, "budget.window: ", "give a span"},
      {[](auto& x) { x.children[0].budget.window = 0s; },
       "children[planner].budget.window: ", "give a span"},
      {[](auto& x) { x.children[0].backoff.factor = 0.0; },
       "children[planner].backoff.factor: ", "2 doubles"},
    }));
  auto x = sound();
  spoil(x);
  const auto found = problems(x);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
  CHECK_THAT(found[0], ContainsSubstring(advice));
}

TEST_CASE("a restart window must be longer than the delays it counts",
          "[supervisors][spec]") {
  // 0.5 + 1 + 2 + 4 + 8 seconds lie between six failures.
  auto [window, is_sound] = GENERATE(table<duration, bool>({
    {15'500ms, false},
    {15'501ms, true},
  }));
  auto x = sound();
  SECTION("the supervisor's") {
    x.children.resize(1);
    x.budget = {.max_restarts = 5, .window = window};
    const auto found = problems(x);
    CHECK(found.empty() == is_sound);
    if (!is_sound)
      CHECK_THAT(found[0], StartsWith("budget.window: "));
  }
  SECTION("the child's") {
    x.children[0].budget = {.max_restarts = 5, .window = window};
    const auto found = problems(x);
    CHECK(found.empty() == is_sound);
    if (!is_sound)
      CHECK_THAT(found[0], StartsWith("children[planner].budget.window: "));
  }
  SECTION("but a child that is never restarted has no delays") {
    x.children[0].restart = restart_type::temporary;
    x.children[0].budget = {.max_restarts = 5, .window = window};
    CHECK(problems(x).empty());
  }
}

TEST_CASE("all problems of a spec are reported at once",
          "[supervisors][spec]") {
  supervisor_facts x;
  x.budget.window = 0s;
  x.children.resize(2);
  x.children[0].stop_deadline = 0s;
  CHECK(problems(x).size() == 4);
}
