#pragma once

#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Who approves a call, and how long they have.
struct approval_options {
  /// Nobody has decided by then: the call is refused. Positive; default 24 h.
  duration expires_in = 24h;
  /// How many people must approve. At least 1, the default.
  std::uint32_t needed = 1;
  /// Only people with one of these roles decide; empty for anybody.
  std::vector<std::string> roles = {};
  /// Whoever submitted the run does not decide. Needs identities that somebody
  /// has checked. Default false.
  bool four_eyes = false;
  /// Whose ticket it is at first; empty for everybody's.
  std::string assignee = {};
  /// Who is asked next when nobody decides, in order. Together the times must
  /// be shorter than `expires_in`.
  std::vector<escalation_rung> ladder = {};

  bool operator==(const approval_options&) const = default;
};

/// What is wrong with `x`, field by field under `field`; empty when it may be
/// used.
[[nodiscard]] std::vector<std::string> validate(const approval_options& x,
                                                std::string_view field);

/// The terms of a ticket that is opened at `now` for somebody's run.
[[nodiscard]] ticket_terms terms_of(const approval_options& x,
                                    const std::string& submitter, instant now);

} // namespace stanchion
