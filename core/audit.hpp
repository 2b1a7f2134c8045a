#pragma once

#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace stanchion {

/// One change that a person, or a rule, made to how things run: who, what, when
/// and why. Append only; nothing is ever taken back.
struct audit_entry {
  /// Given by the store, from 1 on without a gap; 0 before.
  std::uint64_t number = 0;
  instant at;
  /// Who, or which rule.
  std::string by;
  /// What was done, such as `mode.set` or `ticket.decide`.
  std::string act;
  /// What it was done to: an agent, a run, a ticket, a tool.
  std::string subject;
  std::string reason;
  /// How it stood before and after; JSON text, empty where that says nothing.
  std::string before;
  std::string after;
};

/// Which entries a list shows, newest first.
struct audit_filter {
  std::string subject;      ///< empty: all
  std::string by;           ///< empty: all
  std::uint64_t before = 0; ///< only numbers below it; 0: from the newest
  std::size_t limit = 50;
};

} // namespace stanchion
