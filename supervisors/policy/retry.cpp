#include <stanchion/supervisors/policy/detail/problem_list.hpp>
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

bool is_worth_it(const decision_row& row, const attempt_facts& x) {
  if (!row.costs_attempt && !x.why.retry_after)
    return false;
  switch (row.retry) {
  case retry_when::never:
    break;
  case retry_when::safe:
    return true;
  case retry_when::repeated:
    return x.has_key && x.attempts_made > 1;
  }
  return false;
}

instant earliest(const backoff_options& backoff, const decision_row& row,
                 const attempt_facts& x) {
  auto wait = duration::zero();
  if (row.backoff)
    wait = delay(backoff, std::max(x.attempts_made, 1U) - 1, x.unit);
  if (x.why.retry_after)
    wait = std::max(wait, *x.why.retry_after);
  return wait < instant::max() - x.now ? x.now + wait : instant::max();
}

/// No further attempt: the agent is told, unless nobody could tell it what
/// happened.
retry_verdict refuse(const attempt_facts& x, park_reason reason) {
  if (is_unknown(x))
    return park_run{reason};
  auto why = x.why;
  why.attempts = x.attempts_made;
  if (why.effect == side_effect::unknown)
    why.effect = side_effect::none;
  return give_up{std::move(why)};
}

} // namespace

std::vector<std::string> validate(const retry_options& x,
                                  std::string_view where) {
  detail::problem_list found{where};
  found.require(x.max_attempts >= 1 && x.max_attempts <= 100, "max_attempts",
                "must be from 1 to 100; 1 means no retry");
  found.append(validate(x.backoff, found.path("backoff")));
  return found.take();
}

retry_verdict next_attempt(const retry_options& options,
                           const decision_table& table,
                           const attempt_facts& x) {
  const auto& row = table[x.why.kind];
  if (is_unknown(x)) {
    if (x.effect == effect::once || !x.has_key)
      return park_run{park_reason::ambiguous_state};
    if (x.effect == effect::reconcilable)
      return ask_reconcile{};
  }
  if (!is_worth_it(row, x))
    return refuse(x, park_reason::ambiguous_state);
  if (row.costs_attempt && x.attempts_made >= options.max_attempts)
    return refuse(x, park_reason::max_retries_exceeded);
  const auto at = earliest(options.backoff, row, x);
  if (x.deadline && at >= *x.deadline)
    return refuse(x, park_reason::deadline_exceeded);
  return try_again{at};
}

} // namespace stanchion
