#include "support/catch.hpp"

#include <stanchion/supervisors/policy/hedging.hpp>

using namespace stanchion;

TEST_CASE("a copy leaves only where it helps and is paid for",
          "[supervisors][hedging]") {
  using v = hedge_verdict;
  auto [sent, dropped, healthy, affordable, expected]
    = GENERATE(table<std::uint32_t, bool, bool, bool, v>({
      {0, false, true, true, v::send},
      {1, false, true, true, v::send},
      {2, false, true, true, v::enough},
      {9, true, false, false, v::enough},
      {0, true, true, true, v::unwanted},
      {0, false, false, true, v::unwanted},
      {0, false, false, false, v::unwanted},
      {0, false, true, false, v::denied},
    }));
  CHECK(decide_hedge({.most = 2}, {.sent = sent,
                                   .dropped = dropped,
                                   .healthy = healthy,
                                   .affordable = affordable})
        == expected);
}

TEST_CASE("what any copy may have done, the attempt may have done",
          "[supervisors][hedging]") {
  const auto no = side_effect::not_started;
  const auto none = side_effect::none;
  const auto unknown = side_effect::unknown;
  auto [before, last, expected]
    = GENERATE_COPY(table<side_effect, side_effect, side_effect>({
      {no, no, no},
      {no, none, none},
      {none, no, none},
      {unknown, no, unknown},
      {no, unknown, unknown},
      {unknown, none, unknown},
    }));
  const auto merged = merge_copies(
    {.kind = failure_kind::network, .effect = before, .retry_after = 3s},
    {.kind = failure_kind::http_5xx, .effect = last, .retry_after = 1s});
  CHECK(merged.effect == expected);
  CHECK(merged.kind == failure_kind::http_5xx);
  CHECK(merged.retry_after == 3s);
  REQUIRE(merged.cause);
  CHECK(merged.cause->kind == failure_kind::network);
}

TEST_CASE("the problems of hedging name the field", "[supervisors][hedging]") {
  for (const auto tool : {effect::read_only, effect::idempotent})
    CHECK(validate(hedge_options{}, tool, 30s, "hedge").empty());
  auto [options, tool, field]
    = GENERATE(table<hedge_options, effect, const char*>({
      {hedge_options{}, effect::once, "hedge.effect: "},
      {hedge_options{}, effect::reconcilable, "hedge.effect: "},
      {{.after = 0s}, effect::read_only, "hedge.after: "},
      {{.after = 30s}, effect::read_only, "hedge.after: is 30s, but"},
      {{.most = 0}, effect::read_only, "hedge.most: "},
      {{.most = 6}, effect::read_only, "hedge.most: "},
    }));
  const auto found = validate(options, tool, 30s, "hedge");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}
