#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace stanchion;
using fabric::message;

namespace {

/// A tool that fails every attempt, with three retries for all its calls.
struct failing_tool : guard_fixture {
  failing_tool() {
    options.effect = effect::read_only;
    options.retry.backoff = {.first = 1s, .cap = 1s, .jitter = jitter::none};
    options.retry_budget = {.share = 0.5, .reserve = 2, .window = 1min};
    options.breaker.consecutive_failures = 1'000;
    options.breaker.failure_rate = 0;
    script.otherwise = act::error;
  }
};

} // namespace

TEST_CASE_METHOD(failing_tool,
                 "calls that fail spend their tool's retries, "
                 "and then fail with what they failed of",
                 "[supervisors][guard]") {
  CHECK(call_to_end().story.back() == "done 3 network");
  auto& second = call_to_end();
  CHECK(second.story.back() == "done 2 network");
  CHECK_THAT(second.done[0].result.why().message,
             ContainsSubstring("the retry budget of t is exhausted"));
  CHECK(events->count(event_kind::retry_denied) == 1);
  const auto& denied = events->last(event_kind::retry_denied);
  CHECK(denied.step == "5");
  CHECK(json::parse(denied.fields)["attempt"] == 3);
  CHECK(call_to_end().done[0].attempt == 1);
  CHECK(call_to_end().done[0].attempt == 2); // two calls have earned a retry
  sim.advance(1min);
  CHECK(call_to_end().done[0].attempt == 3);
}

TEST_CASE_METHOD(failing_tool,
                 "what may have acted is not given up as failed for "
                 "want of a retry",
                 "[supervisors][guard]") {
  auto [tool, story] = GENERATE(table<effect, const char*>({
    {effect::idempotent, "unknown max_retries_exceeded"},
    {effect::once, "unknown ambiguous_state"},
    {effect::reconcilable, "done 1 reconciled"},
  }));
  options.effect = tool;
  options.retry_budget = {.share = 0, .reserve = 0};
  script.found = {args("ok", 1)};
  CHECK(call_to_end().story.back() == story);
}

TEST_CASE_METHOD(failing_tool, "what provably did not happen needs a retry",
                 "[supervisors][guard]") {
  options.effect = effect::reconcilable;
  options.retry_budget = {.share = 0, .reserve = 1};
  script.found = {failure{.effect = side_effect::none}};
  CHECK(call_to_end().story.back() == "done 2 network");
  CHECK(script.questions.size() == 2);
  CHECK(events->count(event_kind::retry_denied) == 1);
}

TEST_CASE_METHOD(failing_tool, "an open breaker costs no retry",
                 "[supervisors][guard]") {
  options.retry_budget = {.share = 0, .reserve = 0};
  options.retry.max_attempts = 1;
  options.breaker.consecutive_failures = 1;
  options.breaker.open_for = 1s;
  call_to_end();
  script.otherwise = act::succeed;
  CHECK(call_to_end().story.back() == "done 1 primary");
}

TEST_CASE_METHOD(failing_tool, "a retry budget survives a restart of its guard",
                 "[supervisors][guard]") {
  CHECK(call_to_end().done[0].attempt == 3);
  const auto kept = facts.at(retry_budget_fact("t"));
  auto next = failing_tool{};
  SECTION("as it was") {
    next.options.retry_budget_text = kept;
    CHECK(next.call_to_end().done[0].attempt == 2);
  }
  SECTION("without a reserve, if it cannot be read") {
    next.options.retry_budget_text = "nonsense";
    CHECK(next.call_to_end().done[0].attempt == 1);
  }
  SECTION("not at all, if it is older than its window") {
    next.options.retry_budget_text = kept;
    next.sim.advance(2min);
    CHECK(next.call_to_end().done[0].attempt == 3);
  }
}

TEST_CASE_METHOD(failing_tool, "without a budget there is no bound",
                 "[supervisors][guard]") {
  options.retry_budget.reset();
  for (auto i = 0; i < 100; ++i)
    CHECK(call_to_end().done[0].attempt == 3);
}
