#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

std::size_t answered(const std::deque<run_log>& logs) {
  return static_cast<std::size_t>(
    std::count_if(logs.begin(), logs.end(), [](const run_log& x) {
      return !x.done.empty() && x.done[0].result.ok();
    }));
}

} // namespace

// The tool dies while some of the jobs sent to it wait in its mailbox, and more
// are on their way. Whatever the order: those it never took go on as if nothing
// had happened, and the one it had taken is the only one that is judged.
TEST_CASE("no call that a dying tool never took is failed",
          "[supervisors][guard]") {
  for (auto seed = std::uint64_t{0}; seed < 400; ++seed) {
    CAPTURE(seed);
    auto f = guard_fixture{seed};
    f.options.effect = effect::once;
    f.script.acts = {act::succeed, seed % 2 == 0 ? act::quit : act::throw_std,
                     act::succeed, act::quit};
    f.start();
    for (auto i = 1U; i <= 12; ++i) {
      auto& log = f.logs.emplace_back();
      f.ask(f.run(log), log, i);
    }
    f.sim.run();
    f.sim.advance(5min);
    REQUIRE(answered(f.logs) == 10);
    auto keys = std::map<std::string, int>{};
    for (const auto& job : f.script.jobs)
      ++keys[job.key];
    REQUIRE(keys.size() == 12);
    auto unknown = 0;
    for (const auto& log : f.logs) {
      unknown += log.unknown.empty() ? 0 : 1;
      REQUIRE(log.done.size() + log.unknown.size() == 1);
      REQUIRE(log.failed.empty());
      REQUIRE(log.admitted.size() == 1);
    }
    REQUIRE(unknown == 2);
    for (const auto& [key, times] : keys)
      REQUIRE(times == 1);
    REQUIRE(f.script.starts == 3);
  }
}

TEST_CASE_METHOD(guard_fixture, "calls wait while the tool is down",
                 "[supervisors][guard]") {
  options.restart_backoff = {.first = 3s, .cap = 3s, .jitter = jitter::none};
  script.acts = {act::throw_std};
  options.effect = effect::once;
  call();
  auto& log = call();
  CHECK(log.held == 1);
  CHECK(log.story.empty()); // no attempt is made for nothing
  const auto tree = describe();
  CHECK(tree.kind == "guard");
  REQUIRE(tree.children.size() == 1);
  CHECK(tree.children[0].kind == "tool");
  CHECK(tree.children[0].state == "restarting");
  CHECK(tree.children[0].restarts == 1);
  CHECK(tree.children[0].next_at == sys.clock().now() + 3s);
  sim.advance(3s);
  CHECK(log.story.back() == "done 1 primary");
  CHECK(describe().children[0].state == "running");
  CHECK(events->count(event_kind::child_down) == 1);
  CHECK(events->count(event_kind::child_restarted) == 1);
}

TEST_CASE_METHOD(guard_fixture, "only so many calls wait",
                 "[supervisors][guard]") {
  options.stash = 2;
  options.restart_backoff = {.first = 3s, .cap = 3s, .jitter = jitter::none};
  options.effect = effect::once;
  script.acts = {act::throw_std};
  call();
  auto& one = call();
  auto& two = call();
  auto& three = call();
  CHECK(three.story == std::vector<std::string>{"done 0 bulkhead_full"});
  CHECK(three.done[0].result.why().effect == side_effect::not_started);
  sim.advance(3s);
  CHECK(one.story.back() == "done 1 primary");
  CHECK(two.story.back() == "done 1 primary");
}

TEST_CASE_METHOD(guard_fixture, "those who wait survive a restart that fails",
                 "[supervisors][guard]") {
  options.effect = effect::once;
  options.restart_backoff = {.first = 3s, .cap = 3s, .jitter = jitter::none};
  script.acts = {act::throw_std};
  call();
  script.bad_starts = 2;
  auto& log = call();
  sim.advance(6s);
  CHECK(script.starts == 3);
  CHECK(log.done.empty());
  sim.advance(3s);
  CHECK(log.story == std::vector<std::string>{"admitted 1", "done 1 primary"});
}

TEST_CASE_METHOD(guard_fixture,
                 "a call dropped while it waits for the tool "
                 "leaves the queue",
                 "[supervisors][guard]") {
  options.effect = effect::once;
  options.restart_backoff = {.first = 3s, .cap = 3s, .jitter = jitter::none};
  script.acts = {act::throw_std};
  call();
  auto& log = call();
  say(cast.back(), message::of(call_dropped{key_of(2)}));
  sim.advance(10s);
  CHECK(log.story == std::vector<std::string>{"done 0 cancelled"});
  CHECK(script.jobs.size() == 1);
}

