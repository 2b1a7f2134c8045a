#pragma once

#include <stanchion/core/agent_ledger.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/mode_rules.hpp>
#include <stanchion/core/proposals.hpp>
#include <stanchion/fabric/actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace stanchion {

/// To the modes: a person says what an agent may do.
struct set_mode {
  std::string agent;
  mode_setting to;
  /// Told how it stood before, once the change is durable; dropped untold when
  /// the actor ends before. Must not block or throw; may be null.
  std::function<void(const mode_setting& before)> answer;
};

/// To the modes: a run of the agent has failed, or waits for a person.
struct agent_failed {
  std::string agent;
};

/// To the modes: the runs of the agent may have used up what they share.
struct agent_spent {
  std::string agent;
};

/// To the modes: people have judged what it proposed.
struct proposal_judged {
  std::string agent;
  std::string tool;
  proposal_record record;
};

/// What the modes work with. None may be null but `ledger`, `events` and
/// `on_changed`.
struct modes_options {
  std::shared_ptr<mode_directory> directory;
  std::function<mode_rules(const std::string& agent)> rules;
  /// What agents have used.
  std::shared_ptr<agent_ledger> ledger;
  fabric::actor_ref journal;
  /// Takes `mode_changed` for all runs.
  fabric::actor_ref router;
  std::shared_ptr<event_sink> events;
  /// Told of every change, in the context of the modes.
  std::function<void(const std::string& agent)> on_changed;
};

/// The fact that keeps an agent's mode, and its text.
[[nodiscard]] std::string mode_fact(std::string_view agent);
[[nodiscard]] std::string to_text(const mode_setting& x);
/// A text that is none stops the agent: it may have been.
[[nodiscard]] mode_setting parse_mode_setting(std::string_view text);

/// Says what agents may do. One per runtime.
///
/// Accepts:  set_mode → its `answer`
///           agent_failed, agent_spent, proposal_judged: rules may follow from
///           them
///           describe_tree → a tree_node
/// Sends:    mode_changed to the router
/// Emits:    mode_changed
/// State:    the facts, in the directory already; how often agents have failed
///           of late is forgotten with the actor
///
/// What allows less holds at once, what allows more once it is durable.
[[nodiscard]] std::unique_ptr<fabric::actor> make_modes(modes_options options);

} // namespace stanchion
