#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// How often a call is tried.
struct retry_options {
  /// Attempts of one call, the first included. 1 to 100; default 3 (LangGraph
  /// and resilience4j). 1 means "no retry".
  std::uint32_t max_attempts = defaults::attempts;
  /// No attempt begins later than this after the first one began, be it by
  /// backoff, `retry_after` or an open breaker. Positive, at most 30 days;
  /// nothing, the default, for no such limit.
  std::optional<duration> max_elapsed = std::nullopt;
  /// Waits between attempts. Default 0.5 s x 2 to 60 s, full jitter.
  backoff_options backoff{.first = defaults::retry_backoff,
                          .factor = defaults::retry_backoff_factor,
                          .cap = defaults::retry_backoff_cap,
                          .jitter = jitter::full};
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const retry_options& x,
                                                std::string_view where = {});

/// What is known of a call when one of its attempts failed.
struct attempt_facts {
  /// The tool's class.
  stanchion::effect effect = stanchion::effect::once;
  /// How the attempt failed; its side effect is that of this attempt.
  const failure& why;
  /// Attempts that left so far, the failed one included.
  std::uint32_t attempts_made = 1;
  /// Whether an earlier attempt of this call ended `unknown` and neither
  /// `reconcile` nor a person has settled it since.
  bool earlier_unknown = false;
  /// Whether the attempts carry an idempotency key that the tool honours.
  bool has_key = true;
  /// When the first attempt began, if known.
  std::optional<instant> first_attempt = std::nullopt;
  instant now;
  /// When the call must be over, if ever.
  std::optional<instant> deadline = std::nullopt;
  /// Drawn evenly from [0, 1).
  double unit = 0.0;
  /// The backoff before this attempt, if it was a later one and that is known.
  std::optional<duration> last_backoff = std::nullopt;
  /// Whatever is to be waited for is over already: `try_again` is at `now`.
  bool waited = false;
  /// The tool's retry budget has no attempt left that costs one.
  bool denied = false;
};

/// Send again, with the same key, at `at` and not before.
struct try_again {
  instant at;
  /// What of that is backoff: the next `attempt_facts::last_backoff`.
  duration backoff{};
  /// The rule, in words; as in every verdict.
  std::string_view because = {};
};

/// Ask the tool's `reconcile`. "It did not happen" settles the side effect as
/// `none`: ask `next_attempt` again. A `reconcile` that fails is retried as a
/// `read_only` call; when that gives up, the call is `ambiguous_state`.
struct ask_reconcile {
  std::string_view because = {};
};

/// A person must decide; the failure is the evidence.
struct park_run {
  park_reason reason = park_reason::ambiguous_state;
  std::string_view because = {};
};

/// The call failed; the agent is told. Its side effect is never `unknown`.
struct give_up {
  failure why;
  std::string_view because = {};
};

using retry_verdict = std::variant<try_again, ask_reconcile, park_run, give_up>;

/// The rule that a verdict follows, in words.
[[nodiscard]] std::string_view because(const retry_verdict& x);

/// Decides what follows a failed attempt. The first rule that fits holds:
///
///   side effect | class, for which               | kind   | verdict
///   ------------+--------------------------------+--------+---------------
///   unknown     | once; keyed classes sans key   | any    | park ambiguous
///   unknown     | reconcilable                   | any    | ask_reconcile
///   unknown     | idempotent                     | no     | park ambiguous
///   unknown     | idempotent, out of attempts    | yes    | park max_retries
///   unknown     | idempotent, out of time        | yes    | park deadline
///   not unknown | any                            | no     | give_up
///   not unknown | any, out of attempts or time   | yes    | give_up
///   any left    | any                            | yes    | try_again
///
/// "Unknown" holds if this attempt or an earlier one is unsettled; it means
/// nothing for `read_only`, which fails as `none`. "Kind" is the decision
/// table's: `retry_when::repeated` is a yes for a keyed call from its second
/// attempt on. A wait is the longer of backoff and `retry_after`; one that
/// ends at or past the deadline is "out of time" at once, and one that ends
/// past `max_elapsed` is "out of attempts", as is one that is `denied`. A row
/// that costs no
/// attempt is never "out of attempts", but a failure of it that names no
/// `retry_after` counts as a no.
[[nodiscard]] retry_verdict next_attempt(const retry_options& options,
                                         const decision_table& table,
                                         const attempt_facts& x);

} // namespace stanchion
