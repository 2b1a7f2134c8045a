#include "support/catch.hpp"

#include <stanchion/supervisors/policy/relations.hpp>

using namespace stanchion;

namespace {

/// Everything as a tool has it by default.
struct parts {
  retry_options retry;
  breaker_options breaker;
  restart_budget_options restarts;
  backoff_options backoff;
  std::optional<rate_options> rate;
  std::optional<concurrency_options> limit;
  duration attempt = defaults::attempt_timeout;
  std::optional<duration> idle;
  std::optional<duration> call;

  [[nodiscard]] std::vector<std::string> found() const {
    return contradictions({.attempt = attempt,
                           .idle = idle,
                           .call = call,
                           .retry = retry,
                           .breaker = breaker,
                           .restarts = restarts,
                           .restart_backoff = backoff,
                           .rate = rate,
                           .limit = limit});
  }
  /// Expects one, with both numbers.
  void refused(const std::string& x, const std::string& y) const {
    const auto all = found();
    REQUIRE(all.size() == 1);
    CHECK_THAT(all.front(), ContainsSubstring(x) && ContainsSubstring(y));
  }
};

} // namespace

TEST_CASE("the defaults fit each other", "[supervisors][relations]") {
  CHECK(parts{}.found().empty());
}

TEST_CASE("an attempt that outlasts its call is refused with both times",
          "[supervisors][relations]") {
  auto x = parts{};
  x.retry.max_attempts = 1;
  x.call = 30s;
  x.refused("timeout (30s)", "call_timeout (30s)");
  x.call = 31s;
  CHECK(x.found().empty());
}

TEST_CASE("waits between attempts that fill the whole call are refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.attempt = 1s;
  x.retry.max_attempts = 4;
  x.retry.backoff = {.first = 10s, .factor = 2, .cap = 1min};
  x.call = 70s; // 10 + 20 + 40
  x.refused("4 attempts (1m10s)", "call_timeout (1m10s)");
  x.call = 71s;
  CHECK(x.found().empty());
}

TEST_CASE("progress that nobody could be late with is refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.idle = 30s;
  x.refused("idle_timeout (30s)", "timeout (30s)");
}

TEST_CASE("restarts that their backoff spreads beyond the window are refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.restarts = {.max_restarts = 5, .window = 15s};
  x.refused("5 restarts (15.5s)", "the window of restarts (15s)");
  x.restarts.window = 16s;
  CHECK(x.found().empty());
  x.restarts = {.max_restarts = 0, .window = 1s};
  CHECK(x.found().empty());
}

TEST_CASE("waiting for a turn for longer than the call takes is refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.attempt = 1s;
  x.call = 1min;
  SECTION("under a rate") {
    x.rate = rate_options{.requests = 1};
    x.refused("rate.max_wait (5m)", "call_timeout (1m)");
  }
  SECTION("for a place") {
    x.limit = concurrency_options{};
    x.refused("limit.max_wait (5m)", "call_timeout (1m)");
  }
}

TEST_CASE("a breaker that can never have seen enough calls is refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.rate = rate_options{.requests = 1, .per = 30s};
  x.breaker.minimum_calls = 4; // one, and two more within its 60 s
  x.refused("breaker.minimum_calls (4)", "(3 in 1m)");
  x.breaker.minimum_calls = 3;
  CHECK(x.found().empty());
}

TEST_CASE("a probe that may stay out for longer than a breaker is ever open is "
          "refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.breaker.probe_lease = 5min;
  x.refused("breaker.probe_lease (5m)", "breaker.open_cap (5m)");
}

TEST_CASE("a slowness that the timeout forestalls is refused",
          "[supervisors][relations]") {
  auto x = parts{};
  x.breaker.slow_after = 31s;
  x.refused("breaker.slow_after (31s)", "timeout (30s)");
}
