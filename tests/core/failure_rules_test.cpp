#include "support/catch.hpp"

#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/http_failure.hpp>

#include <stdexcept>

using namespace stanchion;

namespace {

struct busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct very_busy : busy {
  using busy::busy;
};

} // namespace

TEST_CASE("the first rule that fits decides, and is named",
          "[core][failure_rules]") {
  const auto rules = failure_rules{}
                       .status(404, failure_kind::overloaded)
                       .code("gone", failure_kind::not_found)
                       .status(503, failure_kind::network, side_effect::none);
  const auto x = rules.classify(http_failure(404, "", "gone"));
  CHECK(x.kind == failure_kind::overloaded);
  CHECK(x.rule == "status 404");
  CHECK(x.effect == side_effect::none);
  const auto y = rules.classify(http_failure(503, ""));
  CHECK(y.kind == failure_kind::network);
  CHECK(y.effect == side_effect::none);
}

TEST_CASE("a failure that no rule fits stays as it is",
          "[core][failure_rules]") {
  const auto x = failure_rules{}
                   .code("a", failure_kind::auth)
                   .classify(http_failure(500, "m"));
  CHECK(x.kind == failure_kind::http_5xx);
  CHECK(x.rule.empty());
}

TEST_CASE("a predicate sees the whole failure, and one that throws fits none",
          "[core][failure_rules]") {
  const auto rules
    = failure_rules{}
        .when(
          "broken", [](const failure&) -> bool { throw busy{"no"}; },
          failure_kind::auth)
        .when(
          "says maintenance",
          [](const failure& x) {
            return x.message.find("maintenance") != std::string::npos;
          },
          failure_kind::overloaded);
  const auto x = rules.classify(http_failure(400, "down for maintenance"));
  CHECK(x.kind == failure_kind::overloaded);
  CHECK(x.rule == "when says maintenance");
}

TEST_CASE("an exception is read by its type, a base fits what derives from it",
          "[core][failure_rules]") {
  const auto rules = failure_rules{}.exception<busy>(failure_kind::overloaded,
                                                     side_effect::none);
  const auto x = rules.caught(very_busy{"later"});
  REQUIRE(x);
  CHECK(x->kind == failure_kind::overloaded);
  CHECK(x->effect == side_effect::none);
  CHECK(x->message == "later");
  CHECK(x->rule.find("busy") != std::string::npos);
  CHECK_FALSE(rules.caught(std::runtime_error{"other"}));
}

TEST_CASE("what a rule made of an exception no other rule changes",
          "[core][failure_rules]") {
  const auto rules
    = failure_rules{}
        .exception<busy>(failure_kind::overloaded)
        .when("all", [](const failure&) { return true; }, failure_kind::auth);
  CHECK(rules.classify(*rules.caught(busy{""})).kind
        == failure_kind::overloaded);
}

TEST_CASE("a used-up quota is not taken for a rate limit",
          "[core][failure_rules]") {
  const auto x = default_failure_rules().classify(
    http_failure(429, "You exceeded your current quota", "insufficient_quota"));
  CHECK(x.kind == failure_kind::budget_exhausted);
  CHECK(default_failure_rules()
          .classify(http_failure(429, "", "rate_limit_exceeded"))
          .kind
        == failure_kind::rate_limited);
}

TEST_CASE("a tool's rules come before those after it",
          "[core][failure_rules]") {
  const auto own = failure_rules{}.code("x", failure_kind::auth);
  const auto common = failure_rules{}.code("x", failure_kind::network);
  CHECK(own.then(common).classify(failure{.code = "x"}).kind
        == failure_kind::auth);
  CHECK(own.then(common).lines()
        == std::vector<std::string>{"code x: auth", "code x: network"});
}

TEST_CASE("rules that can never fit are refused by name",
          "[core][failure_rules]") {
  const auto rules = failure_rules{}
                       .status(200, failure_kind::auth)
                       .code("", failure_kind::auth)
                       .when("nothing", nullptr, failure_kind::auth)
                       .code("fine", failure_kind::auth);
  CHECK(rules.problems()
        == std::vector<std::string>{
          "status 200 is no error of HTTP; those are 400 to 599",
          "a rule for a code needs the code", "when nothing has no predicate"});
}
