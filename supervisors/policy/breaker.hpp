#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>
#include <stanchion/supervisors/policy/sliding_sum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// Append only: journaled by name.
enum class breaker_state : std::uint8_t {
  closed = 1,    ///< calls pass
  open = 2,      ///< calls are rejected until an instant
  half_open = 3, ///< a few calls pass as probes
  isolated = 4,  ///< an operator's word: calls are rejected until `close`
};

/// What a call that was admitted says about the tool's health.
enum class breaker_result : std::uint8_t {
  success = 1,
  failure = 2,
  ignored = 3, ///< nothing: cancelled, or the caller's own mistake
};

/// Why a breaker changed its state.
enum class breaker_cause : std::uint8_t {
  failures = 1,         ///< too many in a row
  retry_after = 2,      ///< the service named an instant
  wait_over = 3,        ///< open for long enough: a probe leaves
  probe_failed = 4,     ///< opened for longer
  probe_lost = 5,       ///< its lease ran out unanswered; opened for longer
  probes_succeeded = 6, ///< all of them
  quiet = 7,            ///< half open ended by itself, for want of calls
  by_operator = 8,
  failure_rate = 9, ///< too large a share of the calls in the window
  slow_calls = 10,  ///< too many of them took too long
};

[[nodiscard]] std::string_view to_string(breaker_state x);
[[nodiscard]] std::string_view to_string(breaker_result x);
[[nodiscard]] std::string_view to_string(breaker_cause x);

/// When a breaker opens, for how long, and how it tries again.
struct breaker_options {
  /// Failures in a row that open it. 1 to 10,000; default 5 (Dapr: more than
  /// 5).
  std::uint32_t consecutive_failures = defaults::breaker_failures;
  /// A failure opens it as well when failures are at least this share of the
  /// calls within `window`, and those are at least `minimum_calls`. 0 (never)
  /// to 1; default 0.5 (resilience4j).
  double failure_rate = defaults::breaker_failure_rate;
  /// 1 to 10,000; default 5.
  std::uint32_t minimum_calls = defaults::breaker_minimum_calls;
  /// Positive, at most a day; default 60 s.
  duration window = defaults::breaker_window;
  /// A call that takes this long is slow, whatever came of it. Positive;
  /// nothing, the default, if none is.
  std::optional<duration> slow_after = std::nullopt;
  /// As `failure_rate`, for slow calls; a slow probe counts as failed. More
  /// than 0, to 1; default 0.5.
  double slow_rate = defaults::breaker_slow_rate;
  /// How long it stays open at first, doubling while probes fail. Positive, at
  /// most `open_cap`; default 10 s (Akka 15 s, Polly 5 s, resilience4j 60 s).
  duration open_for = defaults::breaker_open;
  /// The longest it stays open by itself; a `retry_after` may be longer. At
  /// most 30 days; default 5 min.
  duration open_cap = defaults::breaker_open_cap;
  /// Probes out at a time while half open; as many successes close it. 1 to
  /// 100; default 2.
  std::uint32_t probes = defaults::breaker_probes;
  /// How long a probe may stay unanswered. Positive, at most 30 days; longer
  /// than the tool's attempt timeout, or slow probes are lost. Default 30 s.
  duration probe_lease = defaults::breaker_probe_lease;
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const breaker_options& x,
                                                std::string_view where = {});

/// The right to make one call. Its result is to be recorded once; one that is
/// never recorded loses nothing but, in a probe, its lease.
struct breaker_permit {
  /// Which stretch between two changes of state it belongs to.
  std::uint64_t generation = 0;
  /// The number of a probe; 0 for an ordinary call.
  std::uint64_t probe = 0;
};

/// What the window of a breaker holds; ignored results are not in it.
struct breaker_counts {
  std::uint32_t calls = 0;
  std::uint32_t failed = 0;
  std::uint32_t slow = 0;

  breaker_counts& operator+=(const breaker_counts& x) {
    calls += x.calls;
    failed += x.failed;
    slow += x.slow;
    return *this;
  }
};

/// One change of state, with its inputs.
struct breaker_transition {
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  breaker_cause cause = breaker_cause::failures;
  /// When it happened; may lie before the call that noticed it.
  instant at;
  /// Failures in a row at that time.
  std::uint32_t failures = 0;
  /// For `open`: until when.
  std::optional<instant> until;
  /// What the window held.
  breaker_counts recent;
};

/// Changes of state in their order; usually none, at most two.
using breaker_changes = std::vector<breaker_transition>;

struct admitted {
  breaker_permit permit;
};

struct rejected {
  /// From when on it is worth trying again; it may be so earlier, if probes
  /// succeed. Nothing while isolated: only an operator knows.
  std::optional<instant> retry_at;
};

struct admission {
  std::variant<admitted, rejected> answer;
  breaker_changes changes;
};

/// A breaker as people see it.
struct breaker_status {
  breaker_state state = breaker_state::closed;
  std::uint64_t generation = 0;
  /// Failures in a row.
  std::uint32_t failures = 0;
  /// `open`: from when on a call is a probe. `half_open`: when it ends by
  /// itself.
  std::optional<instant> until;
  /// `isolated`: since when.
  std::optional<instant> since;
  std::size_t probes_out = 0;
  std::uint32_t probes_succeeded = 0;
};

