#include "support/catch.hpp"

#include <stanchion/actors/run/park.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

history with_step(step_kind kind, const char* arguments) {
  auto past = history{};
  auto& s = past.steps["1"];
  s.kind = kind;
  s.name = "low_confidence";
  s.arguments_text = arguments;
  return past;
}

json context_of(const history& past, const park_request& x) {
  return json::parse(make_ticket({}, past, x, {}).context);
}

} // namespace

// The process may die between the park and its ticket; the one that takes the
// run up knows the journal only.
TEST_CASE("a ticket opened from the journal alone has the agent's suggestion",
          "[run][park]") {
  const auto past
    = with_step(step_kind::escalation, R"({"suggestion":{"n":1},"text":"?"})");
  const auto x = context_of(past, {.step = "1", .title = "?"});
  CHECK(x["suggested_next_step"] == R"({"n":1})");
}

TEST_CASE("a ticket whose agent suggests nothing suggests nothing",
          "[run][park]") {
  const auto past
    = with_step(step_kind::escalation, R"({"suggestion":null,"text":"?"})");
  const auto x = context_of(past, {.step = "1", .title = "?"});
  CHECK(x["suggested_next_step"].get<std::string>().empty());
}

TEST_CASE("a ticket opened from the journal alone has the last failure",
          "[run][park]") {
  auto past = with_step(step_kind::call, "{}");
  past.steps["1"].attempts.last = std::make_shared<const failure>(
    failure{.kind = failure_kind::network, .message = "connection reset"});
  auto [reason, told] = GENERATE(table<park_reason, bool>({
    {park_reason::max_retries_exceeded, true},
    {park_reason::ambiguous_state, true},
    {park_reason::poison_step, false},
  }));
  const auto x
    = context_of(past, {.reason = reason, .step = "1", .title = "gave up"});
  CHECK(x.contains("error") == told);
}
