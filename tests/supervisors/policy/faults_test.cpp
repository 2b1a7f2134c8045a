#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace stanchion;

namespace {

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse_faults(text));
  } catch (const error& e) {
    return e.what();
  }
  return "accepted";
}

/// Which of `n` attempts at `tool` a fault strikes, as text.
std::string strikes(fault_schedule& x, int n, const char* tool = "pay") {
  auto text = std::string{};
  for (auto i = 0; i < n; ++i)
    text += x.at_attempt(tool) != nullptr ? 'x' : '.';
  return text;
}

} // namespace

TEST_CASE("faults are read as they are written", "[supervisors][faults]") {
  const auto* text = GENERATE(
    "pay:timeout:after@0.2", "*:crashed@#3", "*:latency=2500ms:after@0.5",
    "commit:kill:after@0.01", "commit:full@#1,commit:lost@1",
    "payments.refund:schema_violation@0.1,*:hang@0.001,*:drip:after@0.3");
  CHECK(to_text(parse_faults(text)) == text);
}

TEST_CASE("a percentage, a span and a side may be said in other ways",
          "[supervisors][faults]") {
  CHECK(to_text(parse_faults("pay:kill:before@5%")) == "pay:kill@0.05");
  CHECK(to_text(parse_faults("pay:latency=2s@1")) == "pay:latency=2000ms@1");
  CHECK(parse_faults("rough").rules.size() == rough_days().rules.size());
  CHECK(parse_faults("").empty());
}

TEST_CASE("a fault that cannot be is refused by name",
          "[supervisors][faults]") {
  auto [text, why] = GENERATE(table<const char*, const char*>({
    {"pay:explodes@0.1", "is no fault"},
    {"pay:timeout:sideways@0.1", "has no side"},
    {"pay:timeout", "does not say when"},
    {"pay:timeout@often", "does not say when"},
    {"pay:timeout@#0", "does not say when"},
    {"pay:timeout@1.5", "from 0 to 1"},
    {"pay:timeout@0", "never strikes"},
    {":timeout@0.1", "names no tool"},
    {"pay:latency=0s@0.1", "must be positive"},
    {"pay:full@0.1", "can happen to a commit only"},
    {"commit:timeout@0.1", "cannot happen to a commit"},
  }));
  CHECK_THAT(refusal(text), ContainsSubstring(why));
}

TEST_CASE("the same seed strikes the same attempts", "[supervisors][faults]") {
  const auto what = parse_faults("pay:timeout@0.3");
  auto one = fault_schedule{what, 7};
  auto same = fault_schedule{what, 7};
  auto other = fault_schedule{what, 8};
  const auto text = strikes(one, 60);
  CHECK(text == strikes(same, 60));
  CHECK(text != strikes(other, 60));
  CHECK(text.find('x') != std::string::npos);
}

TEST_CASE("a chance strikes about as often as it says",
          "[supervisors][faults]") {
  auto x = fault_schedule{parse_faults("*:timeout@0.25"), 3};
  const auto text = strikes(x, 10'000);
  const auto count = std::count(text.begin(), text.end(), 'x');
  CHECK(count > 2'300);
  CHECK(count < 2'700);
}

TEST_CASE("a count strikes once, at its own tool", "[supervisors][faults]") {
  auto x = fault_schedule{parse_faults("pay:timeout@#3"), 1};
  CHECK(strikes(x, 3, "look") == "...");
  CHECK(strikes(x, 5) == "..x..");
  CHECK(x.fired() == std::vector<fired_fault>{{0, 3}});
  CHECK(x.at_commit() == nullptr);
  CHECK(x.attempts() == 8);
  CHECK(x.commits() == 1);
}

TEST_CASE("what one rule does moves no other", "[supervisors][faults]") {
  auto alone = fault_schedule{parse_faults("pay:hang@#2"), 1};
  auto beside = fault_schedule{parse_faults("pay:timeout@#1,pay:hang@#2"), 1};
  CHECK(strikes(alone, 3) == ".x.");
  CHECK(strikes(beside, 3) == "xx.");
}

TEST_CASE("told which strike, a schedule keeps to it",
          "[supervisors][faults]") {
  const auto what = parse_faults("pay:timeout@0.5,pay:hang@0.5");
  auto free = fault_schedule{what, 4};
  strikes(free, 50);
  REQUIRE(free.fired().size() > 2);
  const auto kept = free.fired()[1];
  auto bound = fault_schedule{what, 4, {kept}};
  strikes(bound, 50);
  CHECK(bound.fired() == std::vector<fired_fault>{kept});
}
