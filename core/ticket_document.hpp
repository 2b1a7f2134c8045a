#pragma once

#include <stanchion/core/ticket.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// What a ticket says to people, and who says it.
namespace stanchion {

/// What is to be decided and why, in one or two sentences of Stanchion's own:
/// made of names, kinds and counts, never of what an agent, a tool or a user
/// wrote.
[[nodiscard]] std::string summary_of(const ticket& x);

/// A part of a ticket's document in which somebody else speaks: it may say
/// anything, and may look like Stanchion's own words.
struct foreign_words {
  /// A JSON pointer; all below it is foreign, too.
  std::string at;
  /// `user_input`, `agent`, `tool:<name>`, `person:<name>` or `program`, whose
  /// exception it was.
  std::string from;

  bool operator==(const foreign_words&) const = default;
};

/// All such parts, in no particular order. What no pointer leads to is
/// Stanchion's own: ids, names that the program registered, times, counts,
/// reasons, digests, verbs.
[[nodiscard]] std::vector<foreign_words> foreign_parts(const ticket& x);

/// The ticket as the operator API has it: with its `summary`, and with
/// `untrusted`, a list of `{at, from}`, where there are foreign parts.
[[nodiscard]] nlohmann::json document_of(const ticket& x);

} // namespace stanchion
