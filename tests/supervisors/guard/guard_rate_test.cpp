#include "supervisors/guard/guard_fixture.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace stanchion;
using fabric::message;

namespace {

using story = std::vector<std::string>;

/// A tool that may be called once a second.
struct limited_tool : guard_fixture {
  limited_tool() {
    options.rate = {.requests = 1, .per = 1s};
    options.retry.backoff = {.first = 0s, .cap = 0s, .jitter = jitter::none};
  }
};

} // namespace

TEST_CASE_METHOD(limited_tool, "calls beyond the rate wait for their turns",
                 "[supervisors][guard][rate]") {
  call();
  auto& second = call();
  auto& third = call();
  CHECK(script.jobs.size() == 1);
  CHECK(second.held == 1);
  CHECK(second.story.empty());
  sim.advance(1s);
  CHECK(second.story.back() == "done 1 primary");
  CHECK(third.story.empty());
  sim.advance(1s);
  CHECK(third.story.back() == "done 1 primary");
  const auto& waited = events->last(event_kind::retry_scheduled);
  CHECK(json::parse(waited.fields)["why"] == "rate");
}

TEST_CASE_METHOD(limited_tool,
                 "a longer wait is the run's, and its turn is kept for it",
                 "[supervisors][guard][rate]") {
  options.effect = GENERATE(effect::read_only, effect::once);
  options.rate->per = 10s;
  call();
  const auto at_once = options.effect == effect::read_only;
  auto& second = call(at_once, true);
  REQUIRE(second.waits.size() == 1);
  CHECK(second.waits[0].until == sys.clock().now() + 10s);
  CHECK(second.waits[0].why == wait_reason::rate);
  sim.advance(9s);
  auto& third = call(false, true); // it does not overtake
  CHECK(third.waits[0].until == sys.clock().now() + 11s);
  sim.advance(1s);
  CHECK_THAT(second.story.back(), EndsWith("primary"));
  CHECK(second.waits.size() == 1);
  sim.advance(10s);
  CHECK_THAT(third.story.back(), EndsWith("primary"));
  CHECK(script.jobs.size() == 3);
}

TEST_CASE_METHOD(limited_tool, "a turn that nobody comes for is lost",
                 "[supervisors][guard][rate]") {
  options.rate->per = 10s;
  call();
  auto& second = call();
  REQUIRE(second.waits.size() == 1);
  sim.advance(2min);
  ask(cast.back(), second, 2);
  sim.run();
  CHECK(second.story.back() == "done 1 primary");
  CHECK(call().waits.size() == 1); // that was another turn
}

TEST_CASE_METHOD(limited_tool, "a call that may not wait fails, and is over",
                 "[supervisors][guard][rate]") {
  const auto excess = GENERATE(rate_excess::reject, rate_excess::wait);
  options.rate->excess = excess;
  options.rate->max_wait = 500ms;
  call();
  auto& log = call();
  CHECK(log.story == story{"done 0 rate_limited"});
  const auto& why = log.done[0].result.why();
  CHECK(why.effect == side_effect::not_started);
  CHECK(why.retry_after == 1s);
  const auto fields
    = json::parse(events->last(event_kind::call_refused).fields);
  CHECK(fields["why"] == "rate");
  CHECK(fields["attempt"] == 1);
  CHECK(describe().detail == "closed"); // it says nothing against the tool
}

TEST_CASE_METHOD(limited_tool, "a turn past the deadline is not waited for",
                 "[supervisors][guard][rate]") {
  call();
  auto log = run_log{};
  const auto late = GENERATE(true, false);
  const auto left = late ? 1s : 2s;
  say(run(log),
      message::of(call_request{.key = key_of(9),
                               .arguments = R"({"id":7})",
                               .deadline = sys.clock().now() + left}));
  sim.advance(1s);
  CHECK(log.story.back() == (late ? "done 0 rate_limited" : "done 1 primary"));
  CHECK(call().held == (late ? 0 : 1)); // the turn was given back
}

