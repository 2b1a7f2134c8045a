#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

using story = std::vector<std::string>;

/// A tool that has two attempts at a time, which hang.
struct narrow_tool : guard_fixture {
  narrow_tool() {
    options.limit = {.most = 2};
    options.retry.backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
    options.breaker.consecutive_failures = 1'000;
    options.breaker.failure_rate = 0;
    script.otherwise = act::hang;
  }
  /// Calls that never end by themselves.
  void occupy(int places = 2) {
    for (auto i = 0; i < places; ++i)
      call();
  }
  run_number last() const {
    return logs.size();
  }
  /// How many calls find a place at once.
  std::size_t free_places() {
    script.otherwise = act::hang;
    const auto before = script.jobs.size();
    for (auto i = 0; i < 5; ++i)
      call();
    return script.jobs.size() - before;
  }
};

} // namespace

// -- the line -----------------------------------------------------------------

TEST_CASE_METHOD(narrow_tool, "calls wait for places in order of arrival",
                 "[supervisors][guard][limit]") {
  options.limit->most = 1;
  occupy(1);
  auto& second = call();
  auto& third = call();
  CHECK(script.jobs.size() == 1);
  CHECK(second.held == 1);
  CHECK(second.story.empty());
  release_tool();
  CHECK(second.story == story{"admitted 1"});
  CHECK(third.story.empty());
  script.otherwise = act::succeed;
  release_tool();
  CHECK(second.story.back() == "done 1 primary");
  CHECK(third.story.back() == "done 1 primary");
  CHECK(free_places() == 1);
}

TEST_CASE_METHOD(narrow_tool, "a call that finds no room to wait is over",
                 "[supervisors][guard][limit]") {
  options.limit->queue = 1;
  occupy();
  call();
  auto& log = call();
  CHECK(log.story == story{"done 0 bulkhead_full"});
  CHECK(log.done[0].result.why().effect == side_effect::not_started);
  const auto fields
    = json::parse(events->last(event_kind::call_refused).fields);
  CHECK(fields["why"] == "place");
  CHECK(describe().detail == "closed"); // it says nothing against the tool
}

TEST_CASE_METHOD(narrow_tool, "a long wait is the run's, and keeps its number",
                 "[supervisors][guard][limit]") {
  options.attempt_timeout = 1h;
  occupy();
  auto& third = call(false, true);
  sim.advance(5s);
  REQUIRE(third.waits.size() == 1);
  CHECK(third.waits[0].why == wait_reason::place);
  CHECK(third.waits[0].until >= sys.clock().now() + 5s);
  auto& fourth = call(); // it may not pass the third, should that come back
  sim.advance(4s);
  CHECK(fourth.waits.empty());
  sim.advance(6s);
  REQUIRE(third.waits.size() == 1); // back in line
  release_tool();
  CHECK(third.story.back() == "admitted 1");
}

TEST_CASE_METHOD(narrow_tool, "who is back stands before who came later",
                 "[supervisors][guard][limit]") {
  options.attempt_timeout = 1h;
  options.limit->most = 1;
  occupy(1);
  auto& second = call();
  sim.advance(5s);
  REQUIRE(second.waits.size() == 1);
  sim.advance(second.waits[0].until - sys.clock().now());
  auto& third = call();
  ask(cast[cast.size() - 2], second, 2);
  sim.run();
  release_tool();
  CHECK(second.story.back() == "admitted 1");
  CHECK(third.story.empty());
}

TEST_CASE_METHOD(narrow_tool, "those who wait in their runs count as waiting",
                 "[supervisors][guard][limit]") {
  options.attempt_timeout = 1h;
  options.limit->queue = 1;
  occupy();
  auto& third = call();
  sim.advance(5s);
  REQUIRE(third.waits.size() == 1);
  CHECK(call().story == story{"done 0 bulkhead_full"});
  sim.advance(1h - 10s); // it never came back
  CHECK(call().story.empty());
}

TEST_CASE_METHOD(narrow_tool, "nobody waits for longer than allowed",
                 "[supervisors][guard][limit]") {
  options.attempt_timeout = 1h;
  options.limit->max_wait = GENERATE(3s, 8s, 60s);
  occupy();
  const auto begin = sys.clock().now();
  auto& log = call(false, true);
  sim.run_until([&log] { return !log.done.empty(); }, 1h);
  CHECK(log.story.back() == "done 0 bulkhead_full");
  CHECK(sys.clock().now() - begin >= options.limit->max_wait);
  CHECK(sys.clock().now() - begin <= options.limit->max_wait + 1s);
}

