#pragma once

#include <stanchion/core/ticket.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace stanchion {

/// How people have judged what one agent proposed to do with one tool: what an
/// agent earns its autonomy by.
struct proposal_record {
  std::uint32_t approved = 0; ///< as it was proposed
  std::uint32_t edited = 0;   ///< approved after a change
  std::uint32_t rejected = 0; ///< also when nobody had decided in time
  /// How many in a row were approved as they were proposed, up to now.
  std::uint32_t clean = 0;
  /// The last ten, oldest first: `a`, `e` or `r` each.
  std::string recent;

  bool operator==(const proposal_record&) const = default;

  /// Counts one more decision; other verbs than approve, edit and reject say
  /// nothing about the proposal.
  void note(verb said);
  /// How many of the last ten were rejected.
  [[nodiscard]] std::uint32_t recent_rejections() const;
};

/// The fact that keeps it.
[[nodiscard]] std::string proposal_fact(std::string_view agent,
                                        std::string_view tool);

/// As the fact has it. An empty text, and one that is none, is a new record.
[[nodiscard]] std::string to_text(const proposal_record& x);
[[nodiscard]] proposal_record parse_proposals(std::string_view text);

} // namespace stanchion
