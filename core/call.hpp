#pragma once

#include <stanchion/core/approval.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/trace.hpp>
#include <stanchion/core/wait_reason.hpp>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a run and a guard tell each other about one call. Plain data: runs and
/// guards do not know each other's types.
///
/// An ordinary call:
///
///     run                         guard                        tool
///      | ---- call_request ------> |  schema, breaker           |
///      | <--- call_admitted ------ |                            |
///      |  (attempt made durable)   |                            |
///      | ---- attempt_go --------> | --- the work ------------> |
///      | <--- attempt_failed ----- | <------------------------- |
///      | <--- call_admitted ------ |  (retry, after a delay)    |
///      |            …              |                            |
///      | <--- call_done ---------- |                            |
///
/// With `request.at_once` (read-only tools) attempts leave without waiting for
/// `attempt_go`; `call_admitted` is not sent for the first one.
namespace stanchion {

/// Names a call for as long as its arguments are the same.
struct call_key {
  run_number run = 0;
  step_path step;
  std::uint32_t revision = 0;

  auto operator<=>(const call_key&) const = default;
};

/// A decision of a guard's about a call, as the event that told of it: the run
/// records it, so that it can be explained later.
struct call_decision {
  event_kind kind = event_kind::attempt_ended;
  /// JSON object text.
  std::string fields;
};

/// Those taken since the guard's last word about the call; mostly none.
using call_decisions = std::vector<call_decision>;

/// Where a call's last attempt stands, as its records say.
struct attempt_state {
  /// Attempts made so far, the open one included.
  std::uint32_t made = 0;
  /// When the first one was recorded.
  std::optional<instant> first;
  /// Whether the last one has no recorded end.
  bool open = false;
  /// What the last ended one may have done.
  std::optional<side_effect> ended;
  /// What the last ended one failed of; null when none did.
  std::shared_ptr<const failure> last;
};

/// Run → guard: wants a call done. Sent again after a restart of either side:
/// a guard that still holds the key carries on and sends nothing twice to the
/// tool; one that does not resolves an open attempt by the effect class.
struct call_request {
  call_key key;
  stanchion::run_id run;
  /// Canonical text.
  std::string arguments;
  attempt_state attempts;
  /// When the run's time, or the call's own, is up; none begins then.
  std::optional<instant> deadline;
  /// When the call's own time is up: it ends then, wherever it stands.
  std::optional<instant> gives_up;
  /// Something else is tried in its place: it does not wait for a breaker.
  bool has_fallback = false;
  /// Attempts may leave before they are durable.
  bool at_once = false;
  /// It undoes what its run did, and needs nobody's word for that.
  bool undoes = false;
  /// Its arguments are less certain than they must be to act unattended.
  bool unsure = false;
  /// What has done it before, for people; empty where nothing has. A person
  /// must say so before it is done again.
  std::string acted;
  /// What its run may do; looked up at each attempt. Null for everything.
  std::shared_ptr<const mode_cell> allowed;
  /// The ticket by which people approved it; empty for none.
  std::string grant;
  /// Nil for the run's own.
  trace_id trace = {};
};

/// Guard → run: the next attempt may leave once it is recorded.
struct call_admitted {
  call_key key;
  std::uint32_t attempt = 0;
};

/// Guard → run: taken, but nothing leaves yet: the tool is being restarted, the
/// breaker is open for a moment, the call's turn comes soon. The run need not
/// hold its records back.
struct call_held {
  call_key key;
  call_decisions decided;
};

/// Run → guard: the attempt is durable. The journal may bring it on the run's
/// behalf: who sent it says nothing.
struct attempt_go {
  call_key key;
  std::uint32_t attempt = 0;
};

/// Guard → run: an attempt ended without success and the call goes on.
/// `next_at` is when the guard tries again.
struct attempt_failed {
  call_key key;
  std::uint32_t attempt = 0;
  failure why;
  instant next_at;
  call_decisions decided;
  /// What it cost, if the tool has said so.
  std::optional<spending> spent = std::nullopt;
};

/// Guard → run: nothing can leave before `until`; the guard has forgotten the
/// call, the run asks again then.
struct call_waits {
  call_key key;
  instant until;
  wait_reason why = wait_reason::backoff;
  call_decisions decided;
};

/// Guard → run: the call is over. `attempt` is the last one made, 0 if none.
struct call_done {
  call_key key;
  std::uint32_t attempt = 0;
  outcome result;
  call_decisions decided;
  /// What the last attempt cost, if the tool has said so.
  std::optional<spending> spent = std::nullopt;
};

/// Guard → run: nobody can say whether the attempt took effect, and the tool's
/// class forbids another: a person must look. `why` is the evidence.
struct call_unknown {
  call_key key;
  std::uint32_t attempt = 0;
  failure why;
  park_reason reason = park_reason::ambiguous_state;
  call_decisions decided;
  /// What the attempt cost, if the tool has said so.
  std::optional<spending> spent = std::nullopt;
};

/// Why a call may not be made unattended.
enum class block_reason : std::uint8_t {
  stopped = 1,  ///< its agent, its run or everything is stopped
  advisory = 2, ///< what changes something is only proposed
  rule = 3,     ///< its tool asks for approval
  acted = 4,    ///< the run that it was forked from has acted there already
};

/// Guard → run: nothing leaves before a person has said so; the guard has
/// forgotten the call.
struct call_blocked {
  call_key key;
  block_reason why = block_reason::stopped;
  /// What the rule says, for people; empty where there is none.
  std::string because;
  /// On what conditions it is approved; null for the usual ones.
  std::shared_ptr<const approval_options> terms;
  call_decisions decided;
};

/// Run → guard: no further attempt, please. An attempt that is open is still
/// awaited and reported with `call_done`; if there is none, `call_done` with
/// `failed{cancelled, not_started}` comes at once.
struct call_dropped {
  call_key key;
};

/// Guard → run: a result came that nobody waited for any more. Evidence.
struct late_result {
  call_key key;
  std::uint32_t attempt = 0;
  outcome result;
};

} // namespace stanchion