TEST_CASE_METHOD(guard_fixture,
                 "a tool that keeps dying is given up, with the "
                 "cause chain",
                 "[supervisors][guard]") {
  options.restarts = {.max_restarts = 2, .window = 60s};
  options.effect = effect::read_only;
  options.retry.max_attempts = 100;
  options.breaker.consecutive_failures = 100;
  script.otherwise = act::throw_std;
  call();
  sim.advance(1min);
  CHECK(script.starts == 3);
  REQUIRE(escalations.size() == 1);
  CHECK(escalations[0].child == "t");
  CHECK_THAT(escalations[0].why.message, ContainsSubstring("more than 2"));
  REQUIRE(escalations[0].why.cause);
  CHECK_THAT(escalations[0].why.cause->message, ContainsSubstring("bad luck"));
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].kind == fabric::exit_kind::failed);
  CHECK(events->count(event_kind::supervisor_gave_up) == 1);
}

TEST_CASE_METHOD(guard_fixture, "restarts spread over two windows are borne",
                 "[supervisors][guard]") {
  options.restarts = {.max_restarts = 2, .window = 60s};
  options.effect = effect::once;
  for (auto i = 0; i < 6; ++i) {
    script.acts = {act::throw_std};
    call();
    sim.advance(31s);
  }
  CHECK(ends.empty());
  CHECK(script.starts == 7);
}

TEST_CASE_METHOD(guard_fixture,
                 "a guard that gives up says which attempts "
                 "never left",
                 "[supervisors][guard]") {
  options.restarts = {.max_restarts = 0, .window = 60s};
  options.effect = effect::once;
  start();
  auto taken = run_log{};
  auto waiting = run_log{.goes = false};
  script.acts = {act::quit};
  ask(run(waiting), waiting, 1);
  sim.run();
  ask(run(taken), taken, 2);
  sim.run();
  CHECK(ends.size() == 1);
  // Its attempt is open for ever: the run sees the guard end and asks a person.
  CHECK(taken.story == std::vector<std::string>{"admitted 1"});
  REQUIRE(waiting.failed.size() == 1);
  CHECK(waiting.failed[0].why.effect == side_effect::not_started);
}

TEST_CASE_METHOD(guard_fixture, "a factory that fails is a failure to start",
                 "[supervisors][guard]") {
  auto calls = 0;
  options.child = [&]() -> std::unique_ptr<fabric::actor> {
    if (++calls == 1)
      throw std::runtime_error{"no such file"};
    if (calls == 2)
      return nullptr;
    return make_scripted_tool(script);
  };
  auto& log = call();
  sim.advance(1min);
  CHECK(log.story.back() == "done 1 primary");
  CHECK(calls == 3);
}

TEST_CASE_METHOD(guard_fixture, "stopping a guard stops its tool first",
                 "[supervisors][guard]") {
  start();
  const auto tool = script.now;
  CHECK(sys.alive() == 3);
  sys.stop(guard);
  sim.run();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].kind == fabric::exit_kind::shutdown);
  CHECK(sys.alive() == 1);
  CHECK(events->count(event_kind::child_stopped) == 1);
}

TEST_CASE_METHOD(guard_fixture, "a tool that does not stop in time is killed",
                 "[supervisors][guard]") {
  class stubborn final : public fabric::actor {
  public:
    std::string name() const override {
      return "stubborn";
    }

  protected:
    void receive(fabric::envelope&) override {
      // nop
    }
    void on_stop() override {
      // nop
    }
  };
  options.child = [] { return std::make_unique<stubborn>(); };
  options.stop_deadline = 2s;
  start();
  sys.stop(guard);
  sim.advance(1999ms);
  CHECK(ends.empty());
  sim.advance(1ms);
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].kind == fabric::exit_kind::shutdown);
}

TEST_CASE_METHOD(guard_fixture, "a guard that is killed takes its tool along",
                 "[supervisors][guard]") {
  start();
  sys.kill(guard);
  sim.run();
  CHECK(sys.alive() == 1);
}

// Its thread may still be at work on them, for nobody.
TEST_CASE_METHOD(guard_fixture, "what a dead tool had taken is asked to stop",
                 "[supervisors][guard]") {
  script.acts = {act::hang, act::quit};
  start();
  for (auto i = 1U; i <= 2; ++i) {
    auto& log = logs.emplace_back();
    ask(run(log), log, i);
  }
  sim.run();
  REQUIRE(script.jobs.size() >= 2);
  CHECK(script.jobs[0].stop.stop_requested());
}
