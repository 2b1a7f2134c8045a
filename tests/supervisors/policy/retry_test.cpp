#include "support/catch.hpp"

#include <stanchion/supervisors/policy/retry.hpp>

#include <set>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);
const decision_table defaults_table;
const retry_options three{
  .max_attempts = 3,
  .backoff = {.first = 1s, .factor = 2.0, .cap = 60s, .jitter = jitter::none}};

failure failed(failure_kind kind, side_effect effect) {
  failure result;
  result.kind = kind;
  result.effect = effect;
  result.message = "what happened";
  return result;
}

retry_verdict ask(const attempt_facts& x) {
  return next_attempt(three, defaults_table, x);
}

/// A verdict as one word.
std::string word(const retry_verdict& x) {
  if (const auto* parked = std::get_if<park_run>(&x))
    return "park " + std::string{to_string(parked->reason)};
  if (std::holds_alternative<ask_reconcile>(x))
    return "ask_reconcile";
  return std::holds_alternative<give_up>(x) ? "give_up" : "try_again";
}

/// The kinds worth another attempt, as the design lists them.
bool is_transient(failure_kind kind) {
  static const std::set<failure_kind> kinds{
    failure_kind::timeout,       failure_kind::http_5xx,
    failure_kind::rate_limited,  failure_kind::overloaded,
    failure_kind::network,       failure_kind::crashed,
    failure_kind::bulkhead_full,
  };
  return kinds.contains(kind);
}

std::string expected_word(failure_kind kind, effect cls, side_effect effect,
                          bool has_key, std::uint32_t attempts) {
  const auto unknown
    = effect == side_effect::unknown && cls != effect::read_only;
  if (unknown && (cls == effect::once || !has_key))
    return "park ambiguous_state";
  if (unknown && cls == effect::reconcilable)
    return "ask_reconcile";
  const auto again
    = is_transient(kind)
      || (kind == failure_kind::conflict && has_key && attempts > 1);
  if (!again)
    return unknown ? "park ambiguous_state" : "give_up";
  if (attempts == 3)
    return unknown ? "park max_retries_exceeded" : "give_up";
  return "try_again";
}

} // namespace

TEST_CASE("every kind, class and side effect has its verdict",
          "[supervisors][retry]") {
  const auto attempts = GENERATE(1U, 2U, 3U);
  const auto has_key = GENERATE(true, false);
  for (const auto& entry : defaults_table.entries())
    for (const auto cls : {effect::read_only, effect::idempotent,
                           effect::reconcilable, effect::once})
      for (const auto effect : {side_effect::not_started, side_effect::none,
                                side_effect::unknown}) {
        const auto why = failed(entry.kind, effect);
        const auto verdict = ask({.effect = cls,
                                  .why = why,
                                  .attempts_made = attempts,
                                  .has_key = has_key,
                                  .now = t0});
        INFO(to_string(entry.kind)
             << ' ' << to_string(cls) << ' ' << to_string(effect) << ' '
             << attempts << (has_key ? " keyed" : " unkeyed"));
        CHECK(word(verdict)
              == expected_word(entry.kind, cls, effect, has_key, attempts));
      }
}

TEST_CASE("what is decided for the four classes while nobody knows",
          "[supervisors][retry]") {
  // The same as the matrix, spelled out for a timeout and a bad answer.
  auto [cls, kind, expected]
    = GENERATE(table<effect, failure_kind, std::string>({
      {effect::read_only, failure_kind::timeout, "try_again"},
      {effect::idempotent, failure_kind::timeout, "try_again"},
      {effect::reconcilable, failure_kind::timeout, "ask_reconcile"},
      {effect::once, failure_kind::timeout, "park ambiguous_state"},
      {effect::read_only, failure_kind::schema_violation, "give_up"},
      {effect::idempotent, failure_kind::schema_violation,
       "park ambiguous_state"},
      {effect::reconcilable, failure_kind::schema_violation, "ask_reconcile"},
      {effect::once, failure_kind::schema_violation, "park ambiguous_state"},
    }));
  const auto why = failed(kind, side_effect::unknown);
  CHECK(word(ask({.effect = cls, .why = why, .now = t0})) == expected);
}

