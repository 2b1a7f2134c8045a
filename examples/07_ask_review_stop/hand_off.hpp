#pragma once

#include <stanchion/stanchion.hpp>

/// Three ways in which an agent hands something to a person. Each prints what
/// came of it.
namespace hand_off {

/// Before it happens: approve, edit, reject.
void ask();
/// After it has happened: accept, undo.
void review();
/// In the middle, when the agent does not know: an answer.
void stop();

/// What a person would see first in the list of open tickets.
[[nodiscard]] inline stanchion::ticket first_open(stanchion::runtime& rt) {
  return rt.journal()
    .list_tickets({.states = {stanchion::ticket_state::open}, .limit = 1})
    .at(0);
}

} // namespace hand_off
