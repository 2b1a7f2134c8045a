#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// Tickets as people read them. Nothing in it moves a cursor.
namespace stanchion {

using nlohmann::json;

/// A line of a list of tickets.
struct ticket_line {
  const json* ticket = nullptr; ///< of the list; the first of its group
  std::size_t others = 0;       ///< how many more are about the same error
  std::string title;            ///< which says so
};

/// Open escalations of equal errors are one line; what is about different
/// arguments never is. The lines point into `tickets`.
[[nodiscard]] std::vector<ticket_line> fold_tickets(const json& tickets);

/// The verbs that answer a ticket, between commas.
[[nodiscard]] std::string options_text(const json& ticket);

/// The arguments of the call that a ticket is about, as they would leave; null
/// for none.
[[nodiscard]] json arguments_of(const json& ticket);

/// All that is needed to decide a ticket, in lines.
[[nodiscard]] std::string ticket_text(const json& ticket);

} // namespace stanchion
