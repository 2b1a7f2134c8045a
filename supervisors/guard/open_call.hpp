#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/fabric/actor_ref.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

namespace stanchion {

struct open_call;

/// One job that the tool has, or had when it was given up.
struct flight {
  /// Null once nobody waits for the answer.
  open_call* call = nullptr;
  std::uint32_t attempt = 0;
  /// Which incarnation of the tool's actor has it.
  std::uint64_t epoch = 0;
  breaker_permit permit;
  /// When the tool was given it, and how many places were taken then.
  instant left;
  std::uint32_t in_flight = 0;
  std::stop_source stop;
  /// Null for a tool that does not use the pool.
  std::shared_ptr<worker_mark> where;
  /// Null for a tool that need not show progress.
  std::shared_ptr<pulse> alive;
  /// Set when its time was up or another copy succeeded: who may still hear of
  /// a late answer.
  bool given_up = false;
  /// It takes up one of the tool's places, until the tool is done with it.
  bool has_place = false;
  call_key key;
  fabric::actor_ref caller;
};

/// Where a call stands.
///
///                    tool down                     back
///      +--> stashed <--------- (entering) --------------+
///      |        \ tool up      /   | breaker, rate      |
///      |         v  in line   v    v                    |
///      |        admitted -- waiting (and backoff) ------+
///      |  go, or at once |
///      |                 v                tool down
///      |               ready <------------------------+
///      |                 | tool up                    |
///      |                 v                            |
///      +---- failed -- flying -- bounced -------------+
///                        | answered
///                        v
///                       over
enum class call_phase : std::uint8_t {
  waiting,  ///< until an instant, or until the desk has answered
  stashed,  ///< until the tool is up; no attempt made
  in_line,  ///< until a place is free; no attempt made
  admitted, ///< until its run says that the attempt is durable
  ready,    ///< the attempt may leave, but the tool is down, or has no place
  flying,   ///< the tool has it
};

/// One call, from its request until it is over or its run waits by itself.
struct open_call {
  call_key key;
  stanchion::run_id run;
  fabric::actor_ref caller;
  value arguments;
  /// The same as the tool gets them, with secrets in their places.
  value revealed;
  /// When its run's time is up.
  std::optional<instant> deadline;
  /// When its own time is up.
  std::optional<instant> gives_up;
  bool has_fallback = false;
  bool at_once = false;
  /// It undoes what its run did.
  bool undoes = false;
  bool unsure = false;
  /// What has done it before; empty where nothing has.
  std::string acted;
  /// What its run may do; null for everything.
  std::shared_ptr<const mode_cell> allowed;
  /// The ticket by which people approved it, and whether that was found to
  /// cover it.
  std::string grant;
  bool granted = false;
  /// The rule that asks for approval, from 1; 0 for none, nothing while that
  /// was not looked at.
  std::optional<std::size_t> rule;
  /// What is to be said about that; mostly empty.
  std::string because;
  trace_id trace;

  call_phase phase = call_phase::waiting;
  /// Attempts so far, the current one included.
  std::uint32_t made = 0;
  /// When the first one began.
  std::optional<instant> first;
  /// The backoff before the current one, if this guard chose it.
  std::optional<duration> last_backoff;
  /// Its run counts the next attempt without being told.
  bool counted = false;
  breaker_permit permit;
  /// When the current attempt, or question, was admitted or, once it was, given
  /// to the tool.
  instant left;
  std::shared_ptr<flight> job;
  /// More copies of the attempt that the tool has, and how many there were.
  std::vector<std::shared_ptr<flight>> copies;
  std::uint32_t copies_sent = 0;
  /// What the copies failed of that have ended, while others are out.
  std::optional<failure> copy_failed;
  /// What its copies cost that have ended, if the tool said so.
  std::optional<spending> spent;
  /// Names the timer that it waits for.
  std::uint64_t wait = 0;
  wait_reason waits_for = wait_reason::backoff;

  /// What an attempt costs in tokens, once that was asked for.
  std::optional<std::uint64_t> cost;
  /// Its next attempt has its turn under the rate limit.
  bool has_turn = false;

  /// It has one of the tool's places for the attempt that is to leave.
  bool has_place = false;
  /// Its number in the line for them, if it had to stand in it, and since when.
  std::uint64_t arrival = 0;
  instant in_line_since;
  /// How many places were taken when the attempt left.
  std::uint32_t in_flight = 0;

  /// Some attempt may have acted, and nothing has settled whether it did.
  bool unsettled = false;
  /// The last attempt was lost rather than failed.
  bool lost = false;
  /// Nobody wants a further attempt.
  bool dropped = false;
  bool reconciling = false;
  std::uint32_t questions = 0; ///< reconciles that failed
  /// What is being reconciled.
  std::optional<failure> evidence;
  /// What was decided since its run last heard of it.
  call_decisions decided;
  /// The last word about a failed attempt; repeated to a run that lost it.
  std::optional<attempt_failed> last_failed;

  /// `x` has ended: what is said next is about it.
  void speak_of(const flight& x) {
    permit = x.permit;
    left = x.left;
    in_flight = x.in_flight;
  }
};

/// What is kept for a call that its run waits for.
struct absent_call {
  /// When it is to be back.
  instant at;
  /// Its turn under the rate limit, and what that cost.
  bool has_turn = false;
  std::uint64_t cost = 0;
  /// Its number in the line for a place, and since when; 0 for none.
  std::uint64_t arrival = 0;
  instant in_line_since;
};

/// For unordered containers.
struct call_key_hash {
  std::size_t operator()(const call_key& x) const noexcept {
    return std::hash<std::string_view>{}(x.step)
           ^ static_cast<std::size_t>(mix64(x.run + x.revision));
  }
};

} // namespace stanchion
