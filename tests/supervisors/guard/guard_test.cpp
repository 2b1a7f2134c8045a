#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

using story = std::vector<std::string>;

} // namespace

// -- an ordinary call ---------------------------------------------------------

TEST_CASE_METHOD(guard_fixture, "an attempt leaves when it is durable",
                 "[supervisors][guard]") {
  start();
  auto log = run_log{.goes = false};
  const auto r = run(log);
  ask(r, log);
  sim.run();
  CHECK(log.story == story{"admitted 1"});
  CHECK(script.jobs.empty());
  say(r, message::of(attempt_go{key_of(), 2})); // not the one admitted
  sim.run();
  CHECK(script.jobs.empty());
  say(r, message::of(attempt_go{key_of(), 1}));
  sim.run();
  CHECK(log.story == story{"admitted 1", "done 1 primary"});
  CHECK(log.done[0].result.get()["ok"] == 1);
}

TEST_CASE_METHOD(guard_fixture,
                 "a tool gets the arguments, the key and the "
                 "deadline",
                 "[supervisors][guard]") {
  options.attempt_timeout = 3s;
  call();
  REQUIRE(script.jobs.size() == 1);
  const auto& job = script.jobs[0];
  CHECK(job.arguments["id"] == 7);
  CHECK(job.key == idempotency_key(derived_uuid(1, 1), "5", 0));
  CHECK(job.attempt == 1);
  CHECK(job.deadline == sys.clock().now() + 3s);
  CHECK_FALSE(job.reconcile);
}

TEST_CASE_METHOD(guard_fixture, "a read-only attempt leaves at once",
                 "[supervisors][guard]") {
  options.effect = effect::read_only;
  script.acts = {act::error};
  auto& log = call(true);
  sim.advance(1min);
  // The run counts the first one itself; the second it is told of.
  CHECK(log.story == story{"failed 1 network", "admitted 2", "done 2 primary"});
}

TEST_CASE_METHOD(guard_fixture,
                 "only a read-only tool may be called before "
                 "the attempt is durable",
                 "[supervisors][guard]") {
  options.effect = effect::idempotent;
  start();
  auto log = run_log{.goes = false};
  ask(run(log), log, 1, true);
  sim.run();
  CHECK(log.story == story{"admitted 1"});
  CHECK(script.jobs.empty());
}

TEST_CASE_METHOD(guard_fixture,
                 "arguments that do not fit never reach the "
                 "tool",
                 "[supervisors][guard]") {
  auto text = GENERATE(R"({"id":"x"})", "{}", "{", R"({"id":1,"id":2})");
  start();
  auto log = run_log{};
  say(run(log), message::of(call_request{.key = key_of(), .arguments = text}));
  sim.run();
  REQUIRE(log.done.size() == 1);
  CHECK(log.done[0].attempt == 0);
  CHECK(log.done[0].result.why().kind == failure_kind::bad_arguments);
  CHECK(log.done[0].result.why().effect == side_effect::not_started);
  CHECK(script.jobs.empty());
}

TEST_CASE_METHOD(guard_fixture, "a success is no event",
                 "[supervisors][guard]") {
  call();
  CHECK(events->events.size() == 1);
  CHECK(events->count(event_kind::child_started) == 1);
}

TEST_CASE_METHOD(guard_fixture, "a decision is an event with its inputs",
                 "[supervisors][guard]") {
  script.acts = {act::error};
  call();
  const auto& ended = events->last(event_kind::attempt_ended);
  CHECK(ended.subject == "t");
  CHECK(ended.step == "5");
  CHECK(ended.run == derived_uuid(1, 1));
  const auto fields = json::parse(ended.fields);
  CHECK(fields["verdict"] == "try_again");
  CHECK(fields["failure"]["kind"] == "network");
  const auto next
    = json::parse(events->last(event_kind::retry_scheduled).fields);
  CHECK(next["attempt"] == 2);
  CHECK(next["delay_us"] > 0);
}

// -- waits --------------------------------------------------------------------

TEST_CASE_METHOD(guard_fixture, "a short backoff passes in the guard",
                 "[supervisors][guard]") {
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  script.acts = {act::error};
  auto& log = call();
  CHECK(log.failed[0].next_at == sys.clock().now() + 4s);
  sim.advance(3999ms);
  CHECK(script.jobs.size() == 1);
  sim.advance(1ms);
  CHECK(log.story.back() == "done 2 primary");
  CHECK(log.waits.empty());
}

TEST_CASE_METHOD(guard_fixture, "a long backoff passes in the run",
                 "[supervisors][guard]") {
  options.retry.backoff = {.first = 6s, .cap = 6s, .jitter = jitter::none};
  script.acts = {act::error};
  auto& log = call();
  CHECK(log.story == story{"admitted 1", "failed 1 network", "waits backoff"});
  CHECK(log.waits[0].until == sys.clock().now() + 6s);
  sim.advance(1h);
  CHECK(script.jobs.size() == 1); // the guard has forgotten it
  ask(cast.back(), log);
  sim.run();
  CHECK(log.story.back() == "done 2 primary");
}

