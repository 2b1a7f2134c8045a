#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
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

TEST_CASE_METHOD(failing_tool,
                 "a tool that fails every other call is left alone for a while",
                 "[supervisors][guard]") {
  for (auto i = 0; i < 3; ++i) {
    script.acts = {act::succeed, act::error};
    call();
    CHECK(state() == "closed");
    call();
  }
  CHECK(state() == "open");
  const auto fields
    = json::parse(events->last(event_kind::breaker_opened).fields);
  CHECK(fields["cause"] == "failure_rate");
  CHECK(fields["recent"] == json{{"calls", 6}, {"failed", 3}, {"slow", 0}});
}

TEST_CASE_METHOD(failing_tool, "a slow call is one that took the tool long",
                 "[supervisors][guard]") {
  options.breaker.slow_after = 7s;
  options.breaker.minimum_calls = 1;
  script.otherwise = act::hang;
  const auto takes = GENERATE(6s, 7s);
  start();
  auto log = run_log{.goes = false};
  const auto r = run(log);
  ask(r, log);
  sim.advance(20s); // the journal's time is not the tool's
  say(r, message::of(attempt_go{key_of(), 1}));
  sim.advance(takes);
  release_tool();
  CHECK(log.story.back() == "done 1 primary");
  CHECK(state() == (takes == 7s ? "open" : "closed"));
}

TEST_CASE_METHOD(failing_tool,
                 "a probe whose run died gives its place back in the end",
                 "[supervisors][guard]") {
  fail(3);
  sim.advance(21s);
  for (auto number : {11U, 12U}) {
    auto log = run_log{.goes = false};
    ask(run(log), log, number);
    sim.run();
    REQUIRE(log.admitted.size() == 1);
    sys.kill(cast.back());
    sim.run();
  }
  script.otherwise = act::succeed;
  auto& log = call_to_end();
  CHECK(log.story.back() == "done 1 primary");
  CHECK(call_to_end().story.back() == "done 1 primary");
  CHECK(state() == "closed");
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
                 "a guard that finds its tool isolated closes it "
                 "if a person has said so meanwhile",
                 "[supervisors][guard]") {
  script.otherwise = act::succeed;
  const auto at = sys.clock().now();
  auto kept = breaker{};
  static_cast<void>(kept.isolate(at));
  options.breaker_text = kept.to_text();
  const auto [decided, state_then] = GENERATE(
    table<bool, std::string>({{true, "closed"}, {false, "isolated"}}));
  auto told = std::vector<instant>{};
  options.on_isolated
    = [&told, d = decided](instant since, const std::string&) {
        told.push_back(since);
        return d;
      };
  sim.advance(1h);
  start();
  CHECK(state() == state_then);
  CHECK(told == std::vector{at});
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

// -- hung workers -------------------------------------------------------------

namespace {

/// A thread that can be put inside a job, and out again.
class pool_thread {
public:
  [[nodiscard]] std::thread::id id() const {
    return thread_.get_id();
  }
  /// Lets the thread do `what`, now.
  void run(std::function<void()> what) {
    auto done = std::promise<void>{};
    orders_.push({std::move(what), &done});
    done.get_future().wait();
  }
  pool_thread() = default;
  ~pool_thread() {
    orders_.push({nullptr, nullptr});
    thread_.join();
  }

private:
  using order = std::pair<std::function<void()>, std::promise<void>*>;

  /// Blocks both sides.
  class mailbox {
  public:
    void push(order x) {
      {
        const std::lock_guard lock{mutex_};
        content_.push_back(std::move(x));
      }
      filled_.notify_one();
    }
    order pop() {
      auto lock = std::unique_lock{mutex_};
      filled_.wait(lock, [this] { return !content_.empty(); });
      auto x = std::move(content_.front());
      content_.pop_front();
      return x;
    }

  private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<order> content_;
  };

  void loop() {
    while (true) {
      const auto [what, done] = orders_.pop();
      if (!what)
        return;
      what();
      done->set_value();
    }
  }

  mailbox orders_;
  std::thread thread_{[this] { loop(); }};
};

/// A tool on the pool whose functions run on after their time is up.
struct hanging_tool : guard_fixture {
  std::vector<std::thread::id> replaced;
  pool_thread worker;

  hanging_tool() {
    options.effect = effect::once;
    options.retry.max_attempts = 1;
    options.breaker.consecutive_failures = 100;
    options.breaker.failure_rate = 0;
    options.replace_worker
      = [this](std::thread::id x) { replaced.push_back(x); };
    script.otherwise = act::hang;
  }
  void begin() {
    auto entered = false;
    worker.run(
      [&entered, mark = script.jobs.back().where] { entered = mark->enter(); });
    REQUIRE(entered);
  }
  void end() {
    worker.run([mark = script.jobs.back().where] { mark->leave(); });
  }
  /// A call whose function still runs when its time is up and the grace over.
  run_log& hang() {
    auto& log = call();
    begin();
    sim.advance(options.attempt_timeout + options.hung_after);
    return log;
  }
};

} // namespace

TEST_CASE_METHOD(hanging_tool, "a worker that hangs is given up, once a call",
                 "[supervisors][guard]") {
  auto& log = hang();
  CHECK(log.story.back() == "unknown ambiguous_state");
  CHECK(replaced == std::vector{worker.id()});
  CHECK(events->count(event_kind::worker_abandoned) == 1);
  sim.advance(1h);
  CHECK(replaced.size() == 1);
}

TEST_CASE_METHOD(hanging_tool,
                 "a function that heeds its stop token does not "
                 "cost a worker",
                 "[supervisors][guard]") {
  call();
  begin();
  sim.advance(options.attempt_timeout);
  REQUIRE(script.jobs.back().stop.stop_requested());
  end();
  sim.advance(1h);
  CHECK(replaced.empty());
}

TEST_CASE_METHOD(hanging_tool,
                 "a job that no thread took up in time provably "
                 "did nothing",
                 "[supervisors][guard]") {
  auto& log = call();
  sim.advance(1h);
  CHECK(log.story.back() == "done 1 timeout");
  CHECK(log.done[0].result.why().effect == side_effect::not_started);
  CHECK_FALSE(script.jobs[0].where->enter());
  CHECK(replaced.empty());
  release_tool(); // the pool's word that it was called off
  CHECK(log.late.empty());
}

TEST_CASE_METHOD(hanging_tool, "four workers that hang isolate the tool",
                 "[supervisors][guard]") {
  auto told = std::vector<instant>{};
  options.on_isolated = [&told](instant since, const std::string&) {
    told.push_back(since);
    return false;
  };
  for (auto i = 0; i < 3; ++i)
    hang();
  CHECK(describe().detail == "closed");
  CHECK(told.empty());
  hang();
  CHECK(told == std::vector{sys.clock().now()});
  CHECK(describe().detail == "isolated");
  CHECK_THAT(events->last(event_kind::breaker_isolated).fields,
             ContainsSubstring("hang in threads"));
}

TEST_CASE_METHOD(hanging_tool, "a worker that returned no longer counts",
                 "[supervisors][guard]") {
  for (auto i = 0; i < 10; ++i) {
    hang();
    end();
  }
  CHECK(describe().detail == "closed");
}
