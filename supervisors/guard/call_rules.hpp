#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/supervisors/policy/retry.hpp>

namespace stanchion {

/// What a failed attempt may have done, for a tool of this class: what the
/// tool said, but nothing can be unknown where there is nothing to change.
[[nodiscard]] constexpr side_effect judge(effect tool, side_effect said) {
  if (tool != effect::read_only || said == side_effect::not_started)
    return said;
  return side_effect::none;
}

/// How a call that a guard has not seen before begins, by what its run has on
/// record. `try_again` means at once: whatever was to be waited for is over.
///
///   last attempt          | read_only, idempotent | reconcilable  | once
///   ----------------------+-----------------------+---------------+----------
///   none                  | at once               | at once       | at once
///   ended, known effect   | as `next_attempt` says of its failure
///   ended, effect unknown | as `next_attempt` says of its failure
///   lost                  | at once, same key     | ask_reconcile | park
///
/// A lost attempt, one without a recorded end, went down with its guard or the
/// process: it says nothing against the tool, so it can never be one too many.
[[nodiscard]] retry_verdict first_step(const retry_options& options,
                                       const decision_table& table, effect tool,
                                       const attempt_state& x, instant now);

/// What the last attempt failed of, as evidence. Precondition: `x.made > 0`.
[[nodiscard]] failure last_failure(effect tool, const attempt_state& x);

} // namespace stanchion
