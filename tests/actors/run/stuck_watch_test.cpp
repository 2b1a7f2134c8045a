#include "support/catch.hpp"

#include <stanchion/actors/run/step.hpp>
#include <stanchion/actors/run/stuck_watch.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

std::string opener_of(const std::string& tool) {
  return tool == "close" ? "open" : "";
}

/// A watch, told of calls in short.
struct watcher {
  stuck_watch watch{stuck_options{}, opener_of};

  std::optional<stuck_finding> call(const std::string& tool,
                                    const std::string& arguments,
                                    const outcome& answer) {
    auto s = step{};
    s.name = tool;
    s.arguments_text = arguments;
    return watch.observe(s, answer);
  }
  std::optional<stuck_finding> ok(const std::string& tool,
                                  const std::string& arguments = "{}",
                                  int answer = 1) {
    return call(tool, arguments, value{answer});
  }
  std::optional<stuck_finding> fails(const std::string& tool,
                                     const std::string& message = "no") {
    return call(tool, "{}",
                failure{.kind = failure_kind::http_5xx, .message = message});
  }
  std::optional<stuck_finding> timer() {
    auto s = step{};
    s.kind = step_kind::timer;
    return watch.observe(s, value{});
  }
};

} // namespace

TEST_CASE("the same call with the same answer is a circle, rung by rung",
          "[actors][stuck]") {
  auto x = watcher{};
  for (auto i = 0; i < 3; ++i)
    CHECK_FALSE(x.ok("look"));
  const auto ladder
    = {stuck_rung::hint,     stuck_rung::narrow,   stuck_rung::fallback,
       stuck_rung::advisory, stuck_rung::escalate, stuck_rung::escalate};
  auto times = 4U;
  for (const auto rung : ladder) {
    const auto found = x.ok("look");
    REQUIRE(found.has_value());
    CHECK(found->pattern == stuck_pattern::repeated_call);
    CHECK(found->rung == rung);
    CHECK(found->times == times++);
    CHECK(found->tool == "look");
  }
  CHECK_FALSE(x.ok("look", "{}", 2)); // something new
}

TEST_CASE("another question or another answer is none", "[actors][stuck]") {
  auto x = watcher{};
  for (auto i = 0; i < 20; ++i) {
    CHECK_FALSE(x.ok("look", std::to_string(i)));
    CHECK_FALSE(x.ok("read", "{}", i));
  }
}

TEST_CASE("the same failure counts by its kind, not by its words",
          "[actors][stuck]") {
  auto x = watcher{};
  CHECK_FALSE(x.fails("send", "request 1"));
  CHECK_FALSE(x.fails("send", "request 2"));
  const auto found = x.fails("send", "request 3");
  REQUIRE(found.has_value());
  CHECK(found->pattern == stuck_pattern::repeated_error);
  CHECK(found->rung == stuck_rung::hint);
}

TEST_CASE("who waits in between polls, and is not stuck", "[actors][stuck]") {
  auto x = watcher{};
  for (auto i = 0; i < 50; ++i) {
    CHECK_FALSE(x.ok("status"));
    CHECK_FALSE(x.timer());
  }
}

TEST_CASE("going back and forth between two calls is a circle",
          "[actors][stuck]") {
  auto x = watcher{};
  for (auto i = 0; i < 5; ++i)
    CHECK_FALSE(x.ok(i % 2 == 0 ? "left" : "right"));
  const auto found = x.ok("right");
  REQUIRE(found.has_value());
  CHECK(found->pattern == stuck_pattern::ping_pong);
  CHECK(found->times == 6);
  CHECK_FALSE(x.ok("up"));
}

TEST_CASE("doing and undoing the same thing is a circle, whatever the answers",
          "[actors][stuck]") {
  auto x = watcher{};
  CHECK_FALSE(x.ok("open", "{}", 1));
  CHECK_FALSE(x.ok("close", "{}", 2));
  CHECK_FALSE(x.ok("open", "{}", 3));
  const auto found = x.ok("close", "{}", 4);
  REQUIRE(found.has_value());
  CHECK(found->pattern == stuck_pattern::undoing);
  auto y = watcher{}; // each time another thing
  for (auto i = 0; i < 20; ++i) {
    CHECK_FALSE(y.ok("open", std::to_string(i), i));
    CHECK_FALSE(y.ok("close", std::to_string(i), i));
  }
}

TEST_CASE("thresholds and ladders that cannot work are named",
          "[actors][stuck]") {
  CHECK(validate(stuck_options{}, "on_stuck").empty());
  const auto x
    = stuck_options{.repeats = 1,
                    .errors = 0,
                    .alternation = 3,
                    .undoing = 2,
                    .silence = 0s,
                    .ladder = {stuck_rung::escalate, stuck_rung::hint}};
  CHECK(validate(x, "on_stuck").size() == 6);
}

TEST_CASE("a finding is the same after the journal", "[actors][stuck]") {
  const auto x = stuck_finding{stuck_pattern::undoing, stuck_rung::narrow,
                               "close", 7, "why"};
  const auto y = stuck_finding_from(to_json_text(x));
  CHECK(y.pattern == x.pattern);
  CHECK(y.rung == x.rung);
  CHECK(y.tool == x.tool);
  CHECK(y.times == x.times);
  CHECK(y.says == x.says);
}
