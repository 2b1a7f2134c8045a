#include "support/catch.hpp"

#include <stanchion/supervisors/policy/mode_watch.hpp>

using namespace stanchion;

namespace {

constexpr auto t0 = instant{1'000s};
const auto free_to_act = mode_setting{};
const auto by_a_rule
  = mode_setting{mode::advisory, std::string{mode_rule}, "before"};

} // namespace

TEST_CASE("as many failures as allowed within the window lower an agent once",
          "[supervisors][modes]") {
  auto x = mode_watch{{.failures = 3, .window = 10s}};
  CHECK(!x.failed(free_to_act, t0));
  CHECK(!x.failed(free_to_act, t0 + 1s));
  CHECK(!x.failed(free_to_act, t0 + 10s)); // the first is forgotten
  const auto verdict = x.failed(free_to_act, t0 + 10'999ms);
  REQUIRE(verdict);
  CHECK(verdict->mode == mode::advisory);
  CHECK(verdict->reason == "3 failures and escalations within 10s");
  CHECK(!x.failed(by_a_rule, t0 + 11s));
}

TEST_CASE("nothing is lowered that allows no more already",
          "[supervisors][modes]") {
  auto x = mode_watch{{.failures = 1, .lower_to = mode::advisory}};
  CHECK(!x.failed(by_a_rule, t0));
  CHECK(!x.failed({mode::stopped, "ann", ""}, t0));
  auto y = mode_watch{{.failures = 1, .lower_to = mode::stopped}};
  CHECK(y.failed(by_a_rule, t0)->mode == mode::stopped);
}

TEST_CASE("rejections lower, approvals in a row raise what a rule lowered",
          "[supervisors][modes]") {
  auto x = mode_watch{{.rejections = 2, .recover_after_clean = 3}};
  auto seen = proposal_record{};
  const auto said = [&](verb v, const mode_setting& at_present) {
    seen.note(v);
    const auto verdict = x.judged(at_present, "pay", seen);
    return verdict ? to_string(verdict->mode) : "as before";
  };
  CHECK(said(verb::reject, free_to_act) == "as before");
  CHECK(said(verb::reject, free_to_act) == "advisory");
  CHECK(said(verb::approve, by_a_rule) == "as before");
  CHECK(said(verb::approve, by_a_rule) == "as before");
  CHECK(said(verb::approve, by_a_rule) == "autonomous");
  CHECK(said(verb::approve, {mode::advisory, "ann", ""}) == "as before");
  CHECK(said(verb::approve, {mode::stopped, std::string{mode_rule}, ""})
        == "as before");
}

TEST_CASE("what was approved before an agent was lowered earns nothing",
          "[supervisors][modes]") {
  auto x = mode_watch{{.failures = 1, .recover_after_clean = 2}};
  auto seen = proposal_record{};
  for (auto i = 0; i < 50; ++i)
    seen.note(verb::approve);
  REQUIRE(x.failed(free_to_act, t0));
  seen.note(verb::approve);
  CHECK(!x.judged(by_a_rule, "pay", seen));
  seen.note(verb::approve);
  CHECK(x.judged(by_a_rule, "pay", seen)->mode == mode::autonomous);
}
