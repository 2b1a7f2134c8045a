#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

using story = std::vector<std::string>;

/// A tool whose attempts are sent once more after two seconds.
struct hedged_tool : guard_fixture {
  hedged_tool() {
    options.hedge = hedge_options{};
    options.retry.max_attempts = 1;
    options.breaker.consecutive_failures = 1'000;
    options.breaker.failure_rate = 0;
  }
};

} // namespace

TEST_CASE_METHOD(hedged_tool, "an attempt that is answered soon is sent once",
                 "[supervisors][guard][hedging]") {
  call();
  script.acts = {act::hang};
  auto& second = call();
  sim.advance(1999ms);
  CHECK(script.jobs.size() == 2);
  release_tool();
  CHECK(second.story.back() == "done 1 primary");
  sim.advance(1h);
  CHECK(script.jobs.size() == 2);
  CHECK(events->count(event_kind::hedge_started) == 0);
}

TEST_CASE_METHOD(hedged_tool,
                 "an attempt that takes long is sent once more, and the first "
                 "success counts",
                 "[supervisors][guard][hedging]") {
  options.effect = GENERATE(effect::read_only, effect::idempotent);
  script.acts = {act::hang, act::succeed};
  auto& log = call(options.effect == effect::read_only);
  sim.advance(2s);
  REQUIRE(script.jobs.size() == 2);
  CHECK(script.jobs[1].key == script.jobs[0].key);
  CHECK(script.jobs[1].attempt == 1);
  CHECK(log.story.back() == "done 1 primary");
  CHECK(script.jobs[0].stop.stop_requested());
  CHECK_FALSE(script.jobs[1].stop.stop_requested());
  const auto& started = events->last(event_kind::hedge_started);
  CHECK(started.step == "5");
  CHECK(json::parse(started.fields) == json{{"attempt", 1}, {"copy", 1}});
  release_tool();
  CHECK(log.done.size() == 1);
  REQUIRE(log.late.size() == 1);
  CHECK(log.late[0].attempt == 1);
  CHECK(events->count(event_kind::late_result) == 1);
}

TEST_CASE_METHOD(hedged_tool, "of two copies that succeed the second is late",
                 "[supervisors][guard][hedging]") {
  script.otherwise = act::hang;
  auto& log = call();
  sim.advance(2s);
  release_tool(); // both
  CHECK(log.done.size() == 1);
  CHECK(log.late.size() == 1);
  CHECK(events->count(event_kind::attempt_ended) == 0);
}

TEST_CASE_METHOD(hedged_tool, "a copy that fails waits for the other",
                 "[supervisors][guard][hedging]") {
  const auto other = GENERATE(act::succeed, act::error);
  options.hedge->most = 2;
  script.acts = {act::hang, act::error};
  auto& log = call();
  sim.advance(2s);
  CHECK(log.done.empty());
  CHECK(json::parse(events->last(event_kind::attempt_ended).fields)["verdict"]
        == "await_copy");
  if (other == act::error)
    script.released = outcome{failure{.kind = failure_kind::http_5xx,
                                      .effect = side_effect::none,
                                      .message = "the first copy"}};
  release_tool();
  if (other == act::succeed) {
    CHECK(log.story.back() == "done 1 primary");
  } else {
    // One of them may have acted.
    CHECK(log.story.back() == "unknown max_retries_exceeded");
    CHECK(log.unknown[0].why.message == "the first copy");
    REQUIRE(log.unknown[0].why.cause);
    CHECK(log.unknown[0].why.cause->kind == failure_kind::network);
  }
}

TEST_CASE_METHOD(hedged_tool, "a hedged attempt is one of the call's attempts",
                 "[supervisors][guard][hedging]") {
  options.effect = effect::read_only;
  options.retry = {.max_attempts = 2,
                   .backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none}};
  script.acts = {act::hang, act::error};
  script.released = outcome{failure{.kind = failure_kind::network}};
  auto& log = call();
  sim.advance(2s);
  release_tool();
  CHECK(
    log.story
    == story{"admitted 1", "failed 1 network", "admitted 2", "done 2 primary"});
}

TEST_CASE_METHOD(hedged_tool, "a copy that answers nonsense is no success",
                 "[supervisors][guard][hedging]") {
  script.acts = {act::hang, act::wrong_shape};
  auto& log = call();
  sim.advance(2s);
  CHECK(log.done.empty());
  release_tool();
  CHECK(log.story.back() == "done 1 primary");
}

TEST_CASE_METHOD(hedged_tool, "as many copies leave as may",
                 "[supervisors][guard][hedging]") {
  options.hedge->most = 3;
  script.otherwise = act::hang;
  auto& log = call();
  sim.advance(5999ms);
  CHECK(script.jobs.size() == 3);
  sim.advance(10s);
  CHECK(script.jobs.size() == 4);
  release_tool();
  CHECK(log.done.size() == 1);
  CHECK(log.late.size() == 3);
}