TEST_CASE("an unknown side effect never reaches the agent",
          "[supervisors][retry]") {
  const auto attempts = GENERATE(1U, 3U, 50U);
  const auto earlier = GENERATE(true, false);
  const auto has_key = GENERATE(true, false);
  const auto deadline
    = GENERATE(std::optional<instant>{}, std::optional<instant>{t0});
  for (const auto& entry : defaults_table.entries())
    for (const auto cls : {effect::read_only, effect::idempotent,
                           effect::reconcilable, effect::once})
      for (const auto effect : {side_effect::not_started, side_effect::none,
                                side_effect::unknown}) {
        const auto why = failed(entry.kind, effect);
        const auto verdict = ask({.effect = cls,
                                  .why = why,
                                  .attempts_made = attempts,
                                  .earlier_unknown = earlier,
                                  .has_key = has_key,
                                  .now = t0,
                                  .deadline = deadline});
        const auto* told = std::get_if<give_up>(&verdict);
        const auto certain = cls == effect::read_only
                             || (effect != side_effect::unknown && !earlier);
        INFO(to_string(entry.kind)
             << ' ' << to_string(cls) << ' ' << to_string(effect));
        if (told != nullptr) {
          CHECK(certain);
          CHECK(told->why.effect != side_effect::unknown);
        }
        // Never repeated unattended.
        if (cls == effect::once && !certain)
          CHECK(word(verdict) == "park ambiguous_state");
      }
}

TEST_CASE("an earlier unknown attempt outweighs a later clean refusal",
          "[supervisors][retry]") {
  // The first attempt timed out and may have paid; the second got a 4xx.
  const auto kind
    = GENERATE(failure_kind::http_4xx, failure_kind::circuit_open);
  const auto why = failed(kind, side_effect::none);
  attempt_facts x{.effect = effect::idempotent,
                  .why = why,
                  .attempts_made = 2,
                  .earlier_unknown = true,
                  .now = t0};
  CHECK(word(ask(x)) == "park ambiguous_state");
  x.effect = effect::reconcilable;
  CHECK(word(ask(x)) == "ask_reconcile");
  x.earlier_unknown = false;
  CHECK(word(ask(x)) == "give_up");
}

TEST_CASE("waits between attempts grow from the first one on",
          "[supervisors][retry]") {
  auto [attempts, wait] = GENERATE(table<std::uint32_t, duration>({
    {0, 1s},
    {1, 1s},
    {2, 2s},
    {3, 4s},
    {90, 60s},
  }));
  auto many = three;
  many.max_attempts = 100;
  const auto why = failed(failure_kind::timeout, side_effect::none);
  const auto verdict = next_attempt(
    many, defaults_table, {.why = why, .attempts_made = attempts, .now = t0});
  REQUIRE(word(verdict) == "try_again");
  CHECK(std::get<try_again>(verdict).at == t0 + wait);
}

TEST_CASE("retry_after is the least time to wait", "[supervisors][retry]") {
  auto [hint, at] = GENERATE(table<duration, instant>({
    {-5s, t0 + 1s},
    {0s, t0 + 1s},
    {500ms, t0 + 1s},
    {90s, t0 + 90s},
    {duration::max(), instant::max()},
  }));
  auto why = failed(failure_kind::rate_limited, side_effect::none);
  why.retry_after = hint;
  const auto verdict = ask({.why = why, .now = t0});
  REQUIRE(word(verdict) == "try_again");
  CHECK(std::get<try_again>(verdict).at == at);
}

TEST_CASE("a wait that reaches the deadline gives up now",
          "[supervisors][retry]") {
  auto [left, again] = GENERATE(table<duration, bool>({
    {-1s, false},
    {1s, false},
    {1s + 1us, true},
  }));
  const auto why = failed(failure_kind::timeout, side_effect::none);
  attempt_facts x{
    .effect = effect::idempotent, .why = why, .now = t0, .deadline = t0 + left};
  CHECK(word(ask(x)) == (again ? "try_again" : "give_up"));
  const auto unknown = failed(failure_kind::timeout, side_effect::unknown);
  const attempt_facts y{.effect = effect::idempotent,
                        .why = unknown,
                        .now = t0,
                        .deadline = t0 + left};
  CHECK(word(ask(y)) == (again ? "try_again" : "park deadline_exceeded"));
}

