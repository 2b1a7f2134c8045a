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
  std::optional<stanchion::decision> decided;
};

} // namespace stanchion
