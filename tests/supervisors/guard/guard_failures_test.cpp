#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/tool/tool_actor.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

using namespace stanchion;

namespace {

/// The real tool's actor around a function that fails as the script says.
std::unique_ptr<fabric::actor> make_real_tool(tool_script& script) {
  auto x = tool_options{.name = "t", .run_inline = true};
  x.function = [&script](const value& arguments, tool_context& ctx) -> json {
    script.jobs.push_back(
      {.key = ctx.key, .attempt = ctx.attempt, .arguments = arguments});
    auto what = script.otherwise;
    if (!script.acts.empty()) {
      what = script.acts.front();
      script.acts.pop_front();
    }
    if (what == act::error)
      throw tool_error{script.error};
    if (what == act::throw_std)
      throw std::runtime_error{"bad luck"};
    if (what == act::throw_other)
      throw 7; // NOLINT(hicpp-exception-baseclass): what a user may do
    if (what == act::wrong_shape)
      return {{"colour", "red"}};
    return {{"ok", ctx.attempt}};
  };
  x.reconcile = [&script](const std::string& key) {
    script.questions.push_back({.key = key});
    return script.found.front();
  };
  return make_tool_actor(std::make_shared<const tool_options>(std::move(x)));
}

bool is_the_actors(act x) {
  return x == act::quit || x == act::hang;
}

} // namespace

// The first attempt fails in one of six ways; later ones would succeed, and
// `reconcile`, where there is one, says that it did not happen.
TEST_CASE("what follows from a failed attempt depends on how it failed and on "
          "the tool's class",
          "[supervisors][guard]") {
  const auto ro = effect::read_only;
  const auto idem = effect::idempotent;
  const auto rec = effect::reconcilable;
  const auto once = effect::once;
  const auto* again = "failed 1, admitted 2, done 2 primary";
  const auto* parked = "unknown ambiguous_state";
  const auto* refused = "done 1 schema_violation";
  auto [way, tool, story, jobs, questions]
    = GENERATE_COPY(table<act, effect, const char*, std::size_t, std::size_t>({
      {act::error, ro, again, 2, 0},
      {act::error, idem, again, 2, 0},
      {act::error, rec, again, 2, 1},
      {act::error, once, parked, 1, 0},
      {act::throw_std, ro, again, 2, 0},
      {act::throw_std, idem, again, 2, 0},
      {act::throw_std, rec, again, 2, 1},
      {act::throw_std, once, parked, 1, 0},
      {act::throw_other, ro, again, 2, 0},
      {act::throw_other, idem, again, 2, 0},
      {act::throw_other, rec, again, 2, 1},
      {act::throw_other, once, parked, 1, 0},
      {act::quit, ro, again, 2, 0},
      {act::quit, idem, again, 2, 0},
      {act::quit, rec, again, 2, 1},
      {act::quit, once, parked, 1, 0},
      {act::hang, ro, again, 2, 0},
      {act::hang, idem, again, 2, 0},
      {act::hang, rec, again, 2, 1},
      {act::hang, once, parked, 1, 0},
      {act::wrong_shape, ro, refused, 1, 0},
      {act::wrong_shape, idem, parked, 1, 0},
      {act::wrong_shape, rec, refused, 1, 1},
      {act::wrong_shape, once, parked, 1, 0},
    }));
  CAPTURE(way, to_string(tool));
  auto f = guard_fixture{};
  f.options.effect = tool;
  if (!is_the_actors(way))
    f.options.child = [&f] { return make_real_tool(f.script); };
  f.script.acts = {way};
  f.script.found = {failure{.effect = side_effect::none}};
  auto& log = f.call_to_end();

  // The kind of the failure in the middle is told by its own checks below.
  auto told = std::string{};
  for (const auto& line : log.story) {
    if (line == "admitted 1")
      continue;
    told += told.empty() ? "" : ", ";
    told += line.starts_with("failed 1 ") ? "failed 1" : line;
  }
  CHECK(told == story);
  CHECK(f.script.jobs.size() == jobs);
  CHECK(f.script.questions.size() == questions);
  for (const auto& job : f.script.jobs)
    CHECK(job.key == f.script.jobs.front().key);

  const auto kind = way == act::error         ? failure_kind::network
                    : way == act::hang        ? failure_kind::timeout
                    : way == act::wrong_shape ? failure_kind::schema_violation
                                              : failure_kind::crashed;
  if (!log.failed.empty()) {
    CHECK(log.failed[0].why.kind == kind);
    CHECK(log.failed[0].why.effect
          == (tool == idem ? side_effect::unknown : side_effect::none));
  }
  if (!log.unknown.empty()) {
    CHECK(log.unknown[0].why.kind == kind);
    CHECK(log.unknown[0].why.effect == side_effect::unknown);
    CHECK(log.unknown[0].attempt == 1);
  }
  if (way == act::wrong_shape && !log.done.empty())
    CHECK(log.done[0].result.why().effect == side_effect::none);
}

