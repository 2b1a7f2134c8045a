#include "support/catch.hpp"

#include <stanchion/supervisors/guard/call_rules.hpp>

using namespace stanchion;

namespace {

const auto t0 = from_micros(1'000'000);

std::string first(effect tool, const attempt_state& x) {
  const auto verdict = first_step({}, decision_table{}, tool, x, t0);
  if (const auto* again = std::get_if<try_again>(&verdict))
    return again->at == t0 ? "at once" : "later";
  if (std::holds_alternative<ask_reconcile>(verdict))
    return "reconcile";
  if (const auto* park = std::get_if<park_run>(&verdict))
    return std::string{to_string(park->reason)};
  return "give up";
}

attempt_state ended(side_effect x, failure_kind kind, std::uint32_t made) {
  return {.made = made,
          .ended = x,
          .last = std::make_shared<const failure>(
            failure{.kind = kind, .effect = x, .retry_after = 1h})};
}

} // namespace

TEST_CASE("how a call begins follows from its records and its class",
          "[supervisors][guard]") {
  const auto none = side_effect::none;
  const auto unknown = side_effect::unknown;
  const auto net = failure_kind::network;
  const auto lost = attempt_state{.made = 9, .open = true};
  auto [tool, x, what]
    = GENERATE_COPY(table<effect, attempt_state, const char*>({
      {effect::once, attempt_state{}, "at once"},
      {effect::read_only, lost, "at once"},
      {effect::idempotent, lost, "at once"},
      {effect::reconcilable, lost, "reconcile"},
      {effect::once, lost, "ambiguous_state"},
      {effect::once, ended(none, net, 1), "at once"},
      {effect::once, ended(none, net, 3), "give up"},
      {effect::once, ended(none, failure_kind::auth, 1), "give up"},
      {effect::once, ended(unknown, net, 1), "ambiguous_state"},
      {effect::reconcilable, ended(unknown, net, 3), "reconcile"},
      {effect::idempotent, ended(unknown, net, 1), "at once"},
      {effect::idempotent, ended(unknown, net, 3), "max_retries_exceeded"},
      {effect::read_only, ended(none, net, 2), "at once"},
    }));
  CAPTURE(to_string(tool), x.made);
  CHECK(first(tool, x) == what);
}

TEST_CASE("where there is nothing to change nothing can be unknown",
          "[supervisors][guard]") {
  CHECK(judge(effect::read_only, side_effect::unknown) == side_effect::none);
  CHECK(judge(effect::read_only, side_effect::not_started)
        == side_effect::not_started);
  CHECK(judge(effect::once, side_effect::none) == side_effect::none);
  CHECK(judge(effect::idempotent, side_effect::unknown)
        == side_effect::unknown);
}

TEST_CASE("a lost attempt is a crash that may have acted",
          "[supervisors][guard]") {
  const auto why = last_failure(effect::once, {.made = 2, .open = true});
  CHECK(why.kind == failure_kind::crashed);
  CHECK(why.effect == side_effect::unknown);
  CHECK(why.attempts == 2);
}
