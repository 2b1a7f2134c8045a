#include "support/catch.hpp"
#include "support/paths.hpp"

#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>

#include <fstream>
#include <sstream>

using namespace stanchion;

namespace {

constexpr auto never = retry_when::never;
constexpr auto safe = retry_when::safe;
constexpr auto repeated = retry_when::repeated;

} // namespace

TEST_CASE("each kind of failure has the documented default row",
          "[supervisors][decision_table]") {
  using k = failure_kind;
  using a = alert_when;
  auto [kind, retry, backoff, costs, breaker, alert]
    = GENERATE(table<failure_kind, retry_when, bool, bool, bool, alert_when>({
      {k::timeout, safe, true, true, true, a::if_repeated},
      {k::http_4xx, never, false, true, false, a::always},
      {k::http_5xx, safe, true, true, true, a::if_repeated},
      {k::rate_limited, safe, true, true, true, a::if_repeated},
      {k::overloaded, safe, true, true, true, a::if_repeated},
      {k::auth, never, false, true, false, a::always},
      {k::network, safe, true, true, true, a::if_repeated},
      {k::budget_exhausted, never, false, true, false, a::always},
      {k::schema_violation, never, false, true, false, a::always},
      {k::malformed_output, never, false, true, false, a::if_repeated},
      {k::empty_output, never, false, true, false, a::if_repeated},
      {k::truncated, never, false, true, false, a::if_repeated},
      {k::refused, never, false, true, false, a::if_repeated},
      {k::unknown_tool, never, false, true, false, a::if_repeated},
      {k::bad_arguments, never, false, true, false, a::if_repeated},
      {k::loop_detected, never, false, true, false, a::always},
      {k::step_limit, never, false, true, false, a::always},
      {k::deadline_exceeded, never, false, true, false, a::if_repeated},
      {k::crashed, safe, true, true, true, a::if_repeated},
      {k::circuit_open, safe, false, false, false, a::never},
      {k::bulkhead_full, safe, true, true, false, a::if_repeated},
      {k::cancelled, never, false, true, false, a::never},
      {k::permission_denied, never, false, true, false, a::if_repeated},
      {k::invalid_input, never, false, true, false, a::if_repeated},
      {k::not_found, never, false, true, false, a::if_repeated},
      {k::conflict, repeated, true, true, false, a::if_repeated},
      {k::nondeterminism, never, false, true, false, a::always},
      {k::internal, never, false, true, true, a::always},
    }));
  INFO(to_string(kind));
  const decision_table defaults;
  const decision_row expected{retry, backoff, costs, breaker, alert};
  CHECK(defaults[kind] == expected);
  CHECK((result_of(expected) == breaker_result::failure) == breaker);
}

TEST_CASE("the documentation shows the defaults",
          "[supervisors][decision_table]") {
  std::ifstream file{source_dir() / "docs/policies/decision_table.md"};
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(text.str().size() > 1'000);
  const auto yes = [](bool x) { return std::string{x ? " yes |" : " no |"}; };
  for (const auto& [kind, row] : decision_table{}.entries()) {
    const auto line = "| " + std::string{to_string(row.retry)} + " |"
                      + yes(row.backoff) + yes(row.costs_attempt)
                      + yes(row.counts_for_breaker) + ' '
                      + std::string{to_string(row.alert)} + " |";
    const auto start = "\n| `" + std::string{to_string(kind)} + '`';
    const auto begin = text.str().find(start);
    INFO(to_string(kind));
    REQUIRE(begin != std::string::npos);
    const auto end = text.str().find('\n', begin + 1);
    CHECK_THAT(text.str().substr(begin, end - begin), EndsWith(line));
  }
}

TEST_CASE("every kind has exactly one entry", "[supervisors][decision_table]") {
  const auto entries = decision_table{}.entries();
  CHECK(entries.size() == static_cast<std::size_t>(failure_kind::internal));
  for (std::size_t i = 0; i < entries.size(); ++i)
    CHECK(static_cast<std::size_t>(entries[i].kind) == i + 1);
}

TEST_CASE("an override replaces one row and leaves the others",
          "[supervisors][decision_table]") {
  const decision_row row{.retry = safe, .backoff = true};
  const std::vector<decision_entry> overrides{
    {failure_kind::empty_output, decision_row{}},
    {failure_kind::empty_output, row},
  };
  const decision_table defaults;
  const decision_table table{overrides};
  for (const auto& [kind, actual] : table.entries())
    CHECK(actual
          == (kind == failure_kind::empty_output ? row : defaults[kind]));
}

TEST_CASE("a kind from a newer version is treated as internal",
          "[supervisors][decision_table]") {
  const auto number = GENERATE(0, 29, 63, 64, 255);
  const decision_table defaults;
  CHECK(defaults[static_cast<failure_kind>(number)]
        == defaults[failure_kind::internal]);
}

TEST_CASE("the problems of overrides name the kind",
          "[supervisors][decision_table]") {
  const decision_row retried{.retry = safe, .backoff = true};
  const auto entries = decision_table{}.entries();
  CHECK(validate(entries).empty());
  auto [overrides, start]
    = GENERATE_COPY(table<std::vector<decision_entry>, const char*>({
      {{{failure_kind::cancelled, retried}}, "cancelled: "},
      {{{failure_kind::deadline_exceeded, retried}}, "deadline_exceeded: "},
      {{{failure_kind::nondeterminism, retried}}, "nondeterminism: "},
      {{{failure_kind::auth, {.backoff = true}}}, "auth: "},
      {{{failure_kind::auth, retried}, {failure_kind::auth, retried}},
       "auth: "},
      {{{static_cast<failure_kind>(200), retried}}, "kind: 200 "},
    }));
  const auto found = validate(overrides);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(start));
}
