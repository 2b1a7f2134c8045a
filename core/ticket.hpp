#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Why a person must act. Append only: journaled.
enum class park_reason : std::uint8_t {
  max_retries_exceeded = 1,
  restart_budget_spent = 2,
  ambiguous_state = 3, ///< a call may or may not have happened
  low_confidence = 4,
  requires_human = 5,
  irreversible_action = 6,
  validation_failed = 7,
  loop_detected = 8,
  step_limit = 9,
  budget_exhausted = 10,
  deadline_exceeded = 11,
  nondeterminism = 12, ///< the program no longer matches its journal
  poison_step = 13,    ///< the process died of it, again and again
  stopped_mode = 14,
  store_damaged = 15,
};

[[nodiscard]] std::string_view to_string(park_reason x);
[[nodiscard]] std::optional<park_reason> parse_park_reason(std::string_view);

/// Append only: journaled.
enum class ticket_kind : std::uint8_t {
  approval = 1,
  review = 2,
  question = 3,
  escalation = 4,
};

/// Append only: journaled.
enum class ticket_state : std::uint8_t {
  open = 1,
  decided = 2,
  expired = 3,
  withdrawn = 4, ///< its run ended without it
};

/// What a person may say. Append only: journaled.
enum class verb : std::uint8_t {
  retry = 1,          ///< do the step again
  edit = 2,           ///< do it with these arguments
  skip = 3,           ///< take this result instead
  abort = 4,          ///< end the run as cancelled
  happened = 5,       ///< the ambiguous call took effect, with this result
  did_not_happen = 6, ///< it did not: it may be sent again
  answer = 7,         ///< the value the agent asked for
  resume = 8,         ///< drive the run again, its code having changed
  extend = 9,         ///< a larger budget
  restart = 10,       ///< start a stopped part of the tree again
  approve = 11,       ///< do what is proposed
  reject = 12,        ///< do not do it
  accept = 13,        ///< what was done may stay
  undo = 14,          ///< what was done is to be taken back
  reassign = 15,      ///< somebody else decides; decides nothing itself
  fork = 16,          ///< another run goes on from where this one stands
};

[[nodiscard]] std::string_view to_string(ticket_kind x);
[[nodiscard]] std::string_view to_string(ticket_state x);
[[nodiscard]] std::string_view to_string(verb x);
[[nodiscard]] std::optional<verb> parse_verb(std::string_view text);
[[nodiscard]] std::optional<ticket_kind> parse_ticket_kind(std::string_view);
[[nodiscard]] std::optional<ticket_state> parse_ticket_state(std::string_view);

/// What a person said, and when it became durable.
struct decision {
  stanchion::verb verb = stanchion::verb::abort;
  std::string by;
  instant at;
  std::string comment;
  std::string payload; ///< canonical JSON; empty when the verb takes none
};

/// What one of several people said about a ticket that needs more than one.
struct vote {
  std::string by;
  instant at;
  std::string comment;

  bool operator==(const vote&) const = default;
};

/// Who is asked next when nobody has decided for a while.
struct escalation_rung {
  std::string target; ///< shown to people as whose ticket it is
  duration after{};   ///< how long the one before had

  bool operator==(const escalation_rung&) const = default;
};

/// On what conditions a ticket is decided. Most have none.
struct ticket_terms {
  /// SHA-256 of the canonical arguments that an approval is about, in hex.
  std::string digest;
  /// How many people must approve. At least 1.
  std::uint32_t needed = 1;
  /// Who may decide: one of these roles; empty for anybody.
  std::vector<std::string> roles;
  /// Who may not, since it is theirs; empty for nobody.
  std::string requester;
  /// Approvals so far, of this version, one a person.
  std::vector<vote> votes;
  /// The arguments as somebody edited them, who was not the last to approve:
  /// canonical text, or empty.
  std::string edited;
  /// When it is too late to decide; nothing for never.
  std::optional<instant> expires;
  /// Who is asked next, in order; those passed are gone.
  std::vector<escalation_rung> ladder;
  /// When the first of them is.
  std::optional<instant> escalates;
  /// Whose it is now; empty for everybody's.
  std::string assignee;
  /// When an approval was put to use; it covers no other call.
  std::optional<instant> used;
  /// What an answer must look like, as canonical text; empty for any.
  std::string answer_schema;
  /// What undoes the act under review: JSON text; empty for a ticket of another
  /// kind.
  std::string undo;

  bool operator==(const ticket_terms&) const = default;
};

/// Something a person must decide.
struct ticket {
  std::string id;
  ticket_kind kind = ticket_kind::escalation;
  park_reason reason = park_reason::requires_human;
  run_number run = 0; ///< 0 for a ticket of the supervision tree
  stanchion::run_id run_id;
  step_path step;
  std::uint32_t revision = 0;
  std::uint32_t version = 1; ///< changes when what is decided changes
  ticket_state state = ticket_state::open;
  std::string title;
  /// Equal errors share a group: `kind:operation`.
  std::string group;
  /// The context package: a JSON object, see `docs/formats/journal.md`.
  std::string context;
  /// The verbs that answer it, in the order to offer them.
  std::vector<stanchion::verb> options;
  instant created;
  ticket_terms terms;
  std::optional<stanchion::decision> decided;
  /// Its place in the order in which tickets were opened: given by the store,
  /// from 1 on; 0 before.
  std::uint64_t number = 0;
};

/// What a ticket is about, as far as its context names that.
struct ticket_subject {
  std::string agent;
  std::string tool; ///< of the call that it is about; empty for none
};
[[nodiscard]] ticket_subject subject_of_context(std::string_view context);

/// The ticket by which people may have undone what a step did.
[[nodiscard]] std::string review_ticket_id(const run_id& run,
                                           const step_path& step,
                                           std::uint32_t revision);

} // namespace stanchion
