#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/value.hpp>

#include <string>

/// What the rest of the runtime tells the desk. Whoever opens a ticket writes
/// it; from then on the desk alone changes it, so that what a person was told
/// stands. Both may be sent again.
namespace stanchion {

/// A result came for the step that an open ticket asks about: a person might
/// answer with it.
struct suggest_answer {
  std::string ticket;
  value answer;
};

/// Nothing is left to decide. Unless somebody has decided already, the ticket
/// is withdrawn; `note` tells people why. Its run is told `ticket_decided` once
/// it is durable that the ticket is no longer open.
struct withdraw_ticket {
  std::string ticket;
  std::string note;
  /// Who is told beside its run; 0 for nobody.
  run_number tell = 0;
};

/// A ticket that expires, or that others are asked about in time, is durable.
/// One that the desk was never told of it finds when it starts.
struct watch_ticket {
  std::string ticket;
};

/// Guard → desk, a request: the call is about to be made by what people
/// approved. Answered with `grant_claimed`; the use is journaled before
/// anything that the caller journals after the answer.
struct claim_grant {
  std::string ticket;
  run_number run = 0;
  step_path step;
  /// Of the canonical arguments, in hex.
  std::string digest;
};

/// Desk → guard.
struct grant_claimed {
  /// Why the approval does not cover the call; empty when it does.
  std::string refused;
};

} // namespace stanchion