/// Stops calls to a tool that keeps failing, and finds out when it is back.
///
///              failures in a row, failure rate,
///              slow calls, retry_after
///    ┌──────┐ ─────────────────────────────────▶ ┌──────┐ ◀─┐ probe failed,
///    │closed│                                     │ open │   │ slow or lost,
///    └──────┘ ◀──────────────┐                    └──────┘   │ retry_after,
///        ▲      all probes   │                       │       │ quiet with none
///  close │      succeeded,   │   first call past     │       │ succeeded
///        │      or quiet     │   `until`             ▼       │
///   ┌────────┐  after one   ┌┴──────────────────────────┐    │
///   │isolated│              │ half_open                 │ ───┘
///   └────────┘ ◀── isolate, └───────────────────────────┘
///                  from any state
///
/// A success never opens it, unless it was slow. The window begins anew with
/// each change of state.
///
/// A result counts only in the stretch its permit was given in: late results
/// change nothing. While half open, at most `probes` calls are out or have
/// succeeded; an ignored one gives its place back; one whose lease runs out
/// counts as failed. With no probe out and no call for a `probe_lease`, half
/// open ends: closed if a probe had succeeded, else open as long as before.
///
/// Errors:  none.
/// Threads: not synchronised; owned by one guard.
/// Time:    reads no clock. Should `now` step back, waits and leases keep
///          their remaining length.
class breaker {
public:
  /// Closed.
  explicit breaker(breaker_options options = {});

  /// Asks for one call.
  [[nodiscard]] admission admit(instant now);

  /// Says how an admitted call ended. `retry_at` is what the service asked
  /// for with a failure: the breaker opens until then at once. `took` is how
  /// long the call took.
  [[nodiscard]] breaker_changes
  record(const breaker_permit& permit, breaker_result result, instant now,
         std::optional<instant> retry_at = std::nullopt,
         duration took = duration::zero());

  /// Opens it until `until`, or leaves it open for longer. No effect while
  /// isolated, or if `until` is past.
  [[nodiscard]] breaker_changes open_until(instant until, instant now);

  /// Rejects everything until `close`.
  [[nodiscard]] breaker_changes isolate(instant now);

  /// Closes it, whatever its state, and forgets past failures.
  [[nodiscard]] breaker_changes close(instant now);

  /// Applies what time alone has changed. Every other operation does so too;
  /// call it at `status().until` to learn of it without a call.
  [[nodiscard]] breaker_changes settle(instant now);

  /// How it stands at `now`.
  [[nodiscard]] breaker_status status(instant now) const;

  [[nodiscard]] const breaker_options& options() const {
    return options_;
  }

  // -- persistence ------------------------------------------------------------

  /// The state as one line of JSON. Permits do not survive: half open is
  /// written as open and due.
  [[nodiscard]] std::string to_text() const;

  /// A breaker in the state `text` describes; nothing if it does not come from
  /// `to_text`. Do not take that for closed: the tool may be isolated.
  [[nodiscard]] static std::optional<breaker>
  from_text(std::string_view text, breaker_options options = {});

private:
  struct lease {
    std::uint64_t probe = 0;
    instant expires;
  };

  /// Later than any wait, yet clocks may step without an overflow.
  static constexpr instant far_future = from_micros(std::int64_t{1} << 61U);

  void follow_clock(instant now);
  void move_to(breaker_state to, breaker_cause cause, instant at,
               breaker_changes& changes);
  void open(breaker_cause cause, instant at, instant until,
            breaker_changes& changes);
  void open_longer(breaker_cause cause, instant at, breaker_changes& changes);
  void reset(breaker_cause cause, instant at, breaker_changes& changes);
  void count_failure(const breaker_permit& permit, bool slow, instant now,
                     breaker_changes& changes);
  void count_success(const breaker_permit& permit, bool slow, instant now,
                     breaker_changes& changes);
  void check_window(bool failed, bool slow, instant now,
                    breaker_changes& changes);
  void end_half_open(instant now, breaker_changes& changes);
  [[nodiscard]] std::variant<admitted, rejected> lend(instant now);
  [[nodiscard]] bool give_back(std::uint64_t probe);
  [[nodiscard]] duration span(std::uint32_t opened_before) const;
  [[nodiscard]] std::optional<instant> changes_at() const;

  breaker_options options_;
  breaker_state state_ = breaker_state::closed;
  std::uint64_t generation_ = 1;
  std::uint32_t failures_ = 0;
  sliding_sum<breaker_counts> recent_;
  /// Times it opened by itself since it was last closed.
  std::uint32_t opened_ = 0;
  /// The last `now` seen while open or half open.
  instant seen_;
  instant until_;             // open
  std::vector<lease> leases_; // half open; oldest first
  instant last_lease_;        // half open
  std::uint32_t successes_ = 0;
  std::uint64_t last_probe_ = 0;
};

/// What a failure with this row of the decision table says about health.
[[nodiscard]] constexpr breaker_result result_of(const decision_row& row) {
  return row.counts_for_breaker ? breaker_result::failure
                                : breaker_result::ignored;
}

} // namespace stanchion
