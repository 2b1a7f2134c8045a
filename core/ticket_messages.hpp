#pragma once

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
};

} // namespace stanchion