TEST_CASE_METHOD(guard_fixture,
                 "the time a call may take is counted from its first attempt",
                 "[supervisors][guard]") {
  options.retry.max_attempts = 100;
  options.retry.max_elapsed = 10s;
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  options.breaker.consecutive_failures = 100;
  script.otherwise = act::error;
  script.error.effect = side_effect::none;
  auto& log = call();
  sim.advance(1h);
  CHECK(script.jobs.size() == 3); // at 0, 4 and 8 s
  CHECK(log.story.back() == "done 3 network");
}

TEST_CASE_METHOD(guard_fixture,
                 "a restart does not lengthen the time a call may take",
                 "[supervisors][guard]") {
  const auto ago = GENERATE(9s, 11s);
  options.retry.max_elapsed = 10s;
  start();
  auto log = run_log{.attempts = {.made = 1,
                                  .first = sys.clock().now() - ago,
                                  .ended = side_effect::none,
                                  .last = std::make_shared<const failure>(
                                    failure{.kind = failure_kind::network,
                                            .effect = side_effect::none})}};
  ask(run(log), log);
  sim.run();
  CHECK(log.story.back() == (ago == 9s ? "done 2 primary" : "done 1 network"));
}

TEST_CASE_METHOD(guard_fixture, "a service's retry_after is waited for",
                 "[supervisors][guard]") {
  script.acts = {act::error};
  script.error = {.kind = failure_kind::rate_limited,
                  .effect = side_effect::none,
                  .retry_after = 90s};
  auto& log = call();
  REQUIRE(log.waits.size() == 1);
  CHECK(log.waits[0].until == sys.clock().now() + 90s);
}

// -- attempts on record -------------------------------------------------------

TEST_CASE_METHOD(guard_fixture,
                 "an attempt whose end nobody recorded is "
                 "resolved by class",
                 "[supervisors][guard]") {
  auto [tool, words, questions] = GENERATE(table<effect, story, std::size_t>({
    {effect::read_only, {"admitted 2", "done 2 primary"}, 0},
    {effect::idempotent, {"admitted 2", "done 2 primary"}, 0},
    {effect::reconcilable,
     {"failed 1 crashed", "admitted 2", "done 2 primary"},
     1},
    {effect::once, {"unknown ambiguous_state"}, 0},
  }));
  options.effect = tool;
  script.found = {failure{.effect = side_effect::none}};
  start();
  auto log = run_log{.attempts = {.made = 1, .open = true}};
  ask(run(log), log, 1, tool == effect::read_only);
  sim.run();
  CHECK(log.story == words);
  CHECK(script.questions.size() == questions);
}

TEST_CASE_METHOD(guard_fixture,
                 "an attempt that ended without effect is "
                 "followed by the next, whatever the class",
                 "[supervisors][guard]") {
  options.effect = GENERATE(effect::read_only, effect::idempotent,
                            effect::reconcilable, effect::once);
  const auto ended = GENERATE(side_effect::none, side_effect::not_started);
  start();
  auto log
    = run_log{.attempts = {.made = 2,
                           .ended = ended,
                           .last = std::make_shared<const failure>(failure{
                             .kind = failure_kind::network, .effect = ended})}};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{"admitted 3", "done 3 primary"});
}

TEST_CASE_METHOD(guard_fixture, "attempts on record count",
                 "[supervisors][guard]") {
  start();
  auto log = run_log{.attempts = {.made = 3,
                                  .ended = side_effect::none,
                                  .last = std::make_shared<const failure>(
                                    failure{.kind = failure_kind::network,
                                            .effect = side_effect::none})}};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{"done 3 network"});
  CHECK(script.jobs.empty());
}

// -- reconcile ----------------------------------------------------------------

TEST_CASE_METHOD(guard_fixture,
                 "a reconcile that finds the result is the "
                 "call's end",
                 "[supervisors][guard]") {
  options.effect = effect::reconcilable;
  script.acts = {act::error};
  script.found = {args("ok", "found")};
  auto& log = call();
  CHECK(log.story == story{"admitted 1", "done 1 reconciled"});
  CHECK(log.done[0].result.get()["ok"] == "found");
  REQUIRE(script.questions.size() == 1);
  CHECK(script.questions[0].key == script.jobs[0].key);
}

