#pragma once

#include <stanchion/actors/run/agent.hpp>
#include <stanchion/core/audit.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/runtime/catalog.hpp>
#include <stanchion/runtime/config.hpp>
#include <stanchion/runtime/event_bus.hpp>
#include <stanchion/runtime/supervisor.hpp>
#include <stanchion/runtime/tool.hpp>
#include <stanchion/supervisors/policy/failure_policy.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stanchion {

namespace fabric {
class system;
} // namespace fabric

class llm_agent;
class mcp_server;
struct fork_wish;
struct forking;

/// A request to run an agent.
struct submission {
  std::string agent;
  value input;
  /// The submitter's idempotency key: the same key and agent, the same run.
  /// Empty: none.
  std::string key;
  /// Who asks; shown to people.
  std::string submitter;
  /// What the run may use up, where that is less than its agent says.
  budget limits = {};
  /// The header `traceparent` of who asks (W3C Trace Context): the run and all
  /// it calls belong to that trace. Empty or invalid: a trace of its own.
  std::string traceparent = {};
};

/// A request to decide a ticket.
struct decision_request {
  std::string ticket;
  /// What the person saw; 0 accepts any version.
  std::uint32_t version = 0;
  stanchion::verb verb = stanchion::verb::abort;
  /// Who decides.
  std::string by;
  std::string comment;
  /// The verb's value, as JSON text; empty if it takes none.
  std::string payload;
  /// The roles of `by`, where a ticket asks for one; `*` stands for all.
  std::vector<std::string> roles = {};
};

/// Something that a run waits for, or will (`ctx.signal`).
struct signal_request {
  std::string name;
  /// The sender's: the same id, the same signal. Not empty.
  std::string id;
  value content;
  /// Who sends it; shown to people.
  std::string by = {};
};