TEST_CASE_METHOD(hedged_tool, "each copy has its own time",
                 "[supervisors][guard][hedging]") {
  options.effect = effect::read_only;
  script.otherwise = act::hang;
  auto& log = call();
  sim.advance(options.attempt_timeout);
  CHECK(log.done.empty());
  CHECK(script.jobs[0].stop.stop_requested());
  CHECK_FALSE(script.jobs[1].stop.stop_requested());
  sim.advance(2s);
  CHECK(log.story.back() == "done 1 timeout");
}

TEST_CASE_METHOD(hedged_tool, "a copy spends a retry",
                 "[supervisors][guard][hedging]") {
  options.retry_budget = {.share = 0, .reserve = 1, .window = 1min};
  script.otherwise = act::hang;
  call();
  call();
  sim.advance(2s);
  CHECK(script.jobs.size() == 3);
  const auto& denied = events->last(event_kind::retry_denied);
  CHECK(json::parse(denied.fields) == json{{"attempt", 1}, {"hedge", true}});
}

TEST_CASE_METHOD(hedged_tool, "a tool in trouble gets no copies",
                 "[supervisors][guard][hedging]") {
  options.breaker.consecutive_failures = 1;
  script.acts = {act::hang, act::error};
  script.error.effect = side_effect::none;
  call();
  call();
  REQUIRE(describe().detail == "open");
  sim.advance(1min);
  CHECK(script.jobs.size() == 2);
}

TEST_CASE_METHOD(hedged_tool, "a copy waits for nothing",
                 "[supervisors][guard][hedging]") {
  SECTION("no turn under a rate limit") {
    options.rate = {.requests = 1, .per = 1h};
  }
  SECTION("no place") {
    options.limit = {.most = 1};
  }
  SECTION("no tool") {
    options.effect = effect::read_only;
    options.restart_backoff = {.first = 3s, .cap = 3s, .jitter = jitter::none};
  }
  script.otherwise = act::hang;
  call();
  if (options.restart_backoff.first == 3s)
    sys.kill(script.now);
  sim.advance(2s);
  CHECK(script.jobs.size() == 1);
  CHECK(events->count(event_kind::hedge_started) == 0);
}

TEST_CASE_METHOD(hedged_tool,
                 "a copy has a place until the tool is done with it",
                 "[supervisors][guard][hedging]") {
  options.limit = {.most = 2};
  script.acts = {act::hang, act::succeed};
  script.otherwise = act::hang;
  call();
  sim.advance(2s);
  call(); // has the place of the copy that won
  call(); // the one that lost still has its own
  CHECK(script.jobs.size() == 3);
  release_tool();
  CHECK(script.jobs.size() == 4);
}

TEST_CASE_METHOD(hedged_tool, "a dropped call stops all copies",
                 "[supervisors][guard][hedging]") {
  script.otherwise = act::hang;
  SECTION("and sends no more") {
    auto& log = call();
    say(cast.back(), message::of(call_dropped{key_of()}));
    sim.advance(3s);
    CHECK(script.jobs.size() == 1);
    release_tool();
    CHECK(log.story.back() == "done 1 primary");
  }
  SECTION("that are out") {
    call();
    sim.advance(2s);
    say(cast.back(), message::of(call_dropped{key_of()}));
    sim.run();
    REQUIRE(script.jobs.size() == 2);
    CHECK(script.jobs[0].stop.stop_requested());
    CHECK(script.jobs[1].stop.stop_requested());
  }
}

TEST_CASE_METHOD(hedged_tool, "a tool that goes down takes all copies with it",
                 "[supervisors][guard][hedging]") {
  options.effect = GENERATE(effect::read_only, effect::idempotent);
  options.restart_backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
  options.retry = {.max_attempts = 2,
                   .backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none}};
  script.acts = {act::hang, act::hang, act::quit};
  auto& log = call();
  sim.advance(2s);
  REQUIRE(script.jobs.size() == 2);
  call(); // its end
  sim.run();
  CHECK(log.story.back() == "done 2 primary");
  CHECK(log.failed.size() == 1);
}

TEST_CASE_METHOD(hedged_tool, "a tool that must not act twice is not hedged",
                 "[supervisors][guard][hedging]") {
  options.effect = effect::once;
  CHECK_THAT(validate(options).at(0), StartsWith("hedge.effect: "));
  options.effect = effect::reconcilable;
  CHECK_THAT(validate(options).at(0), StartsWith("hedge.effect: "));
}