TEST_CASE("no attempt begins when too much time has passed since the first",
          "[supervisors][retry]") {
  auto limited = three;
  limited.max_elapsed = 10s;
  const auto known = effect::read_only;
  const auto idem = effect::idempotent;
  const auto none = side_effect::none;
  const auto unknown = side_effect::unknown;
  using maybe = std::optional<instant>;
  auto [first, cls, said, expected]
    = GENERATE_COPY(table<maybe, effect, side_effect, std::string>({
      {std::nullopt, known, none, "try_again"},
      {t0, known, none, "try_again"},
      {t0 - 9s, known, none, "try_again"}, // begins after just ten seconds
      {t0 - 9s - 1us, known, none, "give_up"},
      {t0 - 9s - 1us, idem, none, "give_up"},
      {t0 - 9s - 1us, idem, unknown, "park max_retries_exceeded"},
      {t0 + 1h, idem, unknown, "try_again"}, // the clock stepped back
    }));
  const auto why = failed(failure_kind::timeout, said);
  CHECK(word(next_attempt(
          limited, defaults_table,
          {.effect = cls, .why = why, .first_attempt = first, .now = t0}))
        == expected);
}

TEST_CASE("a breaker that stays open for too long ends the call as well",
          "[supervisors][retry]") {
  auto limited = three;
  limited.max_elapsed = 10s;
  auto why = failed(failure_kind::circuit_open, side_effect::not_started);
  why.retry_after = 11s;
  attempt_facts x{.why = why, .now = t0};
  CHECK(word(next_attempt(limited, defaults_table, x)) == "try_again");
  x.first_attempt = t0;
  CHECK(word(next_attempt(limited, defaults_table, x)) == "give_up");
}

TEST_CASE("a wait that is over is not waited for again",
          "[supervisors][retry]") {
  auto limited = three;
  limited.max_elapsed = 10s;
  auto why = failed(failure_kind::rate_limited, side_effect::none);
  why.retry_after = 9s;
  const auto verdict = next_attempt(
    limited, defaults_table,
    {.why = why, .first_attempt = t0 - 9s, .now = t0, .waited = true});
  REQUIRE(word(verdict) == "try_again");
  CHECK(std::get<try_again>(verdict).at == t0);
}

TEST_CASE("a verdict says how much of the wait is backoff",
          "[supervisors][retry]") {
  auto spread = three;
  spread.backoff.jitter = jitter::decorrelated;
  auto why = failed(failure_kind::rate_limited, side_effect::none);
  why.retry_after = 30s;
  const auto verdict = next_attempt(spread, defaults_table,
                                    {.why = why,
                                     .attempts_made = 2,
                                     .now = t0,
                                     .unit = 0.5,
                                     .last_backoff = 3s});
  REQUIRE(word(verdict) == "try_again");
  CHECK(std::get<try_again>(verdict).at == t0 + 30s);
  CHECK(std::get<try_again>(verdict).backoff == 5s);
}

TEST_CASE("a retry that the budget denies counts as one too many",
          "[supervisors][retry]") {
  auto [cls, kind, said, expected]
    = GENERATE(table<effect, failure_kind, side_effect, std::string>({
      {effect::read_only, failure_kind::timeout, side_effect::none, "give_up"},
      {effect::once, failure_kind::timeout, side_effect::none, "give_up"},
      {effect::idempotent, failure_kind::timeout, side_effect::unknown,
       "park max_retries_exceeded"},
      {effect::reconcilable, failure_kind::timeout, side_effect::unknown,
       "ask_reconcile"},
      {effect::read_only, failure_kind::circuit_open, side_effect::not_started,
       "try_again"}, // it is no retry
    }));
  auto why = failed(kind, said);
  why.retry_after = 1s;
  CHECK(word(ask({.effect = cls, .why = why, .now = t0, .denied = true}))
        == expected);
}

TEST_CASE("an open breaker is waited out and costs no attempt",
          "[supervisors][retry]") {
  auto why = failed(failure_kind::circuit_open, side_effect::not_started);
  why.retry_after = 10s;
  attempt_facts x{
    .effect = effect::once, .why = why, .attempts_made = 3, .now = t0};
  const auto verdict = ask(x);
  REQUIRE(word(verdict) == "try_again");
  CHECK(std::get<try_again>(verdict).at == t0 + 10s);
  x.deadline = t0 + 10s;
  CHECK(word(ask(x)) == "give_up");
}

