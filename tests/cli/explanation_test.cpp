#include "support/catch.hpp"

#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/cli/explanation.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

std::vector<record> decided(event_kind kind, const json& fields) {
  return {{1, 0, record_kind::decision, instant{}, "4",
           bodies::policy_decision(to_string(kind), fields.dump())}};
}

json only_line(event_kind kind, const json& fields) {
  return explain_step(decided(kind, fields), "4").at("lines").at(0);
}

} // namespace

TEST_CASE("every decision about a step is told in words, with its reason",
          "[cli]") {
  const auto why
    = json(failure{.kind = failure_kind::network, .effect = side_effect::none});
  using k = event_kind;
  struct example {
    event_kind kind;
    json fields;
    std::string what;
    std::string because;
  };
  const auto x = GENERATE_COPY(values<example>({
    {k::attempt_ended,
     {{"attempt", 2},
      {"failure", why},
      {"verdict", "give_up"},
      {"because", "it was the last of max_attempts"}},
     "attempt 2 failed: network",
     "last of max_attempts"},
    {k::retry_scheduled,
     {{"attempt", 3},
      {"why", "backoff"},
      {"at", "then"},
      {"delay_us", 2'000'000}},
     "attempt 3 waits 2s until then",
     "backoff"},
    {k::retry_denied,
     {{"attempt", 2}, {"failure", why}},
     "attempt 2 was denied after: network",
     "retry budget"},
    {k::fallback_used,
     {{"tool", "look"}, {"source", "cache:9s"}, {"instead_of", why}},
     "answered by something else: cache:9s",
     "network"},
    {k::step_reopened,
     {{"tool", "look"},
      {"nth", 2},
      {"most", 3},
      {"until", "then"},
      {"failure", why}},
     "tried again, 2 of 3 times, from then",
     "network"},
    {k::retry_denied,
     {{"attempt", 1}, {"hedge", true}},
     "attempt 1 was not hedged",
     "retry budget"},
    {k::call_refused,
     {{"attempt", 1}, {"failure", why}, {"why", "rate"}},
     "attempt 1 did not begin: network",
     "no room: rate"},
    {k::hedge_started,
     {{"attempt", 1}, {"copy", 1}},
     "attempt 1 was sent once more",
     "hedge delay"},
    {k::breaker_opened,
     {{"from", "closed"},
      {"to", "open"},
      {"cause", "failures"},
      {"failures", 5}},
     "the breaker went from closed to open",
     "failures in a row: 5"},
  }));
  const auto line = only_line(x.kind, x.fields);
  CHECK_THAT(line.at("what").get<std::string>(), ContainsSubstring(x.what));
  CHECK_THAT(line.at("because").get<std::string>(),
             ContainsSubstring(x.because));
}

TEST_CASE("a record that cannot be read is damage, not a crash", "[cli]") {
  const auto broken = std::vector<record>{
    {1, 0, record_kind::attempt_end, instant{}, "4", R"({"n":1})"}};
  CHECK_THROWS_AS(explain_step(broken, "4"), error);
}

TEST_CASE("what a run did by itself for a step is told with the step",
          "[cli]") {
  const auto attempt = bodies::attempt(1, "key");
  const auto records = std::vector<record>{
    {1, 0, record_kind::attempt, instant{}, "4", attempt},
    {1, 1, record_kind::attempt, instant{}, "4~1", attempt},
    {1, 2, record_kind::attempt, instant{}, "4~1~undo", attempt},
    {1, 3, record_kind::attempt, instant{}, "44~1", attempt},
    {1, 4, record_kind::spent, instant{}, "4", bodies::spent(1, {7, 0})}};
  const auto lines = explain_step(records, "4").at("lines");
  REQUIRE(lines.size() == 4);
  CHECK(lines[1]["what"] == "4~1: attempt 1 left");
  CHECK(lines[2]["what"] == "4~1~undo: attempt 1 left");
  CHECK(lines[3]["what"] == "cost 7 tokens and 0 millionths");
}