TEST_CASE_METHOD(guard_fixture,
                 "a reconcile that cannot say leaves the call "
                 "to a person",
                 "[supervisors][guard]") {
  options.effect = effect::reconcilable;
  script.acts = {act::error};
  script.found
    = {failure{.kind = failure_kind::internal, .message = "two orders fit"}};
  auto& log = call_to_end();
  CHECK(log.story == story{"admitted 1", "unknown ambiguous_state"});
  CHECK(log.unknown[0].why.kind == failure_kind::network);
  REQUIRE(log.unknown[0].why.cause);
  CHECK(log.unknown[0].why.cause->message == "two orders fit");
  CHECK(script.questions.size() == 1);
}

TEST_CASE_METHOD(guard_fixture, "a reconcile that fails is asked again",
                 "[supervisors][guard]") {
  const auto recovers = GENERATE(true, false);
  options.effect = effect::reconcilable;
  script.acts = {act::error};
  script.found = {failure{.kind = failure_kind::network},
                  failure{.kind = failure_kind::network}};
  if (recovers)
    script.found.push_back(args("ok", 1));
  auto& log = call_to_end();
  CHECK(script.questions.size() == 3);
  CHECK(log.story.back()
        == (recovers ? "done 1 reconciled" : "unknown ambiguous_state"));
}

TEST_CASE_METHOD(guard_fixture, "a reconciled value must fit the output schema",
                 "[supervisors][guard]") {
  options.effect = effect::reconcilable;
  script.acts = {act::error};
  script.found = {args("colour", "red")};
  auto& log = call_to_end();
  CHECK(log.story.back() == "unknown ambiguous_state");
}

// -- timeouts and late results ------------------------------------------------

TEST_CASE_METHOD(guard_fixture,
                 "an attempt times out when its time is up and "
                 "not before",
                 "[supervisors][guard]") {
  options.attempt_timeout = 7s;
  script.otherwise = act::hang;
  auto& log = call();
  sim.advance(1s);
  auto& later = call();
  sim.advance(5999ms);
  CHECK(log.failed.empty());
  CHECK_FALSE(script.jobs[0].stop.stop_requested());
  sim.advance(1ms);
  REQUIRE(log.failed.size() == 1);
  CHECK(log.failed[0].why.kind == failure_kind::timeout);
  CHECK(script.jobs[0].stop.stop_requested());
  CHECK(later.failed.empty());
  sim.advance(1s);
  CHECK(later.failed.size() == 1);
}

TEST_CASE_METHOD(guard_fixture, "a late result is recorded and never delivered",
                 "[supervisors][guard]") {
  script.acts = {act::hang};
  auto& log = call();
  sim.advance(options.attempt_timeout + 10s);
  REQUIRE(log.done.size() == 1);
  release_tool();
  CHECK(log.done.size() == 1);
  REQUIRE(log.late.size() == 1);
  CHECK(log.late[0].attempt == 1);
  CHECK(log.late[0].result.get()["ok"] == 1);
  CHECK(events->count(event_kind::late_result) == 1);
}

TEST_CASE_METHOD(guard_fixture, "a late result reaches the run that waits now",
                 "[supervisors][guard]") {
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  script.acts = {act::hang};
  auto& old = call();
  sim.advance(options.attempt_timeout);
  auto log = run_log{.attempts = old.attempts};
  ask(run(log), log);
  sim.run();
  release_tool();
  CHECK(old.late.empty());
  CHECK(log.late.size() == 1);
}

// -- re-attachment ------------------------------------------------------------

TEST_CASE_METHOD(guard_fixture,
                 "a restarted run finds its call where it left "
                 "it, and nothing is sent to the tool twice",
                 "[supervisors][guard]") {
  script.otherwise = act::hang;
  auto& old = call();
  REQUIRE(script.jobs.size() == 1);
  auto log = run_log{.attempts = old.attempts};
  ask(run(log), log);
  sim.run();
  CHECK(script.jobs.size() == 1);
  release_tool();
  CHECK(log.story == story{"done 1 primary"});
  CHECK(old.done.empty());
}

TEST_CASE_METHOD(guard_fixture,
                 "a run that died before the attempt was "
                 "durable is admitted again",
                 "[supervisors][guard]") {
  start();
  auto old = run_log{.goes = false};
  ask(run(old), old);
  sim.run();
  auto log = run_log{};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{"admitted 1", "done 1 primary"});
  CHECK(script.jobs.size() == 1);
}

TEST_CASE_METHOD(guard_fixture,
                 "a run that died after the attempt was durable "
                 "need not be admitted again",
                 "[supervisors][guard]") {
  start();
  auto old = run_log{.goes = false};
  ask(run(old), old);
  sim.run();
  auto log = run_log{.attempts = {.made = 1, .open = true}};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{"done 1 primary"});
}

