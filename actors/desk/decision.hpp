#pragma once

#include <stanchion/core/ticket.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// What a person says about a ticket.
struct decision_wish {
  /// The version of the ticket that the person saw; 0 accepts any.
  std::uint32_t version = 0;
  stanchion::verb verb = stanchion::verb::abort;
  /// Who decides. Not empty.
  std::string by;
  std::string comment;
  /// The verb's value as JSON text; empty if it takes none.
  std::string payload;
  /// What `by` may decide where a ticket asks for a role; `*` stands for all.
  std::vector<std::string> roles;
};

/// The same verb and payload were said before: the first decision stands.
struct stored_decision {
  ticket content;
};

/// What a verb wants beside itself.
enum class payload_kind : std::uint8_t {
  none,      ///< nothing
  object,    ///< a JSON object: arguments
  any,       ///< any JSON value: a result
  extension, ///< none, or what to add: see `extension_from_json`
  person,    ///< whose the ticket is from now on: a JSON string
};

[[nodiscard]] payload_kind payload_of(verb x);

/// Decides about `x` at `now`: a changed ticket to be made durable, or what
/// stands already. The first decision wins. A ticket that needs several
/// approvals stays open until the last of them; so does one that is reassigned.
///
/// Errors: `ticket_conflict` naming the winner, or saying how the ticket
///         changed since `wish.version`, or that its time has passed;
///         `bad_decision` when the verb does not answer this ticket, its
///         payload does not fit, nobody is named, or it is not for who is.
/// Threads: any.
[[nodiscard]] std::variant<ticket, stored_decision>
decide(const ticket& x, const decision_wish& wish, instant now);

// -- time ---------------------------------------------------------------------

/// When something is to be done about an open ticket that nobody decides;
/// nothing for never.
[[nodiscard]] std::optional<instant> due(const ticket& x);

/// What that is at `now`, which is not before `due`: somebody else is asked, or
/// it is too late to decide, and its default holds.
[[nodiscard]] ticket pass_on(const ticket& x, instant now);

// -- the use of an approval ---------------------------------------------------

/// Why `x` does not approve the call that `claim` is about; empty when it does.
[[nodiscard]] std::string refusal(const ticket& x, const claim_grant& claim);

} // namespace stanchion
