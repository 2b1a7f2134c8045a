#include "support/catch.hpp"

#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/policy/rate_limit.hpp>

#include <deque>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);

/// A verdict as text: `now`, `in 250ms`, `refused for 1s`, `refused`.
std::string word(const rate_verdict& x, instant now) {
  if (const auto* turn = std::get_if<rate_turn>(&x))
    return "in " + to_text(turn->at - now);
  const auto* refused = std::get_if<rate_refused>(&x);
  if (refused == nullptr)
    return "now";
  return refused->retry_after ? "refused for " + to_text(*refused->retry_after)
                              : "refused";
}

std::string ask(rate_limit& x, instant now, std::uint64_t tokens = 0,
                bool begun = false) {
  return word(x.ask(tokens, begun, now), now);
}

} // namespace

// -- one bucket ---------------------------------------------------------------

TEST_CASE("a bucket is full at first, refills evenly and keeps no more than "
          "its burst",
          "[supervisors][rate]") {
  token_bucket x{10, 1s, 20};
  CHECK(x.wait_for(20, t0) == 0s);
  x.take(20, t0);
  auto [since, n, wait] = GENERATE(table<duration, std::uint64_t, duration>({
    {0s, 1, 100ms},
    {0s, 10, 1s},
    {0s, 20, 2s},
    {100ms, 1, 0s},
    {99ms, 1, 1ms},
    {1s, 11, 100ms},
    {24h, 20, 0s},
  }));
  CHECK(x.wait_for(n, t0 + since) == wait);
}