TEST_CASE_METHOD(limited_tool,
                 "a retry waits, for its call may have done something",
                 "[supervisors][guard][rate]") {
  options.rate->excess = rate_excess::reject;
  script.acts = {act::error};
  auto& log = call();
  CHECK(log.story == story{"admitted 1", "failed 1 network"});
  sim.advance(1s);
  CHECK(log.story.back() == "done 2 primary");
}

TEST_CASE_METHOD(limited_tool, "a question takes a turn too",
                 "[supervisors][guard][rate]") {
  options.effect = effect::reconcilable;
  options.rate->excess = rate_excess::reject;
  script.acts = {act::error};
  script.found = {args("ok", 1)};
  auto& log = call();
  CHECK(script.questions.empty());
  sim.advance(1s);
  CHECK(log.story.back() == "done 1 reconciled");
}

TEST_CASE_METHOD(limited_tool, "a call that is dropped gives its turn back",
                 "[supervisors][guard][rate]") {
  call();
  auto& second = call();
  say(cast.back(), message::of(call_dropped{key_of(2)}));
  sim.run();
  CHECK(second.story == story{"done 0 cancelled"});
  auto& third = call();
  sim.advance(1s);
  CHECK(third.story.back() == "done 1 primary");
}

TEST_CASE_METHOD(limited_tool, "a call costs what the tool says",
                 "[supervisors][guard][rate]") {
  auto asked = 0;
  options.rate = {.tokens = 10, .per = 1s};
  options.cost = [&asked](const value& x) {
    ++asked;
    return static_cast<std::uint64_t>(x["id"].as_int()); // 7
  };
  script.acts = {act::succeed, act::error};
  CHECK(call().story.back() == "done 1 primary");
  auto& second = call();
  sim.advance(399ms);
  CHECK(second.story.empty());
  sim.advance(1ms);
  CHECK(second.story == story{"admitted 1", "failed 1 network"});
  sim.advance(700ms); // the retry costs as much
  CHECK(second.story.back() == "done 2 primary");
  CHECK(asked == 2);
}

TEST_CASE_METHOD(limited_tool, "a call that can never be paid for fails",
                 "[supervisors][guard][rate]") {
  options.rate = {.tokens = 5, .per = 1s};
  options.cost = [](const value&) { return std::uint64_t{6}; };
  auto& log = call();
  CHECK(log.story == story{"done 0 rate_limited"});
  CHECK_FALSE(log.done[0].result.why().retry_after);
  CHECK_THAT(log.done[0].result.why().message,
             ContainsSubstring("costs 6 tokens"));
}

TEST_CASE_METHOD(limited_tool,
                 "a call whose cost nobody can say does not leave",
                 "[supervisors][guard][rate]") {
  options.rate = {.tokens = 5, .per = 1s};
  options.cost = [](const value&) -> std::uint64_t {
    throw std::runtime_error{"no model"};
  };
  auto& log = call();
  CHECK(log.story == story{"done 0 internal"});
  CHECK_THAT(log.done[0].result.why().message, ContainsSubstring("no model"));
  CHECK(script.jobs.empty());
}

TEST_CASE_METHOD(limited_tool, "who waits for its turn holds no probe",
                 "[supervisors][guard][rate]") {
  options.rate = {.requests = 2, .per = 30s};
  options.retry.max_attempts = 1;
  options.breaker.consecutive_failures = 1;
  options.breaker.open_for = 1s;
  script.acts = {act::error};
  script.error.effect = side_effect::none;
  call();
  sim.advance(1s);
  call();               // a probe
  auto& third = call(); // would be the second, but has to wait
  CHECK(third.waits[0].why == wait_reason::rate);
  ask(cast.back(), third, 3); // early: it waits anew
  sim.run();
  CHECK(describe().detail == "half_open");
  CHECK(third.waits.size() == 2);
  CHECK(third.waits[1].until == third.waits[0].until);
}

TEST_CASE("tokens need to be reckoned", "[supervisors][guard][rate]") {
  auto f = guard_fixture{};
  f.options.rate = {.tokens = 5};
  const auto found = validate(f.options);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith("rate.tokens: "));
}
