#pragma once

#include <stanchion/core/proposals.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/ticket.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// What an approval is about: the agent that proposed it, and with which tool.
struct proposal {
  std::string agent;
  std::string tool;
};

/// Nothing where it is not about a call.
[[nodiscard]] std::optional<proposal> proposal_of(const ticket& x);

/// What becomes durable in the commit of a decision beside the ticket itself:
/// how people judged a proposal, and what is to be undone. Ahead of the store
/// by what is on its way there.
///
/// Errors:  what the store throws.
/// Threads: not synchronised; owned by whoever decides.
class consequences {
public:
  /// `undoing` says whether a run undoes already what a ticket reviews.
  consequences(store& in, std::function<bool(const ticket&)> undoing);

  /// Adds them to the commit `to` of `decided`, once a decision. Returns the
  /// proposal that was judged, if one was.
  std::optional<proposal> add(const ticket& decided, batch& to);

  [[nodiscard]] const proposal_record& record_of(const proposal& x);
  /// The tickets whose undoing may not have begun.
  [[nodiscard]] const std::vector<std::string>& undos();

private:
  [[nodiscard]] std::string text_of(std::string_view key) const;
  std::optional<proposal> note_proposal(const ticket& x, batch& to);
  void note_undo(const ticket& x, batch& to);

  store& in_;
  std::function<bool(const ticket&)> undoing_;
  std::map<std::string, proposal_record> records_; // by fact
  std::optional<std::vector<std::string>> undos_;  // once read
};

} // namespace stanchion
