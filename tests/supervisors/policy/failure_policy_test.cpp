#include "support/catch.hpp"

#include <stanchion/supervisors/policy/failure_policy.hpp>

#include <algorithm>

using namespace stanchion;

namespace {

constexpr auto again = decision_row{.retry = retry_when::safe};
constexpr auto alerts = decision_row{.alert = alert_when::always};

const effective_row& row_of(const std::vector<effective_row>& rows,
                            failure_kind kind) {
  return *std::find_if(rows.begin(), rows.end(),
                       [kind](const auto& x) { return x.entry.kind == kind; });
}

} // namespace

TEST_CASE("a tool's row stands before the runtime's, and that before the "
          "default one",
          "[policy][failure_policy]") {
  const auto common = failure_policy{
    .rows = {{failure_kind::not_found, again}, {failure_kind::auth, again}}};
  const auto own = failure_policy{.rows = {{failure_kind::auth, alerts}}};
  const auto rows = explain_table(common, own);
  CHECK(row_of(rows, failure_kind::auth).entry.row == alerts);
  CHECK(row_of(rows, failure_kind::auth).origin == row_origin::tool);
  CHECK(row_of(rows, failure_kind::not_found).entry.row == again);
  CHECK(row_of(rows, failure_kind::not_found).origin == row_origin::runtime);
  CHECK(row_of(rows, failure_kind::timeout).origin == row_origin::built_in);
  CHECK(table_of(common, own)[failure_kind::auth] == alerts);
}

TEST_CASE("the default rules come last", "[policy][failure_policy]") {
  const auto own
    = failure_policy{.rules = failure_rules{}.code("insufficient_quota",
                                                   failure_kind::rate_limited)};
  CHECK(rules_of({}, own).classify(failure{.code = "insufficient_quota"}).kind
        == failure_kind::rate_limited);
  CHECK(rules_of({}, {}).classify(failure{.code = "insufficient_quota"}).kind
        == failure_kind::budget_exhausted);
}

TEST_CASE("a policy is refused with all that is wrong",
          "[policy][failure_policy]") {
  const auto x
    = failure_policy{.rules = failure_rules{}.status(99, failure_kind::auth),
                     .rows = {{failure_kind::cancelled, again}}};
  CHECK(validate(x).size() == 2);
  CHECK(validate(failure_policy{}).empty());
}