TEST_CASE("an isolated tool names no instant and fails the call",
          "[supervisors][retry]") {
  const auto why = failed(failure_kind::circuit_open, side_effect::not_started);
  CHECK(word(ask({.effect = effect::once, .why = why, .now = t0}))
        == "give_up");
}

TEST_CASE("a conflict is retried only after an earlier attempt of its own",
          "[supervisors][retry]") {
  auto [attempts, has_key, expected]
    = GENERATE(table<std::uint32_t, bool, std::string>({
      {1, true, "give_up"},
      {2, true, "try_again"},
      {3, true, "give_up"},
      {2, false, "give_up"},
    }));
  const auto why = failed(failure_kind::conflict, side_effect::none);
  CHECK(word(ask({.effect = effect::idempotent,
                  .why = why,
                  .attempts_made = attempts,
                  .has_key = has_key,
                  .now = t0}))
        == expected);
}

TEST_CASE("the agent is told what happened and after how many attempts",
          "[supervisors][retry]") {
  const auto why = failed(failure_kind::http_5xx, side_effect::none);
  const auto verdict
    = ask({.effect = effect::once, .why = why, .attempts_made = 3, .now = t0});
  REQUIRE(word(verdict) == "give_up");
  const auto& told = std::get<give_up>(verdict).why;
  CHECK(told.kind == failure_kind::http_5xx);
  CHECK(told.message == "what happened");
  CHECK(told.attempts == 3);
}

TEST_CASE("an overridden row is obeyed, but never against the class",
          "[supervisors][retry]") {
  const std::vector<decision_entry> overrides{
    {failure_kind::empty_output, {.retry = retry_when::safe, .backoff = true}},
    {failure_kind::timeout, {}},
  };
  const decision_table table{overrides};
  auto [kind, cls, expected]
    = GENERATE(Catch::Generators::table<failure_kind, effect, std::string>({
      {failure_kind::empty_output, effect::read_only, "try_again"},
      {failure_kind::empty_output, effect::once, "park ambiguous_state"},
      {failure_kind::timeout, effect::read_only, "give_up"},
    }));
  const auto why = failed(kind, side_effect::unknown);
  CHECK(word(next_attempt(three, table, {.effect = cls, .why = why, .now = t0}))
        == expected);
}

TEST_CASE("the problems of retry options name the field",
          "[supervisors][retry]") {
  CHECK(validate(retry_options{}).empty());
  auto [options, field] = GENERATE(table<retry_options, const char*>({
    {{.max_attempts = 0}, "retry.max_attempts: "},
    {{.max_attempts = 101}, "retry.max_attempts: "},
    {{.max_elapsed = 0s}, "retry.max_elapsed: "},
    {{.max_elapsed = 31 * 24h}, "retry.max_elapsed: "},
    {{.backoff = {.factor = 0.0}}, "retry.backoff.factor: "},
  }));
  const auto found = validate(options, "retry");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}

TEST_CASE("each verdict names its rule", "[policy][retry]") {
  using k = failure_kind;
  auto [kind, tool, attempts, says]
    = GENERATE(table<failure_kind, effect, std::uint32_t, std::string>({
      {k::timeout, effect::read_only, 1, "retried while that is safe"},
      {k::timeout, effect::read_only, 3, "last of max_attempts"},
      {k::http_4xx, effect::read_only, 1, "never retried"},
      {k::conflict, effect::read_only, 1, "only for a keyed call"},
      {k::conflict, effect::read_only, 2, "a keyed call is retried"},
      {k::circuit_open, effect::read_only, 1, "no instant"},
      {k::timeout, effect::once, 1, "not called twice unattended"},
      {k::timeout, effect::reconcilable, 1, "the tool is asked"},
    }));
  const auto why = failure{.kind = kind, .effect = side_effect::unknown};
  const auto x = next_attempt(
    {}, decision_table{},
    {.effect = tool, .why = why, .attempts_made = attempts, .now = instant{}});
  CHECK_THAT(std::string{because(x)}, ContainsSubstring(says));
}