TEST_CASE_METHOD(narrow_tool, "nobody waits past the deadline of its run",
                 "[supervisors][guard][limit]") {
  occupy();
  auto log = run_log{};
  say(run(log), message::of(call_request{.key = key_of(9),
                                         .arguments = R"({"id":7})",
                                         .deadline = sys.clock().now() + 3s}));
  sim.advance(2999ms);
  CHECK(log.story.empty());
  sim.advance(1ms);
  CHECK(log.story == story{"done 0 bulkhead_full"});
}

TEST_CASE_METHOD(narrow_tool, "a retry finds a full line no obstacle",
                 "[supervisors][guard][limit]") {
  options.limit = {.most = 1, .queue = 0, .max_wait = 20s};
  options.retry.backoff = {.first = 1s, .cap = 1s, .jitter = jitter::none};
  script.acts = {act::error};
  auto& first = call(false, true);
  call(); // has the place meanwhile
  sim.advance(1s);
  CHECK(call().story == story{"done 0 bulkhead_full"});
  SECTION("and gets its place") {
    release_tool();
    CHECK(first.story.back() == "admitted 2");
  }
  SECTION("but waits no longer than others") {
    sim.run_until([&first] { return !first.unknown.empty(); }, 1h);
    CHECK(first.story.back() == "unknown ambiguous_state");
    CHECK(first.unknown[0].why.kind == failure_kind::bulkhead_full);
    CHECK(script.jobs.size() == 2);
  }
}

// -- places are given back ----------------------------------------------------

TEST_CASE_METHOD(narrow_tool, "every end of an attempt gives its place back",
                 "[supervisors][guard][limit]") {
  const auto way = GENERATE(act::succeed, act::wrong_shape, act::error,
                            act::throw_std, act::throw_other, act::quit);
  options.effect = GENERATE(effect::read_only, effect::idempotent, effect::once,
                            effect::reconcilable);
  CAPTURE(way, to_string(options.effect));
  options.retry.max_attempts = 1;
  options.restarts.max_restarts = 100;
  options.restart_backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
  script.found = {failure{.effect = side_effect::none}};
  for (auto i = 0; i < 6; ++i) {
    script.acts = {way};
    call();
    sim.advance(1s);
  }
  CHECK(free_places() == 2);
}

TEST_CASE_METHOD(narrow_tool, "a dropped call gives its place back, once",
                 "[supervisors][guard][limit]") {
  start();
  SECTION("while it is admitted") {
    auto log = run_log{.goes = false};
    const auto r = run(log);
    ask(r, log, 50);
    sim.run();
    for (auto i = 0; i < 2; ++i)
      say(r, message::of(call_dropped{key_of(50)}));
    sim.run();
    CHECK(log.story.back() == "done 1 cancelled");
  }
  SECTION("while it is in line") {
    occupy();
    auto& log = call();
    say(cast.back(), message::of(call_dropped{key_of(last())}));
    sim.run();
    CHECK(log.story == story{"done 0 cancelled"});
    release_tool();
  }
  SECTION("while the tool has it, when that is done") {
    call();
    say(cast.back(), message::of(call_dropped{key_of(last())}));
    sim.run();
    release_tool();
  }
  CHECK(free_places() == 2);
}

TEST_CASE_METHOD(narrow_tool,
                 "an attempt that timed out has its place until the tool is "
                 "done with it",
                 "[supervisors][guard][limit]") {
  options.effect = effect::once;
  options.limit->max_wait = 1h;
  occupy();
  sim.advance(options.attempt_timeout);
  CHECK(logs[0].story.back() == "unknown ambiguous_state");
  CHECK(free_places() == 0);
  release_tool();
  sim.advance(1s);
  CHECK(script.jobs.size() == 4); // two of those that waited
}

TEST_CASE_METHOD(narrow_tool, "a tool that went down has no attempts",
                 "[supervisors][guard][limit]") {
  options.effect = effect::once;
  options.restart_backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
  occupy(1);
  script.acts = {act::quit};
  call();
  sim.advance(1s);
  CHECK(script.starts == 2);
  CHECK(free_places() == 2);
}