TEST_CASE("a rate that is no whole number of microseconds is kept",
          "[supervisors][rate]") {
  token_bucket x{3, 1s, 1};
  auto now = t0;
  for (auto i = 0; i < 3'000; ++i) {
    now += x.wait_for(1, now);
    REQUIRE(x.wait_for(1, now) == 0s);
    x.take(1, now);
  }
  CHECK(now - t0 >= 999s);
  CHECK(now - t0 <= 1'000s);
}

TEST_CASE("what is given back can be taken again, and never exceeds the burst",
          "[supervisors][rate]") {
  token_bucket x{1, 1s, 5};
  x.take(5, t0);
  x.give_back(2);
  CHECK(x.wait_for(2, t0) == 0s);
  x.give_back(100);
  CHECK(x.wait_for(5, t0) == 0s);
  x.take(5, t0);
  CHECK(x.wait_for(1, t0) == 1s);
}

// -- a limit ------------------------------------------------------------------

TEST_CASE("attempts leave in order of arrival, evenly", "[supervisors][rate]") {
  rate_limit x{{.requests = 10, .per = 1s, .request_burst = 2}};
  CHECK(ask(x, t0) == "now");
  CHECK(ask(x, t0) == "now");
  CHECK(ask(x, t0) == "in 100ms");
  CHECK(ask(x, t0) == "in 200ms");
  CHECK(ask(x, t0 + 150ms) == "in 150ms"); // not before those two
}

TEST_CASE("the scarcer of requests and tokens decides", "[supervisors][rate]") {
  auto [tokens, second] = GENERATE(table<std::uint64_t, std::string>({
    {0, "in 1s"},
    {50, "in 1s"},
    {75, "in 1.5s"},
    {100, "in 2s"},
    {101, "refused"}, // it costs more than can ever be there
  }));
  rate_limit x{{.requests = 1,
                .tokens = 50,
                .per = 1s,
                .request_burst = 1,
                .token_burst = 100}};
  REQUIRE(ask(x, t0, 100) == "now");
  CHECK(ask(x, t0, tokens) == second);
}

TEST_CASE("a call that may not wait fails at once and takes nothing",
          "[supervisors][rate]") {
  const auto excess = GENERATE(rate_excess::wait, rate_excess::reject);
  rate_limit x{
    {.requests = 1, .per = 1s, .excess = excess, .max_wait = 1500ms}};
  REQUIRE(ask(x, t0) == "now");
  if (excess == rate_excess::wait) {
    REQUIRE(ask(x, t0) == "in 1s");
    CHECK(ask(x, t0) == "refused for 2s");
    CHECK(ask(x, t0 + 500ms) == "in 1.5s");
  } else {
    CHECK(ask(x, t0) == "refused for 1s");
    CHECK(ask(x, t0 + 999ms) == "refused for 1ms");
    CHECK(ask(x, t0 + 1s) == "now");
  }
}

TEST_CASE("a call that has begun waits, however long it takes",
          "[supervisors][rate]") {
  const auto excess = GENERATE(rate_excess::wait, rate_excess::reject);
  rate_limit x{{.requests = 1, .per = 1min, .excess = excess, .max_wait = 1s}};
  REQUIRE(ask(x, t0) == "now");
  CHECK(ask(x, t0, 0, true) == "in 1m");
  CHECK(ask(x, t0, 0, true) == "in 2m");
}

TEST_CASE("a clock that steps back neither shortens nor prolongs a wait",
          "[supervisors][rate]") {
  rate_limit x{{.requests = 1, .tokens = 10, .per = 1s}};
  REQUIRE(ask(x, t0, 5) == "now");
  REQUIRE(ask(x, t0, 5) == "in 1s");
  CHECK(ask(x, t0 - 1h, 5) == "in 2s");
  CHECK(ask(x, t0 - 1h + 3s, 5) == "now");
}

TEST_CASE("who does not want to wait takes nothing that is not there",
          "[supervisors][rate]") {
  rate_limit x{{.requests = 2, .tokens = 10, .per = 1s}};
  CHECK(x.try_pass(10, t0));
  CHECK_FALSE(x.try_pass(1, t0)); // no tokens
  CHECK(x.try_pass(0, t0));
  CHECK_FALSE(x.try_pass(0, t0)); // no requests
  CHECK(ask(x, t0, 5) == "in 500ms");
}

TEST_CASE("a turn that is given back is another one's", "[supervisors][rate]") {
  rate_limit x{{.requests = 1, .tokens = 10, .per = 1s}};
  REQUIRE(ask(x, t0, 10) == "now");
  REQUIRE(ask(x, t0, 10) == "in 1s");
  x.give_back(10);
  CHECK(ask(x, t0, 10) == "in 1s");
}

TEST_CASE("no sequence of calls exceeds a rate", "[supervisors][rate]") {
  const auto seed = GENERATE(range(1, 50));
  const auto chance = seeded_random(static_cast<std::uint64_t>(seed));
  rate_limit x{{.requests = 20,
                .tokens = 1'000,
                .per = 1s,
                .request_burst = 5,
                .max_wait = 10s}};
  auto now = t0;
  auto left = std::deque<std::pair<instant, std::uint64_t>>{};
  for (auto i = 0; i < 1'000; ++i) {
    now += std::chrono::milliseconds{chance->next() % 60};
    const auto tokens = chance->next() % 120;
    const auto verdict = x.ask(tokens, chance->next() % 8 == 0, now);
    if (std::holds_alternative<rate_pass>(verdict))
      left.emplace_back(now, tokens);
    else if (const auto* turn = std::get_if<rate_turn>(&verdict))
      left.emplace_back(turn->at, tokens);
  }
  // In any second: the burst and what refills in it.
  for (auto from = std::size_t{0}; from < left.size(); ++from) {
    auto requests = std::uint64_t{0};
    auto tokens = std::uint64_t{0};
    for (auto i = from; i < left.size(); ++i) {
      if (left[i].first >= left[from].first + 1s)
        break;
      ++requests;
      tokens += left[i].second;
    }
    CHECK(requests <= 25);
    CHECK(tokens <= 2'000);
  }
  CHECK(left.size() > 300);
}

TEST_CASE("the problems of a rate name the field", "[supervisors][rate]") {
  CHECK(validate(rate_options{.requests = 1}).empty());
  CHECK(validate(rate_options{.tokens = 1}).empty());
  auto [options, field] = GENERATE(table<rate_options, const char*>({
    {rate_options{}, "rate.requests: "},
    {{.requests = 1'000'000'001}, "rate.requests: "},
    {{.tokens = 1'000'000'000'001}, "rate.tokens: "},
    {{.requests = 1, .per = 0s}, "rate.per: "},
    {{.requests = 1, .per = 31 * 24h}, "rate.per: "},
    {{.requests = 1, .request_burst = 1'000'000'001}, "rate.request_burst: "},
    {{.requests = 1, .token_burst = 1'000'000'000'001}, "rate.token_burst: "},
    {{.requests = 1, .excess = rate_excess{7}}, "rate.excess: "},
    {{.requests = 1, .max_wait = -1s}, "rate.max_wait: "},
  }));
  const auto found = validate(options, "rate");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
