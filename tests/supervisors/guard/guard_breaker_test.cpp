#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

/// A tool that fails without effect, so that only the breaker is of interest.
struct failing_tool : guard_fixture {
  failing_tool() {
    options.retry.max_attempts = 1;
    options.breaker.consecutive_failures = 3;
    options.breaker.open_for = 20s;
    script.otherwise = act::error;
    script.error.effect = side_effect::none;
  }
  void fail(int times) {
    for (auto i = 0; i < times; ++i)
      call();
  }
  std::string state() {
    return describe().detail;
  }
};

} // namespace

TEST_CASE_METHOD(failing_tool,
                 "failures in a row open the breaker, and calls "
                 "wait in their runs",
                 "[supervisors][guard]") {
  fail(2);
  CHECK(state() == "closed");
  fail(1);
  CHECK(state() == "open");
  CHECK(events->count(event_kind::breaker_opened) == 1);
  auto& log = call();
  CHECK(log.story == std::vector<std::string>{"waits breaker"});
  CHECK(log.waits[0].until == sys.clock().now() + 20s);
  CHECK(script.jobs.size() == 3);
}

TEST_CASE_METHOD(failing_tool,
                 "a breaker that closes soon is waited for in "
                 "the guard",
                 "[supervisors][guard]") {
  fail(3);
  script.otherwise = act::succeed;
  sim.advance(16s);
  auto& log = call();
  CHECK(log.held == 1);
  CHECK(log.story.empty());
  sim.advance(4s);
  CHECK(log.story.back() == "done 1 primary");
}

TEST_CASE_METHOD(failing_tool,
                 "two probes close the breaker, and those who "
                 "waited go on",
                 "[supervisors][guard]") {
  fail(3);
  sim.advance(21s);
  script.otherwise = act::hang;
  auto& one = call();
  auto& two = call();
  auto& three = call();
  CHECK(state() == "half_open");
  CHECK(script.jobs.size() == 5);
  CHECK(three.held == 1);
  script.otherwise = act::succeed;
  release_tool();
  CHECK(one.done.size() == 1);
  CHECK(two.done.size() == 1);
  CHECK(state() == "closed");
  CHECK(three.story.back() == "done 1 primary"); // no time has passed
  CHECK(events->count(event_kind::breaker_closed) == 1);
}

TEST_CASE_METHOD(failing_tool, "a probe that fails opens it for longer",
                 "[supervisors][guard]") {
  fail(3);
  sim.advance(21s);
  fail(1);
  CHECK(state() == "open");
  CHECK(call().waits[0].until == sys.clock().now() + 40s);
}

TEST_CASE_METHOD(failing_tool, "a result of an older generation closes nothing",
                 "[supervisors][guard]") {
  script.acts = {act::hang};
  auto& early = call();
  fail(3);
  REQUIRE(state() == "open");
  release_tool();
  CHECK(early.story.back() == "done 1 primary");
  CHECK(state() == "open");
}

TEST_CASE_METHOD(failing_tool, "a dropped probe gives its place back",
                 "[supervisors][guard]") {
  fail(3);
  sim.advance(21s);
  auto logs_of_probes = std::vector<run_log>(2);
  for (auto number : {11U, 12U}) {
    auto& log = logs_of_probes[number - 11];
    log.goes = false;
    const auto r = run(log);
    ask(r, log, number);
    sim.run();
    REQUIRE(log.admitted.size() == 1);
    say(r, message::of(call_dropped{key_of(number)}));
    sim.run();
  }
  script.otherwise = act::succeed;
  CHECK(call().story.back() == "done 1 primary");
}

TEST_CASE_METHOD(failing_tool, "the caller's own mistakes do not open it",
                 "[supervisors][guard]") {
  script.error.kind = failure_kind::not_found;
  fail(20);
  CHECK(state() == "closed");
}

TEST_CASE_METHOD(failing_tool, "waiting for the breaker costs no attempt",
                 "[supervisors][guard]") {
  options.retry.max_attempts = 2;
  options.retry.backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
  options.breaker.consecutive_failures = 1;
  script.acts = {act::error};
  script.otherwise = act::succeed;
  auto& log = call_to_end();
  CHECK(log.story
        == std::vector<std::string>{"admitted 1", "failed 1 network",
                                    "waits breaker", "admitted 2",
                                    "done 2 primary"});
}

TEST_CASE_METHOD(failing_tool, "its state is kept and taken up again",
                 "[supervisors][guard]") {
  fail(3);
  const auto kept = facts.at(breaker_fact("t"));
  CHECK_FALSE(kept.empty());
  auto next = failing_tool{};
  next.options.breaker_text = kept;
  CHECK(next.call().story == std::vector<std::string>{"waits breaker"});
  // Closed is the absence of a fact.
  next.script.otherwise = act::succeed;
  next.sim.advance(21s);
  next.call();
  next.call();
  CHECK(next.facts.at(breaker_fact("t")).empty());
}