TEST_CASE_METHOD(narrow_tool,
                 "a call whose run is gone has its place for a while only",
                 "[supervisors][guard][limit]") {
  start();
  for (auto number : {50U, 51U}) {
    auto log = run_log{.goes = false};
    ask(run(log), log, number);
    sim.run();
    REQUIRE(log.admitted.size() == 1);
    sys.kill(cast.back());
    sim.run();
  }
  auto& log = call();
  CHECK(log.story.empty());
  sim.advance(6s);
  CHECK(log.story == story{"admitted 1"});
  SECTION("and stands in line should its attempt leave yet") {
    call();
    auto back = run_log{.attempts = {.made = 1, .open = true}};
    ask(run(back), back, 50);
    sim.run();
    CHECK(script.jobs.size() == 2);
    release_tool();
    CHECK(script.jobs.size() == 3);
    CHECK(script.jobs.back().attempt == 1);
    CHECK(back.waits.empty());
  }
}

TEST_CASE_METHOD(narrow_tool, "who stands in line holds no probe",
                 "[supervisors][guard][limit]") {
  options.limit->most = 1;
  options.retry.max_attempts = 1;
  options.breaker.consecutive_failures = 1;
  options.breaker.open_for = 1s;
  script.acts = {act::error};
  script.error.effect = side_effect::none;
  call();
  sim.advance(1s);
  auto& probe = call();
  call();
  call();
  CHECK(describe().detail == "half_open");
  script.otherwise = act::succeed;
  release_tool();
  CHECK(probe.story.back() == "done 1 primary");
  CHECK(describe().detail == "closed");
}

TEST_CASE_METHOD(narrow_tool, "a question needs a place as well",
                 "[supervisors][guard][limit]") {
  options.effect = effect::reconcilable;
  options.limit->most = 1;
  script.released = outcome{script.error};
  script.found = {args("ok", 1)};
  auto& log = call();
  auto& other = call();
  release_tool();
  CHECK(script.questions.empty()); // the other one came first
  CHECK(other.story == story{"admitted 1"});
  script.released.reset();
  release_tool();
  CHECK(script.questions.size() == 1);
  CHECK(log.story.back() == "done 1 reconciled");
}

TEST_CASE_METHOD(narrow_tool, "a question that finds no place parks its run",
                 "[supervisors][guard][limit]") {
  options.effect = effect::reconcilable;
  options.limit = {.most = 1, .max_wait = 10s};
  script.found = {args("ok", 1)};
  auto& log = call(false, true);
  sim.run_until([&log] { return !log.unknown.empty(); }, 1h);
  CHECK(log.story.back() == "unknown ambiguous_state");
  REQUIRE(log.unknown[0].why.cause);
  CHECK(log.unknown[0].why.cause->kind == failure_kind::bulkhead_full);
}

TEST_CASE_METHOD(narrow_tool, "a read-only call leaves at once, if it may",
                 "[supervisors][guard][limit]") {
  options.effect = effect::read_only;
  call(true);
  call(true);
  auto& third = call(true);
  CHECK(script.jobs.size() == 2);
  CHECK(third.held == 1);
  release_tool();
  CHECK(script.jobs.size() == 3);
}

// -- a limit that adapts ------------------------------------------------------

TEST_CASE_METHOD(narrow_tool, "a tool that is overloaded gets fewer attempts",
                 "[supervisors][guard][limit]") {
  options.limit
    = {.most = 8, .adapt = aimd_options{.initial = 4, .shrink = 0.5}};
  options.retry.max_attempts = 1;
  script.acts = {act::error};
  script.error
    = {.kind = failure_kind::overloaded, .effect = side_effect::none};
  call();
  const auto fields
    = json::parse(events->last(event_kind::limit_lowered).fields);
  CHECK(fields == json{{"from", 4}, {"to", 2}});
  CHECK(free_places() == 2);
}

TEST_CASE_METHOD(narrow_tool, "a tool that bears it gets more attempts",
                 "[supervisors][guard][limit]") {
  options.limit = {.most = 3, .adapt = aimd_options{.initial = 1}};
  for (auto i = 0; i < 3; ++i)
    call(); // one flies, two wait
  script.otherwise = act::succeed;
  release_tool();
  CHECK(logs[2].story.back() == "done 1 primary");
  CHECK(events->count(event_kind::limit_lowered) == 0);
  CHECK(free_places() == 3);
}
