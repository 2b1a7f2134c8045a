#pragma once

#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>

#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// Why a run stops until a person has decided.
struct park_request {
  park_reason reason = park_reason::requires_human;
  /// The step it is about; empty when it is about the whole run.
  step_path step;
  std::uint32_t revision = 0;
  /// What happened, in one line.
  std::string title;
  /// What failed, if something did.
  std::optional<failure> why;
  /// What the agent or the runtime would do next.
  std::string suggestion;
  /// More evidence, as a JSON value.
  value evidence;
  ticket_kind kind = ticket_kind::escalation;
  ticket_terms terms;
};

/// The verbs that answer a park of `kind` for `reason`, in the order to offer
/// them. `at_escalation`: the agent itself asked, and waits for a value.
/// `own_budget`: the run has used up what it was given.
[[nodiscard]] std::vector<verb>
options_for(park_reason reason, bool at_escalation, bool own_budget = false,
            ticket_kind kind = ticket_kind::escalation);

/// Whether a park for `reason` without a failure is about the run's budget.
[[nodiscard]] bool is_about_budget(park_reason reason);

/// The reason under which an unhandled failure of `kind` is parked.
[[nodiscard]] park_reason reason_for(failure_kind kind);

/// An approval has a ticket of its own: that of another park must not take its
/// place.
[[nodiscard]] std::string ticket_id_of(const run_id& run,
                                       const park_request& x);

/// The ticket that `x` opens for the run with `row`, with everything a person
/// needs to decide: input, steps done, the failing step, the error with its
/// causes, what could be done. What `x` does not tell of suggestion and failure
/// is taken from the journal.
[[nodiscard]] ticket make_ticket(const run_row& row, const history& past,
                                 park_request x, instant now);

} // namespace stanchion
