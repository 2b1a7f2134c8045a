#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/core/wait_reason.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

class operation;

/// Whether a step under suspicion may go.
enum class turn : std::uint8_t { none, asked, held };

/// What an agent can wait for. Append only: journaled.
enum class step_kind : std::uint8_t {
  call = 1,         ///< a tool's answer
  timer = 2,        ///< an instant
  spawn = 3,        ///< that a child run exists
  child = 4,        ///< that a child run has ended
  settled = 5,      ///< that a child run has ended or waits for a person
  escalation = 6,   ///< a person's answer
  renewal = 7,      ///< that the run carries on under a new id
  compensation = 8, ///< that what is to be undone is known
  approval = 9,     ///< people's word about a plan
  question = 10,    ///< a person's answer, of a given form
  signal = 11,      ///< something that comes from outside, or an instant
  lowering = 12,    ///< that the run may do less
};

[[nodiscard]] std::string_view to_string(step_kind x);
[[nodiscard]] std::optional<step_kind> parse_step_kind(std::string_view text);

/// A run takes steps of its own beside those that its program asks for. Their
/// paths name the step that they are for: `5~1` is the first fallback of step
/// 5, `5~undo` undoes it.
[[nodiscard]] bool is_own(const step_path& path);
/// `nth` counts from 1, as the tool's chain does.
[[nodiscard]] step_path fallback_path(const step_path& of, std::size_t nth);
[[nodiscard]] step_path undo_path(const step_path& of);
[[nodiscard]] bool is_undo(const step_path& own);
/// The step that one of the run's own is for.
[[nodiscard]] step_path served_by(const step_path& own);
/// Which fallback it is, from 1; 0 for none.
[[nodiscard]] std::size_t fallback_number(const step_path& own);

/// One step of a run, from the moment its coroutine asks until its outcome is
/// delivered.
struct step {
  step_path path;
  step_kind kind = step_kind::call;
  /// The tool, the agent, the reason: what the kind needs a name for.
  std::string name;
  /// What was asked with; for an edited step, the editor's arguments.
  value arguments;
  /// Canonical text of `arguments`.
  std::string arguments_text;
  /// Set once the step began or was found in the journal.
  std::optional<effect> tool_effect;
  std::uint32_t revision = 0;
  attempt_state attempts;
  /// When a timer is due, or a wait of the run's own ends.
  std::optional<instant> due;
  /// The child that a spawn made or a wait is for.
  stanchion::run_id child;
  run_number child_number = 0;
  /// Times the process died while this step was open and alone suspected.
  std::uint32_t deaths = 0;
  bool charged = false;
  std::uint32_t charged_at = 0; // attempts made when it was
  /// Inside a race, where a call must not be one of a kind.
  bool raced = false;
  /// Its branch was decided without it; its outcome is recorded only.
  bool abandoned = false;
  /// The journal says so already.
  bool known_abandoned = false;
  operation* waiter = nullptr;

  // -- what the run keeps about a call ----------------------------------------

  /// When it was asked for, or reopened.
  instant asked;
  /// The ticket by which people approved it; empty for none.
  std::string grant;
  /// It has failed, and something else is tried in its place.
  bool handed_on = false;
  /// The guard that was asked; 0 while none is.
  std::uint64_t guard = 0;
  /// People are shown what it did.
  bool reviewed = false;
  /// The guard lets attempts leave before they are durable.
  bool at_once = false;
  /// The guard has answered neither yes nor no.
  bool undecided = false;
  /// What a call that has a `due` waits for.
  wait_reason waits_for = wait_reason::backoff;
  stanchion::turn turn = stanchion::turn::none;
  /// What the guard's answer to the attempt proves to be durable; 0: nothing.
  std::uint64_t proves = 0;
};

} // namespace stanchion