TEST_CASE_METHOD(guard_fixture,
                 "a run that did not hear of a failed attempt "
                 "hears of it again",
                 "[supervisors][guard]") {
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  script.acts = {act::error};
  auto& old = call();
  REQUIRE(old.failed.size() == 1);
  const auto knows = GENERATE(true, false);
  auto log = run_log{};
  log.attempts = knows ? old.attempts : attempt_state{.made = 1, .open = true};
  ask(run(log), log);
  sim.advance(4s);
  CHECK(log.failed.size() == (knows ? 0 : 1));
  CHECK(log.story.back() == "done 2 primary");
  CHECK(old.done.empty());
}

TEST_CASE_METHOD(guard_fixture,
                 "a run that did not hear the end hears it "
                 "again",
                 "[supervisors][guard]") {
  auto [tool, way, end] = GENERATE(table<effect, act, const char*>({
    {effect::once, act::succeed, "done 1 primary"},
    {effect::once, act::error, "unknown ambiguous_state"},
    {effect::idempotent, act::succeed, "done 1 primary"},
  }));
  options.effect = tool;
  script.otherwise = way;
  auto& old = call();
  REQUIRE(old.story.back() == end);
  auto log = run_log{.attempts = {.made = 1, .open = true}};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{end});
  CHECK(script.jobs.size() == 1);
}

TEST_CASE_METHOD(guard_fixture, "a step that a person reopened is called anew",
                 "[supervisors][guard]") {
  call();
  auto log = run_log{};
  ask(run(log), log);
  sim.run();
  CHECK(log.story == story{"admitted 1", "done 1 primary"});
  CHECK(script.jobs.size() == 2);
}

// -- dropping -----------------------------------------------------------------

TEST_CASE_METHOD(guard_fixture, "a dropped call that has not left ends at once",
                 "[supervisors][guard]") {
  start();
  auto log = run_log{.goes = false};
  const auto r = run(log);
  ask(r, log);
  sim.run();
  say(r, message::of(call_dropped{key_of()}));
  sim.run();
  CHECK(log.story == story{"admitted 1", "done 1 cancelled"});
  CHECK(log.done[0].result.why().effect == side_effect::not_started);
  say(r, message::of(attempt_go{key_of(), 1}));
  sim.run();
  CHECK(script.jobs.empty());
}

TEST_CASE_METHOD(guard_fixture,
                 "a dropped attempt is asked to stop and "
                 "awaited",
                 "[supervisors][guard]") {
  script.otherwise = act::hang;
  auto& log = call();
  say(cast.back(), message::of(call_dropped{key_of()}));
  sim.run();
  CHECK(log.done.empty());
  CHECK(script.jobs[0].stop.stop_requested());
  release_tool();
  CHECK(log.story.back() == "done 1 primary");
}

TEST_CASE_METHOD(guard_fixture, "no attempt follows a dropped one that failed",
                 "[supervisors][guard]") {
  auto [tool, said, end] = GENERATE(table<effect, side_effect, const char*>({
    {effect::read_only, side_effect::unknown, "done 1 network"},
    {effect::idempotent, side_effect::none, "done 1 network"},
    {effect::idempotent, side_effect::unknown, "unknown ambiguous_state"},
    {effect::reconcilable, side_effect::unknown, "done 1 cancelled"},
    {effect::once, side_effect::unknown, "unknown ambiguous_state"},
  }));
  options.effect = tool;
  script.otherwise = act::hang;
  script.released = failure{.kind = failure_kind::network, .effect = said};
  script.found = {failure{.effect = side_effect::none}};
  auto& log = call();
  say(cast.back(), message::of(call_dropped{key_of()}));
  sim.run();
  release_tool();
  CHECK(log.story.back() == end);
  CHECK(script.jobs.size() == 1);
}

TEST_CASE_METHOD(guard_fixture,
                 "a call dropped during a backoff ends at once, "
                 "unless an attempt may have acted",
                 "[supervisors][guard]") {
  auto [said, end] = GENERATE(table<side_effect, const char*>({
    {side_effect::none, "done 1 cancelled"},
    {side_effect::unknown, "unknown ambiguous_state"},
  }));
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  script.acts = {act::error};
  script.error.effect = said;
  auto& log = call();
  say(cast.back(), message::of(call_dropped{key_of()}));
  sim.run();
  CHECK(log.story.back() == end);
  sim.advance(1h);
  CHECK(script.jobs.size() == 1);
}

// -- the spec -----------------------------------------------------------------

TEST_CASE_METHOD(guard_fixture, "a wrong spec is refused with every field",
                 "[supervisors][guard]") {
  options.name = "";
  options.attempt_timeout = 0s;
  options.retry.max_attempts = 0;
  options.child = nullptr;
  const auto problems = validate(options);
  CHECK(problems.size() == 4);
  try {
    static_cast<void>(make_guard(options));
    FAIL("was taken");
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_spec);
    for (const auto* field :
         {"name", "attempt_timeout", "retry.max_attempts", "child"})
      CHECK_THAT(e.what(), ContainsSubstring(field));
  }
}