/// The roof: agents, tools and supervisors are added, then it starts, takes up
/// every open run it knows, and runs until `stop`.
///
/// Errors:  `error`, with a code; see each member.
/// Threads: `add` before `start`, from one thread; everything else from any
///          thread. Blocking members must not be called from agents or tools.
class runtime {
public:
  explicit runtime(config c = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  /// Stops in order, within the grace.
  ~runtime();

  // -- before the start -------------------------------------------------------

  /// Errors: `invalid_spec` when a name repeats, a schema is missing, or
  /// numbers cannot work together.
  void add(tool x);
  void add(agent x);
  /// What it calls may be added later; `start` throws for what is not there.
  void add(const llm_agent& x);
  /// Its tools are there once it has been asked for them, which `start` does.
  void add(const mcp_server& x);
  /// Adds the supervisor with all its tools and agents.
  void add(supervisor x);
  /// How failures of all tools are read and what follows from them, where a
  /// tool does not say otherwise. Errors: `invalid_spec`.
  void set(failure_policy x);

  // -- life -------------------------------------------------------------------

  /// Opens the data directory, takes it over, asks servers for their tools,
  /// and resumes its open runs.
  /// Errors: `invalid_spec`, also for a server that cannot be reached and whose
  /// tools are not known from before; `store_in_use`, `store_newer`,
  /// `store_damaged`, `store_read_only`, `store_io`.
  void start();

  /// Refuses new work, lets open attempts end, makes everything durable and
  /// ends all actors. False when something had to be abandoned.
  bool stop();

  // -- runs -------------------------------------------------------------------

  /// Starts a run; returns once it is durable. Errors: `unknown_agent`,
  /// `idempotency_mismatch`, `invalid_json`, `not_running`; `run_conflict`
  /// while the agent is stopped.
  run_row submit(const submission& x);
  /// The same without waiting until it is durable; `then` is told the row in a
  /// context of the runtime's and must not block; at once where the key is
  /// known already. It is never told of a run that is lost before it is
  /// durable. Still blocks while more than `config::journal_backlog` waits for
  /// the store.
  void submit(const submission& x, std::function<void(const run_row&)> then);

  /// Waits until the run has ended or waits only for people, or until `limit`
  /// has passed. Errors: `unknown_run`.
  run_row wait(const run_id& id, std::optional<duration> limit = {});
  /// How a run ended. Errors: `unknown_run`; `run_conflict` if it has not.
  outcome result(const run_id& id);
  /// Errors: `unknown_run`; `run_conflict` if it has ended or its agent is
  /// stopped; `unknown_agent` if this program lacks its version.
  void cancel(const run_id& id, const std::string& reason,
              const std::string& by);
  /// The same without waiting; `then` is told in a context of the runtime's
  /// whether there was something to cancel, never if the run ends before, and
  /// must not block.
  void cancel(const run_id& id, const std::string& reason,
              const std::string& by, std::function<void(bool)> then);
  /// Drives an open run that nothing drives, such as one whose agent was
  /// missing. Errors: `unknown_run`, `run_conflict`; `unknown_agent` if this
  /// program lacks its version.
  void resume(const run_id& id);

  /// Begins another run with what this one had done and heard up to a point:
  /// `docs/operating.md`. Returns once it is durable; what it did behind that
  /// point is in the plan. Errors: `unknown_run`, those of `prepare_fork`;
  /// `unknown_agent` if this program lacks the version.
  forking fork(const run_id& id, const fork_wish& wish);

  // -- people -----------------------------------------------------------------

  /// Decides a ticket; returns it once that is durable. The first decision
  /// wins; the same one again gets the stored answer. Errors:
  /// `unknown_ticket`, `ticket_conflict` naming the winner, `bad_decision`.
  ticket decide(const decision_request& x);
  /// The same without waiting; `then` is told in a context of the runtime's and
  /// must not block. It is dropped untold when the desk is restarted meanwhile.
  /// Errors: `bad_decision` for `fork`, which has to wait for another run.
  void decide(const decision_request& x,
              std::function<void(std::variant<ticket, error>)> then);

  /// Hands a signal to a run; returns once that is durable. Errors:
  /// `unknown_run`; `run_conflict` if it has ended; `bad_decision` without a
  /// name or an id; `unknown_agent` if this program lacks its version.
  void signal(const run_id& id, const signal_request& x);
  /// The same without waiting; `then` is told in a context of the runtime's
  /// once it is durable, never if the run ends before, and must not block.
  void signal(const run_id& id, const signal_request& x,
              std::function<void(bool)> then);

  // -- what agents may do -----------------------------------------------------

  /// Says what an agent may do; returns once that is durable, and how it stood
  /// before. What allows less holds at once. Runs that were parked since it was
  /// stopped go on when it no longer is. Errors: `unknown_agent`;
  /// `bad_decision` without a name of who says so.
  mode_setting set_mode(const std::string& agent, const mode_setting& to);
  /// The same without waiting; `then` is told how it stood before in a context
  /// of the runtime's and must not block.
  void set_mode(const std::string& agent, const mode_setting& to,
                std::function<void(const mode_setting&)> then);
  /// The same for one run. Errors: as `signal`.
  void set_mode(const run_id& id, const mode_setting& to);
  void set_mode(const run_id& id, const mode_setting& to,
                std::function<void(bool)> then);
  /// Nothing leaves any more, in this process at once and in later ones until
  /// `lift_stop`; what is under way is awaited. Holds also while nothing can be
  /// made durable. Errors: `store_io` when it could not be written down for
  /// later processes.
  void stop_all(const std::string& by, const std::string& reason);
  /// Errors: `run_conflict` when nothing was stopped; `store_io`.
  void lift_stop(const std::string& by, const std::string& reason);
  /// What an agent may do at present; for an empty name, everything.
  [[nodiscard]] mode_setting mode_of(const std::string& agent) const;
  /// Isolates a tool, so that no call leaves, or lets calls pass again,
  /// whatever was before; takes effect a moment later. Errors: `unknown_tool`.
  void set_breaker(const std::string& tool, bool isolated,
                   const std::string& reason);
  /// Keeps for ever that somebody changed something, with the next commit.
  void note(audit_entry x);
  /// Makes durable what somebody who looks after the journal changes in it, and
  /// returns then. `done` says whether that is so already; it is asked before
  /// it is tried once more. Errors: `not_running`.
  void commit(const batch& x, const std::function<bool()>& done);

  // -- looking ----------------------------------------------------------------

  /// Whether it drives runs: it was started and has not ended since.
  [[nodiscard]] bool running() const;
  /// All that were added, by name.
  [[nodiscard]] std::vector<agent_summary> agents() const;
  [[nodiscard]] std::vector<tool_summary> tools() const;

  [[nodiscard]] stanchion::store& journal() const;
  [[nodiscard]] tree_node tree() const;
  [[nodiscard]] event_bus& events() const;
  /// What Prometheus reads, in its text format (`metrics::content_type`); empty
  /// while the runtime is not running, or `telemetry_options::metrics` is off.
  [[nodiscard]] std::string metrics() const;
  [[nodiscard]] const config& settings() const;
  /// For simulations, which drive it themselves.
  [[nodiscard]] fabric::system& actors() const;
  [[nodiscard]] bool has_agent(const std::string& name) const;
  /// What failures of a tool are taken for, and what follows from each kind;
  /// of any tool without rules of its own for an empty name. Errors:
  /// `invalid_spec` for a name that no tool has.
  [[nodiscard]] failure_rules rules_for(const std::string& tool) const;
  [[nodiscard]] std::vector<effective_row>
  table_for(const std::string& tool) const;
  /// Whether this runtime does not drive the run until a person acts: its agent
  /// is stopped, or this version of it missing.
  [[nodiscard]] bool leaves_alone(const run_row& row) const;

  struct impl;

private:
  std::unique_ptr<impl> impl_;
};

} // namespace stanchion
