#include <stanchion/supervisors/guard/call_rules.hpp>

namespace stanchion {

namespace {

retry_verdict after_lost(effect tool, instant now) {
  switch (tool) {
  case effect::read_only:
  case effect::idempotent:
    return try_again{now};
  case effect::reconcilable:
    return ask_reconcile{"the attempt was lost; the tool is asked whether it "
                         "happened"};
  case effect::once:
    break;
  }
  return park_run{park_reason::ambiguous_state,
                  "the attempt was lost, and such a tool is not called twice "
                  "unattended"};
}

} // namespace

retry_verdict first_step(const retry_options& options,
                         const decision_table& table, effect tool,
                         const attempt_state& x, instant now) {
  if (x.made == 0)
    return try_again{now};
  if (x.open)
    return after_lost(tool, now);
  const auto why = last_failure(tool, x);
  return next_attempt(options, table,
                      {.effect = tool,
                       .why = why,
                       .attempts_made = x.made,
                       .first_attempt = x.first,
                       .now = now,
                       .waited = true});
}

failure last_failure(effect tool, const attempt_state& x) {
  auto why = failure{};
  if (x.last && !x.open) {
    why = *x.last;
  } else {
    why.kind = failure_kind::crashed;
    why.message = "the attempt was under way when its guard or the process "
                  "ended; its end was never recorded";
  }
  why.effect = judge(tool, x.open ? side_effect::unknown
                                  : x.ended.value_or(side_effect::unknown));
  why.attempts = x.made;
  return why;
}

} // namespace stanchion
