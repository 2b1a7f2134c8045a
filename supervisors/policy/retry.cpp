#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/retry.hpp>

#include <algorithm>

namespace stanchion {

namespace {

/// Whether nobody can say what the call has done so far.
bool is_unknown(const attempt_facts& x) {
  if (x.effect == effect::read_only)
    return false;
  return x.why.effect == side_effect::unknown || x.earlier_unknown;
}

/// Why another attempt would be of no use; empty when it may be.
std::string_view futile(const decision_row& row, const attempt_facts& x) {
  if (!row.costs_attempt && !x.why.retry_after)
    return "it names no instant to come back at";
  switch (row.retry) {
  case retry_when::never:
    return "this kind is never retried";
  case retry_when::safe:
    break;
  case retry_when::repeated:
    if (!x.has_key || x.attempts_made <= 1)
      return "this kind is retried only for a keyed call with an earlier "
             "attempt of its own";
  }
  return {};
}

try_again earliest(const backoff_options& backoff, const decision_row& row,
                   const attempt_facts& x) {
  auto result
    = try_again{.at = x.now,
                .because = row.retry == retry_when::repeated
                             ? "a keyed call is retried after this kind"
                             : "this kind is retried while that is safe"};
  if (x.waited)
    return result;
  if (row.backoff)
    result.backoff = delay(backoff, std::max(x.attempts_made, 1U) - 1, x.unit,
                           x.last_backoff);
  const auto wait
    = std::max(result.backoff, x.why.retry_after.value_or(duration::zero()));
  result.at = wait < instant::max() - x.now ? x.now + wait : instant::max();
  return result;
}

bool takes_too_long(const retry_options& options, const attempt_facts& x,
                    instant at) {
  return options.max_elapsed && x.first_attempt
         && at - *x.first_attempt > *options.max_elapsed;
}

/// No further attempt: the agent is told, unless nobody could tell it what
/// happened.
retry_verdict refuse(const attempt_facts& x, park_reason reason,
                     std::string_view because) {
  if (is_unknown(x))
    return park_run{reason, because};
  auto why = x.why;
  why.attempts = x.attempts_made;
  if (why.effect == side_effect::unknown)
    why.effect = side_effect::none;
  return give_up{std::move(why), because};
}

} // namespace

std::string_view because(const retry_verdict& x) {
  return std::visit([](const auto& verdict) { return verdict.because; }, x);
}

std::vector<std::string> validate(const retry_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.max_attempts >= 1 && x.max_attempts <= 100, "max_attempts",
                "must be from 1 to 100; 1 means no retry");
  found.require(!x.max_elapsed
                  || (*x.max_elapsed > duration::zero()
                      && *x.max_elapsed <= std::chrono::days{30}),
                "max_elapsed",
                "must be longer than zero and at most 30 days; leave it out "
                "for no limit");
  found.append(validate(x.backoff, found.path("backoff")));
  return found.take();
}

retry_verdict next_attempt(const retry_options& options,
                           const decision_table& table,
                           const attempt_facts& x) {
  const auto& row = table[x.why.kind];
  if (is_unknown(x)) {
    if (x.effect == effect::once || !x.has_key)
      return park_run{park_reason::ambiguous_state,
                      "nobody can say whether it took effect, and such a tool "
                      "is not called twice unattended"};
    if (x.effect == effect::reconcilable)
      return ask_reconcile{"nobody can say whether it took effect; the tool "
                           "is asked"};
  }
  if (const auto why = futile(row, x); !why.empty())
    return refuse(x, park_reason::ambiguous_state, why);
  if (row.costs_attempt && x.attempts_made >= options.max_attempts)
    return refuse(x, park_reason::max_retries_exceeded,
                  "it was the last of max_attempts");
  if (row.costs_attempt && x.denied)
    return refuse(x, park_reason::max_retries_exceeded,
                  "the retry budget of the tool is exhausted");
  const auto again = earliest(options.backoff, row, x);
  if (x.deadline && again.at >= *x.deadline)
    return refuse(x, park_reason::deadline_exceeded,
                  "the next attempt would begin past the deadline");
  if (takes_too_long(options, x, again.at))
    return refuse(x, park_reason::max_retries_exceeded,
                  "the next attempt would begin later than max_elapsed after "
                  "the first");
  return again;
}

} // namespace stanchion
