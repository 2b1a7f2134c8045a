#pragma once

#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/core/audit.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/proposals.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/fabric/actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace stanchion {

/// To the desk: decide a ticket.
struct decide_ticket {
  std::string id;
  decision_wish wish;
  /// Told, in the desk's context, the decided ticket once that is durable, or
  /// why not; dropped untold when the desk ends before. Must not block or
  /// throw.
  std::function<void(std::variant<ticket, error>)> answer;
  /// What the audit says of it, in the same commit; asked in the desk's context
  /// for each change. May be null.
  std::function<audit_entry(const ticket& before, const ticket& after)> audit
    = nullptr;
};

/// What the desk works with. None may be null but `events`.
struct desk_options {
  std::shared_ptr<stanchion::store> store;
  fabric::actor_ref journal;
  /// Takes `routed` messages for runs.
  fabric::actor_ref router;
  /// A person has decided a ticket of the supervision tree; said again when the
  /// decision is repeated. Runs in the desk's context; may be null.
  std::function<void(const ticket&)> on_tree_decided;
  /// People want undone what a ticket reviews; said again when the decision is
  /// repeated, and by the next desk until the run that does it is durable,
  /// which `undoing` tells. Runs in the desk's context; may be null.
  std::function<void(const ticket&)> on_undo;
  /// Whether a run does that already. May be null.
  std::function<bool(const ticket&)> undoing;
  /// Hears of decisions about the supervision tree, and of what is done because
  /// nobody decides; a run reports its own.
  std::shared_ptr<event_sink> events;
  /// What is wrong with arguments for a tool, which somebody edited; empty for
  /// nothing. May be null.
  std::function<std::string(const std::string& tool, const value& arguments)>
    check_arguments;
  /// Somebody has judged what an agent proposed to do with a tool. Runs in the
  /// desk's context once that is durable; may be null.
  std::function<void(const std::string& agent, const std::string& tool,
                     const proposal_record& record)>
    on_proposal;
};

/// Takes what people decide, and is the only one to change a ticket that is
/// open. One per runtime.
///
/// Accepts:  decide_ticket → its `answer`
///           suggest_answer, withdraw_ticket, watch_ticket: see
///           core/ticket_messages.hpp
///           claim_grant → grant_claimed
///           describe_tree → a tree_node
/// Sends:    routed{run, ticket_decided} to the router, once durable; again
///           when a decision or a withdrawal is repeated
/// Emits:    ticket_withdrawn, ticket_escalated, ticket_expired;
///           ticket_decided, for tickets of no run
/// State:    none that lasts: safe to restart any time. A new one decides
///           nothing before what the old one had sent is durable.
///
/// What is wanted of one ticket is done one at a time: a second decision waits
/// until the first is durable, and then sees the winner; so does a withdrawal.
///
/// Errors told: those of `decide`; `unknown_ticket`; what the store throws.
[[nodiscard]] std::unique_ptr<fabric::actor> make_desk(desk_options options);

} // namespace stanchion
