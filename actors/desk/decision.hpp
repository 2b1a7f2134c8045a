#pragma once

#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

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
};

[[nodiscard]] payload_kind payload_of(verb x);

/// Decides about `x` at `now`: a decided ticket to be made durable, or the
/// decision that stands already. The first decision wins.
///
/// Errors: `ticket_conflict` naming the winner, or saying how the ticket
///         changed since `wish.version`; `bad_decision` when the verb does not
///         answer this ticket, its payload does not fit, or nobody is named.
/// Threads: any.
[[nodiscard]] std::variant<ticket, stored_decision>
decide(const ticket& x, const decision_wish& wish, instant now);

} // namespace stanchion