TEST_CASE_METHOD(failing_tool, "a kept state that cannot be read isolates",
                 "[supervisors][guard]") {
  options.breaker_text = "rubbish";
  auto& log = call();
  CHECK(state() == "isolated");
  CHECK(log.story == std::vector<std::string>{"done 0 circuit_open"});
}

TEST_CASE_METHOD(failing_tool,
                 "an isolated tool fails calls without effect "
                 "until a person closes it",
                 "[supervisors][guard]") {
  script.otherwise = act::succeed;
  start();
  auto log = run_log{};
  const auto operators = run(log);
  say(operators, message::of(isolate_tool{"it misbehaves"}));
  sim.run();
  auto& refused = call();
  REQUIRE(refused.done.size() == 1);
  CHECK(refused.done[0].result.why().kind == failure_kind::circuit_open);
  CHECK(refused.done[0].result.why().effect == side_effect::not_started);
  CHECK_THAT(events->last(event_kind::breaker_isolated).fields,
             ContainsSubstring("it misbehaves"));
  sim.advance(24h);
  CHECK(state() == "isolated");
  say(operators, message::of(close_breaker{"mended"}));
  sim.run();
  CHECK(call().story.back() == "done 1 primary");
}

TEST_CASE_METHOD(failing_tool,
                 "an attempt that may have acted is not reported "
                 "as refused",
                 "[supervisors][guard]") {
  options.retry.max_attempts = 3;
  options.retry.backoff = {.first = 4s, .cap = 4s, .jitter = jitter::none};
  script.error.effect = side_effect::unknown;
  auto& log = call();
  say(cast.back(), message::of(isolate_tool{}));
  sim.advance(4s);
  CHECK(log.story.back() == "unknown ambiguous_state");
  CHECK(log.unknown[0].why.kind == failure_kind::circuit_open);
  REQUIRE(log.unknown[0].why.cause);
  CHECK(log.unknown[0].why.cause->kind == failure_kind::network);
}

// -- hung workers
// --------------------------------------------------------------

namespace {

/// A tool on the pool whose functions run on after their time is up.
struct hanging_tool : guard_fixture {
  std::vector<std::thread::id> replaced;
  std::thread worker{[] {}};

  hanging_tool() {
    options.effect = effect::idempotent;
    options.retry.max_attempts = 1;
    options.breaker.consecutive_failures = 100;
    options.replace_worker
      = [this](std::thread::id x) { replaced.push_back(x); };
    script.otherwise = act::hang;
  }
  ~hanging_tool() {
    worker.join();
  }
  /// A call that times out while its function is on a thread, or not.
  void hang(bool on_thread) {
    call();
    if (on_thread)
      *script.jobs.back().where = worker.get_id();
    sim.advance(options.attempt_timeout + options.hung_after);
  }
};

} // namespace

TEST_CASE_METHOD(hanging_tool, "a worker that hangs is given up, once a call",
                 "[supervisors][guard]") {
  hang(true);
  CHECK(replaced == std::vector{worker.get_id()});
  CHECK(events->count(event_kind::worker_abandoned) == 1);
  sim.advance(1h);
  CHECK(replaced.size() == 1);
}

TEST_CASE_METHOD(hanging_tool,
                 "a function that heeds its stop token does not "
                 "cost a worker",
                 "[supervisors][guard]") {
  call();
  *script.jobs.back().where = worker.get_id();
  sim.advance(options.attempt_timeout);
  REQUIRE(script.jobs.back().stop.stop_requested());
  *script.jobs.back().where = std::thread::id{};
  sim.advance(1h);
  CHECK(replaced.empty());
}

TEST_CASE_METHOD(hanging_tool, "a job that never reached a thread costs none",
                 "[supervisors][guard]") {
  for (auto i = 0; i < 10; ++i)
    hang(false);
  CHECK(replaced.empty());
  CHECK(describe().detail == "closed");
}

TEST_CASE_METHOD(hanging_tool, "four workers that hang isolate the tool",
                 "[supervisors][guard]") {
  for (auto i = 0; i < 3; ++i)
    hang(true);
  CHECK(describe().detail == "closed");
  hang(true);
  CHECK(describe().detail == "isolated");
  CHECK_THAT(events->last(event_kind::breaker_isolated).fields,
             ContainsSubstring("hang in threads"));
}

TEST_CASE_METHOD(hanging_tool, "a worker that returned no longer counts",
                 "[supervisors][guard]") {
  for (auto i = 0; i < 10; ++i) {
    hang(true);
    *script.jobs.back().where = std::thread::id{};
  }
  CHECK(describe().detail == "closed");
}
