#pragma once

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/run/services.hpp>
#include <stanchion/core/backlog.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/executor.hpp>
#include <stanchion/core/secret.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/fabric/actor_ref.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/detail/breaker_board.hpp>
#include <stanchion/runtime/detail/fault_injector.hpp>
#include <stanchion/runtime/detail/observers.hpp>
#include <stanchion/runtime/detail/submission_keys.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/people.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/supervisors/tree/supervisor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

struct recovery_plan;
struct run_beginning;

namespace detail {
class mcp_servers;
class notifications;
} // namespace detail

/// What a runtime is made of. `wiring.cpp` builds the tree, `life.cpp` opens,
/// takes up and says the last word, `runtime.cpp` is the interface.
struct runtime::impl {
  explicit impl(config c) : settings(std::move(c)) {
    bus->hide_with(vault);
  }

  using version_key = std::pair<std::string, std::string>;

  config settings;
  std::map<std::string, tool> tools;
  std::map<version_key, std::shared_ptr<const agent>> agents;
  std::vector<llm_agent> llm_agents;
  std::shared_ptr<detail::breaker_board> breakers
    = std::make_shared<detail::breaker_board>();
  failure_policy failures;
  std::vector<supervisor> teams;
  std::set<std::string> in_teams; // tools and agents that a team starts
  std::map<std::string, std::string> latest; // agent → version for new runs
  std::shared_ptr<event_bus> bus = std::make_shared<event_bus>();
  std::shared_ptr<secret_vault> vault = std::make_shared<secret_vault>(
    settings.secrets ? settings.secrets : environment_secret);
  std::uint64_t own_subscription = 0;
  std::shared_ptr<detail::observers> observing; // guarded by mutex; or null

  std::optional<data_dir_lock> lock;
  std::shared_ptr<stanchion::store> store;
  std::shared_ptr<detail::notifications> notices; // null: nobody is told
  std::shared_ptr<stanchion::backlog> backlog;
  std::shared_ptr<random_source> random;
  std::shared_ptr<executor> pool;
  std::shared_ptr<http_loop> http;
  std::shared_ptr<detail::mcp_servers> servers;   // null: none
  std::shared_ptr<detail::fault_injector> faults; // null: none
  std::shared_ptr<tool_directory> directory;
  std::shared_ptr<mode_directory> modes;
  std::shared_ptr<agent_ledger> ledger; // null: no agent has a budget
  std::shared_ptr<std::atomic<run_number>> last_number;
  std::unique_ptr<fabric::system> sys;
  fabric::actor_ref root;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, fabric::actor_ref> parts; // guarded by mutex
  std::uint64_t ticks = 0; // guarded by mutex; events that wake waiters
  bool running = false;    // guarded by mutex
  bool stopped = false;    // guarded by mutex
  std::uint64_t epoch = 0; // guarded by mutex; times the tree was taken up
  bool taken_up = false;   // guarded by mutex
  std::set<std::string> stopped_agents; // guarded by mutex
  std::atomic<bool> root_down{false};
  detail::submission_keys keys;

  /// Throws `error{invalid_spec}` for a fallback that is no tool.
  void check_fallbacks() const;
  /// Gives LLM agents what they may call. Throws `error{invalid_spec}` for what
  /// there is not.
  void resolve_llm_agents();
  /// Whether a failure of a tool's may be gone in a while.
  [[nodiscard]] bool may_pass(std::string_view tool, const failure& why) const;

  // -- parts of the tree ----------------------------------------------------

  void part(const std::string& name, const fabric::actor_ref& ref) {
    const std::lock_guard guard{mutex};
    parts[name] = ref;
  }
  [[nodiscard]] fabric::actor_ref part(const std::string& name) {
    const std::lock_guard guard{mutex};
    const auto found = parts.find(name);
    return found == parts.end() ? fabric::actor_ref{} : found->second;
  }

  [[nodiscard]] std::shared_ptr<const run_services> services() {
    auto x = std::make_shared<run_services>();
    x->store = store;
    x->events = bus;
    x->random = random;
    x->tools = directory;
    x->modes = modes;
    x->ledger = ledger;
    x->agents
      = std::make_shared<const std::map<std::string, std::string>>(latest);
    x->last_number = last_number;
    x->desk = [this] { return part("desk"); };
    x->backlog = backlog;
    x->journal = part("journal");
    x->timers = part("timers");
    x->may_pass = [this](std::string_view tool, const failure& why) {
      return may_pass(tool, why);
    };
    x->router = part("router");
    x->commit_here = settings.in_memory && !settings.virtual_seed;
    x->replay_twice = settings.replay_twice;
    return x;
  }

  [[nodiscard]] supervisor_options root_options();
  [[nodiscard]] supervisor_options people_options();
  [[nodiscard]] supervisor_options tools_options();
  [[nodiscard]] supervisor_options agents_options();
  [[nodiscard]] supervisor_options teams_options();
  [[nodiscard]] supervisor_options team_options(const supervisor& team);
  [[nodiscard]] child_spec guard_child(const tool& t);
  [[nodiscard]] child_spec server_child(const std::string& name);
  [[nodiscard]] child_spec agent_child(const std::string& name);
  [[nodiscard]] std::unique_ptr<fabric::actor>
  run_actor(const std::shared_ptr<const run_services>& common,
            run_number number, const std::shared_ptr<const void>& beginning,
            bool exhausted, const fabric::actor_ref& supervisor);