TEST_CASE_METHOD(guard_fixture, "a crash is told with its text",
                 "[supervisors][guard]") {
  auto [way, text] = GENERATE(table<act, const char*>({
    {act::throw_std, "bad luck"},
    {act::throw_other, "an object that is not a std::exception was thrown"},
    {act::quit, "the tool went down while it held the call"},
  }));
  script.acts = {way};
  auto& log = call_to_end();
  REQUIRE(log.failed.size() == 1);
  CHECK_THAT(log.failed[0].why.message, ContainsSubstring(text));
}

TEST_CASE_METHOD(guard_fixture,
                 "the side effect of a failure is as the tool "
                 "said",
                 "[supervisors][guard]") {
  auto [tool, said, story] = GENERATE(table<effect, side_effect, const char*>({
    {effect::once, side_effect::none, "done 2 primary"},
    {effect::once, side_effect::not_started, "done 2 primary"},
    {effect::once, side_effect::unknown, "unknown ambiguous_state"},
    {effect::reconcilable, side_effect::none, "done 2 primary"},
    {effect::read_only, side_effect::unknown, "done 2 primary"},
  }));
  options.effect = tool;
  script.acts = {act::error};
  script.error.effect = said;
  auto& log = call_to_end();
  CHECK(log.story.back() == story);
  CHECK(script.questions.empty());
  if (!log.failed.empty() && tool != effect::read_only)
    CHECK(log.failed[0].why.effect == said);
}

TEST_CASE_METHOD(guard_fixture, "attempts are counted, the first included",
                 "[supervisors][guard]") {
  auto [tool, effect_said, story]
    = GENERATE(table<effect, side_effect, const char*>({
      {effect::read_only, side_effect::unknown, "done 3 network"},
      {effect::idempotent, side_effect::none, "done 3 network"},
      {effect::idempotent, side_effect::unknown,
       "unknown max_retries_exceeded"},
      {effect::once, side_effect::none, "done 3 network"},
    }));
  options.effect = tool;
  script.otherwise = act::error;
  script.error.effect = effect_said;
  auto& log = call_to_end();
  CHECK(log.story.back() == story);
  CHECK(script.jobs.size() == 3);
  CHECK(log.failed.size() == 2);
  if (!log.done.empty())
    CHECK(log.done[0].result.why().attempts == 3);
}

TEST_CASE_METHOD(guard_fixture,
                 "what the table says is not worth it is not "
                 "tried again",
                 "[supervisors][guard]") {
  script.otherwise = act::error;
  script.error = {.kind = failure_kind::not_found,
                  .effect = side_effect::none,
                  .message = "no such order"};
  auto& log = call_to_end();
  CHECK(log.story
        == std::vector<std::string>{"admitted 1", "done 1 not_found"});
  CHECK(log.done[0].result.why().message == "no such order");
}

TEST_CASE_METHOD(guard_fixture,
                 "an attempt that may have acted is not made "
                 "good by one that did not",
                 "[supervisors][guard]") {
  options.effect = effect::idempotent;
  options.retry.max_attempts = 2;
  script.acts = {act::hang};
  script.otherwise = act::error;
  script.error.effect = side_effect::not_started;
  auto& log = call_to_end();
  CHECK(log.story.back() == "unknown max_retries_exceeded");
  CHECK(log.unknown[0].why.effect == side_effect::unknown);
}