  /// Whether this program has the version that the run began with.
  [[nodiscard]] bool knows(const run_row& row) const {
    return agents.contains({row.agent, row.version});
  }
  /// Whether nothing drives the run until a person acts.
  [[nodiscard]] bool leaves_alone(const run_row& row) const {
    return is_stopped(row.agent) || (lacks_version(row) && !knows(row));
  }
  /// Whether its supervisor drives no run of the agent until a person decides.
  [[nodiscard]] bool is_stopped(const std::string& agent) const {
    const std::lock_guard guard{mutex};
    return stopped_agents.contains(agent);
  }
  /// Under what an agent's supervisor is found among the parts.
  [[nodiscard]] static std::string agent_part(const std::string& agent) {
    return "agent " + agent;
  }

  void adopt(runtime& rt, const supervisor& team);
  /// The tool's own policy; an empty one for no name.
  [[nodiscard]] const failure_policy&
  failures_of(const std::string& tool) const;
  void guard_changed(const std::string& tool, const fabric::actor_ref& ref);
  void agent_changed(const std::string& agent, const fabric::actor_ref& ref);

  // -- life -----------------------------------------------------------------

  void open_store();
  /// Adds the tools of servers.
  void discover(runtime& rt);
  /// Whatever is to be called is there, and known to who calls it.
  void check_calls();
  void open();
  void prepare_faults();
  void start_notifications();
  void start_observers();
  void stop_observers();
  [[nodiscard]] std::shared_ptr<detail::observers> observers_now() {
    const std::lock_guard guard{mutex};
    return observing;
  }
  void take_up();
  void take_up_agent(const std::string& name);
  void drive(const recovery_plan& plan);
  void last_word(const failure& why, std::function<void()> proceed);
  void agent_stopped(const std::string& name,
                     const std::vector<run_number>& runs);
  void wait_for_version(const std::vector<run_row>& orphans);
  void open_ticket(ticket t, const std::string& subject);
  void withdraw(const std::string& id, const std::string& note);
  void withdraw_mended(const std::vector<run_row>& orphans);
  [[nodiscard]] bool tool_isolated(const std::string& name, instant since,
                                   const std::string& reason);
  void tree_decided(const ticket& t);
  /// A person lets calls of the tool pass again; true if that settles what its
  /// server says of it.
  bool agree(const std::string& tool, const ticket& t);
  void load_modes();
  /// Counts what agents have used that have a budget.
  void load_ledger();
  /// Tells what agents may do of failures and escalations.
  void watch_failures();
  /// Drives runs that were parked since their agent was stopped, if it may go
  /// on; of all agents for an empty name.
  void resume_stopped(const std::string& agent);
  [[nodiscard]] mode_rules rules_of_modes(const std::string& agent) const;
  [[nodiscard]] std::string wrong_arguments(const std::string& tool,
                                            const value& x) const;
  /// Records who changed what; not waited for.
  void note_change(audit_entry x);
  void submit(const submission& x, std::function<void(const run_row&)> then);
  /// Starts the run that undoes what a ticket reviews.
  void start_undo(const ticket& t);
  void start_undos();
  [[nodiscard]] bool is_being_undone(const ticket& t) const;
  /// What everything may do, in memory, in the file and for runs.
  void set_all(const mode_setting& to);
  /// The run, which has not ended and can be driven by this program.
  [[nodiscard]] run_row require_open(const run_id& id);
  /// Begins the fork that a decision asks for, unless it is none that the
  /// ticket takes.
  void fork_for(runtime& rt, const decision_request& x);
  void restart_agent(const std::string& name);
  /// Throws when a person must restart the agent first.
  void require_agent_runs(const std::string& name) const;
  /// Throws when this program lacks the run's version of its agent.
  void require_version(const run_row& row) const;
  /// The run that the submission's key leads to already. Throws when it was
  /// used with another input.
  [[nodiscard]] std::optional<run_row> known_run(const submission& x);

  /// Blocks while the journal is behind; in a simulation nothing would move.
  void wait_for_journal();
  [[nodiscard]] std::shared_ptr<run_beginning> prepare(const submission& x);
  void send_new(const std::shared_ptr<run_beginning>& begin);
  /// One agent's keys are nothing to another's.
  [[nodiscard]] static std::string key_of(const std::string& agent,
                                          const std::string& key) {
    return agent + '\0' + key;
  }

  /// Sends a question and waits for its answer. Asked again when the tree was
  /// started anew meanwhile or the question was dropped, unless `done` says
  /// that it has taken effect. `require_taker` throws when it would be dropped
  /// again.
  template <class T>
  T ask(std::future<T>& answer, const std::function<void()>& send,
        const std::function<std::optional<T>()>& done,
        const std::function<void()>& require_taker);

  [[nodiscard]] std::uint64_t current_epoch() {
    const std::lock_guard guard{mutex};
    return epoch;
  }

  void wake() {
    {
      const std::lock_guard guard{mutex};
      ++ticks;
    }
    changed.notify_all();
  }

  void require_running() {
    const std::lock_guard guard{mutex};
    if (!running || stopped || root_down)
      throw error{error_code::not_running,
                  "the runtime is not running; call start() first"};
  }
};

} // namespace stanchion
