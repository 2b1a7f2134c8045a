#pragma once

#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/fork.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/park.hpp>
#include <stanchion/actors/run/run.hpp>
#include <stanchion/actors/run/run_log.hpp>
#include <stanchion/actors/run/undo_list.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/call.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/core/tree.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion::detail {

/// How the program ended, while open attempts are still awaited.
struct ending {
  record_kind kind;
  std::string body;
  run_state state;
};

/// What a run may use up, and what it has used.
struct allowance {
  budget limits;
  usage used; // without the time
  /// Of what was spent, what is only reserved, by step.
  std::map<step_path, spending> reserved;
  /// When its time began, later by as long as it was parked.
  instant since;
  duration paused{};
  std::size_t extensions = 0;
  /// For the next thing that its time brings about.
  fabric::actor::timer_id timer = 0;
};

/// Who carries a run on.
struct successor {
  run_number number = 0;
  run_id id;
  value input;
};

/// What is undone before a run ends.
struct undo_work {
  ending then;
  std::vector<undo> list;
  std::size_t next = 0;
  /// For children, or for people who may decide about what it did, before
  /// `list` is made.
  bool waits = false;
  bool reviewed = false;
};

/// What only few runs have.
struct rarities {
  /// What the steps failed of in whose place something else is tried.
  std::map<step_path, std::shared_ptr<const failure>> reasons;
  /// The run's own steps as they were when it was taken up.
  std::map<step_path, own_step> recorded;
  std::unique_ptr<undo_work> undo;
  /// Children whose cost the run has taken over.
  std::set<run_id> paid;
  /// When an outcome last reached the program, if somebody looks out for that.
  instant heard;
  /// What it, alone, may do.
  mode_setting own_setting;
  /// Signals that no step has taken, oldest first, and the ids of all.
  std::vector<waiting_signal> signals;
  std::set<std::string> known_signals;
  /// The trace that it was submitted with.
  trace_id trace;
  /// Where it was forked from; null if it was not.
  std::shared_ptr<const fork_origin> forked;
};

/// How long the desk may take before it is told again.
inline constexpr duration ask_again = 1s;

/// A failure of a step that never left.
[[nodiscard]] inline failure refused(failure_kind kind, std::string message) {
  return {.kind = kind,
          .effect = side_effect::not_started,
          .message = std::move(message)};
}

/// The run itself: `run_actor.cpp` takes it up and says where it stands,
/// `calls.cpp` speaks with guards, `suspects.cpp` waits for its turn,
/// `permission.cpp` asks people where it must, `signals.cpp` takes what comes
/// from outside, `fallbacks.cpp` tries something else in the place of a call
/// that failed, `stuck.cpp` sees it go in circles, `allowance.cpp` counts what
/// it uses, `children.cpp` speaks with other runs, `people.cpp` parks it and
/// applies decisions, `ending.cpp` ends it, and `undo.cpp` undoes before what
/// it did.
class run_actor final : public fabric::actor, private engine_host {
public:
  explicit run_actor(run_options options)
    : options_(std::move(options)), services_(*options_.services) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "run " + std::to_string(options_.number);
  }

protected:
  void start() override;
  void receive(fabric::envelope& e) override;
  /// The next incarnation reads the journal: what is on its way there has to
  /// arrive first.
  void on_stop() override;
  /// The journal is gone, and what was on its way to it, too.
  void on_down(const fabric::down&) override;

private:
  void end_once_settled(const appended* x);
  void receive_rare(fabric::envelope& e);

  // -- beginning --------------------------------------------------------------

  void begin_new(const run_beginning& x);
  /// Takes the run up from the journal.
  void load();
  void go_on(history past);
  void drive(history past);
  void note_acts(const history& past);
  void remember(history& past);
  /// Replays from the journal what it holds once all of this is durable.
  void reload();
  void stop_engine();

  // -- after anything happened ------------------------------------------------

  /// Delivers what is there, then looks where the run stands and hands its
  /// records on.
  void settle();
  void look_around();
  /// Hands the records on if it is time to. True if they are durable already
  /// and somebody waited for that.
  bool flush();
  bool hand_over();
  void commit_here(const batch& content);
  using delivery_list = std::list<std::pair<step_path, outcome>>;
  /// What may reach the program now.
  [[nodiscard]] delivery_list::iterator next_delivery();
  /// Whether records of this run wait in a journal that is behind: it asks for
  /// no more until they are durable.
  [[nodiscard]] bool held_back() const;
  [[nodiscard]] bool open_attempts() const;
  /// Says why the run does not run, in its row and to its supervisor.
  void show_state();
  static std::string waits_for(const step& s);
  static std::string waits_for_tool(const step& s);
  void tell_idle(bool idle, std::optional<instant> next);
  void on_evict();

  // -- steps: what the engine asks --------------------------------------------

  void begin(step& s) override;
  void resume(step& s) override;
  void abandoned(step& s) override;
  void drifted(const step& s) override;
  void record_side_value(const step_path& path, std::string_view name,
                         const value& x) override;
  void record_patch(std::string_view id, bool taken) override;
  void say(event_kind kind, severity level, std::string_view text) override;
  /// Queues an outcome; it is recorded and delivered from `settle`.
  void deliver(const step& s, outcome x);
  void record_outcome(const step_path& path, const outcome& x, bool held);

  // -- calls ------------------------------------------------------------------

  [[nodiscard]] call_key key_of(const step& s) const;
  /// The open step that `key` names; null when it is another revision's.
  [[nodiscard]] step* find(const call_key& key) const;
  /// `why`: what a step of the run's own is taken for; null for none.
  void begin_call(step& s, const failure* why = nullptr);
  void resume_call(step& s);
  void ask_guard(step& s);
  void ask_guard(step& s, const tool_entry& tool);
  void note_proof(const step& s, side_effect seen);
  void deliver_once_durable(const step& s, const outcome& x);
  void set_undecided(step& s, bool x);
  template <class Message>
  void send_to_guard(const step& s, Message m) {
    if (const auto found = guards_.find(s.guard); found != guards_.end())
      send(found->second, std::move(m));
  }
  void add_attempt(step& s, std::uint32_t n);
  void on_admitted(const call_admitted& x, const fabric::actor_ref& guard);
  void on_attempt_failed(const attempt_failed& x);
  void end_attempt(step& s, std::uint32_t n, const failure& why);
  /// Records what the guard decided.
  void note(const step& s, const call_decisions& decided);
  /// Records and tells what the run itself decided.
  void note_own(event_kind kind, const step_path& path,
                const std::string& fields);
  void on_held(const call_held& x);
  void on_waits(const call_waits& x);
  /// The guard has nothing to do with the step any more.
  void release(step& s);
  void on_done(call_done& x);
  void on_unknown(const call_unknown& x);
  void on_late_result(const late_result& x);
  /// Shows a late result on the ticket that waits for an answer to its step.
  void suggest(const std::string& id, const outcome& x);
  void on_guards_changed();

  // -- what it may do ---------------------------------------------------------

  void take_mode(history& past);
  /// What it hands on of where it was forked from; empty for nothing.
  [[nodiscard]] std::string fork_text() const;
  /// Records when it may do more or less than the program was told.
  void look_at_mode();
  void on_mode_changed();
  void set_own_mode(const mode_setting& to);
  void on_set_mode(const set_run_mode& x);
  void lower(step& s);
  void lower_own(mode to, const std::string& by, const std::string& reason);
  /// Whether it may make no calls at all.
  [[nodiscard]] bool is_stopped() const;
  /// What a call would do once more that the run did from which this one was
  /// forked.
  [[nodiscard]] std::vector<past_act> acts_before(const step& s) const;
  /// Whether the arguments are less certain than the agent asks for.
  [[nodiscard]] bool is_unsure(const step& s) const;
  /// Has its tickets withdrawn that say that it is stopped, once it is not.
  void leave_stop();
  void on_blocked(const call_blocked& x);
  void end_blocked(step& s);
  void park_blocked(const step& s, const call_blocked& x);
  [[nodiscard]] standing stands() const;

  // -- signals ----------------------------------------------------------------

  void take_signals(history& past);
  void on_signal(const signal_run& x);
  void resume_signal(step& s);
  void take_signal(const step& s);
  /// To the first step that waits for one of that name.
  void offer_signal(const std::string& name);

  // -- fallbacks --------------------------------------------------------------

  /// A call is over: its outcome reaches the program, unless something else is
  /// tried in its place.
  void call_ended(step& s, outcome x);
  /// `tool`: its own.
  [[nodiscard]] bool has_fallback(const step& s, const tool_entry& tool) const;
  bool fall_back(step& s, failure why, std::size_t tried);
  [[nodiscard]] std::optional<value> without_call(const step& s,
                                                  const std::string& version,
                                                  const fallback& x,
                                                  const failure& why) const;
  void give(step& s, value x, const failure& why);
  [[nodiscard]] static std::unique_ptr<step>
  fallback_step(const step& of, const fallback_tool& x, std::size_t nth);
  void start_fallback(step& of, std::unique_ptr<step> s, const failure& why);
  void own_ended(step& s, const outcome& x);
  void after_own(const step_path& path, const std::string& name,
                 const outcome& x);
  bool resume_fallback(step& of);
  void resume_own(const step_path& path, const own_step& x, bool abandoned);
  void keep_answer(const step& s, const value& x);
  [[nodiscard]] std::optional<value> kept_answer(const step& s,
                                                 const std::string& version,
                                                 const fallback_cache& x) const;

  // -- going in circles -------------------------------------------------------

  void watch_circles(const history& past);
  std::optional<stuck_finding> look_for_circles(const step& s,
                                                const outcome& x);
  bool say_stuck(const stuck_finding& x, const step_path& path);
  bool avoid(step& s);
  void watch_silence(duration limit, std::uint64_t drive);
  void on_silence(duration limit, std::uint64_t drive);

  // -- suspects ---------------------------------------------------------------

  void want_turn(step& s);
  void on_turn(const suspect& x);
  void end_turn(step& s);
  void on_code_turn();
  void code_survived();
  /// Ends the turn of the agent's code once it came to a wait, or to its end.
  void look_at_code();

  // -- waits ------------------------------------------------------------------

  /// Of steps that are open now: what follows from one may end another.
  [[nodiscard]] std::vector<step_path> open_paths() const;
  void wait_until(step& s);
  void on_woken();
  [[nodiscard]] bool pending(const step_path& path) const;

  // -- what it may use up -----------------------------------------------------

  void allow(history& past);
  /// Whether a limit is used up: the run is parked then.
  bool park_if_spent();
  /// Counts one more step. False when it is one too many.
  [[nodiscard]] bool count_step();
  void count_attempt();
  /// Whether another attempt is one too many: the run is parked then.
  bool attempts_spent(const step& s);
  /// Whether the money or the tokens of the run have a limit.
  [[nodiscard]] bool counts_cost() const;
  /// Whether those of its agent have one.
  [[nodiscard]] bool shares_cost() const;
  /// What an attempt may cost at most; nothing where that is not counted.
  /// Throws what the tool's function throws.
  [[nodiscard]] spending most_cost(const step& s) const;
  /// False when nobody can say: the call has failed then.
  bool knows_cost(step& s);
  /// Whether that is more than there is: the run is parked then.
  bool cannot_afford(const step& s);
  /// Sets it aside for an attempt that leaves.
  spending reserve(const step& s);
  /// What an attempt has cost, as its tool said, or did not.
  void settle_cost(const step& s, const std::optional<spending>& said,
                   side_effect effect);
  void charge(const spending& before, const spending& much);
  /// Adds to what all runs of the agent use.
  void use(const agent_use& x) const;
  /// A child is over: what it has cost, its parent has spent.
  void pay_for(const step& s, const run_row& child);
  void say_low(std::string_view limit, std::uint64_t most, std::uint64_t before,
               std::uint64_t used);
  /// Records a step that is one too many; it goes on once there is more.
  void begin_beyond(step& s);
  [[nodiscard]] std::optional<instant> deadline() const;
  void watch_time();
  void on_time();
  [[nodiscard]] budget remaining() const;

  // -- children ---------------------------------------------------------------

  [[nodiscard]] std::optional<failure>
  why_no_child(const std::string& agent) const;
  [[nodiscard]] std::uint32_t times_above(const std::string& agent) const;
  void begin_spawn(step& s);
  /// Records the child beside the intent that names it.
  void add_child(const step& s, const std::string& version);
  void resume_spawn(step& s);
  void name_child(step& s);
  void claim_number(run_number x);
  /// Another run that begins in the same commit.
  void add_run(const bodies::beginning& x, const run_id& id, run_number number);
  /// What such a run has of this one from its start: it may do no more, and
  /// takes its signals if it carries it on.
  void hand_down(run_number number, bool with_signals);
  void announce_child(step& s);
  void route(run_number to, fabric::message m);
  void check_children();
  void check_child(step& s);
  outcome settlement_of(const run_row& child);
  outcome result_of(const run_row& child);

  // -- carrying on as new -----------------------------------------------------

  void renew(const step& s);
  void resume_renewal(step& s);
  void add_successor();

  // -- people -----------------------------------------------------------------

  void ask_person(step& s);
  /// Stops the program here until a person has decided. Open attempts are
  /// still awaited; their outcomes are kept for later.
  void park(park_request x);
  void open_ticket(park_request x);
  void check_tickets();
  void on_decided(const std::string& id);
  void go_on_unstopped(const ticket& t);
  /// Writes what the decision means; the replay then acts on it.
  void apply(const ticket& t, const decision& d);
  void apply_to_plan(const ticket& t, const decision& d,
                     const recorded_step& asked);
  void leave_unknown(const step_path& path, std::uint32_t attempt);

  // -- ending -----------------------------------------------------------------

  void program_ended();
  void unhandled(const failure& why);
  /// Tries the step again that the program could not go on without. False when
  /// that is not to be.
  bool reopen(const step_path& path, const failure& why);
  /// Nothing helps: what the agent says about that is done.
  void give_up(const failure& why, const step_path& at);
  void end(ending x);
  /// Asks guards not to start what has not left.
  void drop_calls();
  void finish(const ending& x);
  void finish_now(const ending& x);
  void end_cancelled();
  [[nodiscard]] const step* unsettled() const;
  void ask_what_became(const step& s, park_reason reason);
  /// Whether a person must say what became of a call before the run may end.
  [[nodiscard]] bool unknown_call() const;
  /// A person may be deciding at this very moment: the desk says who was first.
  void withdraw_tickets();
  void ask_to_withdraw();
  void tell_parent();
  void leave(run_state state);

  // -- undoing ----------------------------------------------------------------

  void undo_first(const ending& x);
  void prepare_undo(const history& past);
  void open_review(const step& s, const value& result);
  bool close_reviews();
  void show_undo();
  void begin_undo();
  void next_undo();
  void undone(const step_path& path, const outcome& x);
  [[nodiscard]] bool has_running_children() const;
  [[nodiscard]] bool is_undoing() const;
  /// Whether the step is not to go on: the program has stopped.
  [[nodiscard]] bool halted(const step& s) const;

  // -- crashes ----------------------------------------------------------------

  [[nodiscard]] bool
  crashed_too_often(const std::vector<instant>& crashes) const;
  /// The agent's code threw what is no `step_error`: the run is restarted, and
  /// when that has happened too often, parked.
  void crash(const std::string& message);
  void park_exhausted(const std::string& message);

  // -- cancelling -------------------------------------------------------------

  void on_cancel(const cancel_run& x);
  [[nodiscard]] bool parent_cancelled() const;
  void call_off(const std::string& reason, const std::string& by);
  void begin_cancel(const std::string& reason, const std::string& by);
  void stop_steps();
  void cancel_children(const std::string& reason, const std::string& by);
  [[nodiscard]] std::vector<run_row> children() const;

  // -- the journal no longer fits ---------------------------------------------

  void park_divergence();
  /// Reports when a replay of the run that just ended would have differed.
  void check_replay();

  // -- telling ----------------------------------------------------------------

  [[nodiscard]] tree_node describe() const;
  /// Whether anybody hears of it: asked where an event comes with every step.
  [[nodiscard]] bool heard(event_kind kind) const;
  void publish(event_kind kind, severity level, std::string fields,
               step_path path = {});
  [[nodiscard]] trace_id trace() const;
  /// What is handed on to what `step` begins.
  [[nodiscard]] std::string traceparent_for(const step_path& step) const;
  void say_asked(const step& s);
  void say_ended(const step_path& path, const outcome& x);
  void say_waiting();

  [[nodiscard]] rarities& rare() {
    if (!rare_)
      rare_ = std::make_unique<rarities>();
    return *rare_;
  }

  run_options options_;
  const run_services& services_;
  std::optional<run_log> log_;
  std::map<std::string, parking> parked_;
  std::map<step_path, outcome> held_;
  std::map<fabric::actor_id, fabric::actor_ref> guards_;
  delivery_list deliveries_;
  // What leaves once the next flush is durable.
  std::vector<std::pair<fabric::actor_ref, fabric::message>> leaving_;
  std::unique_ptr<ending> ending_;
  // Its own: a call that a guard has holds on to it. Null until it is taken up.
  std::shared_ptr<mode_cell> allowed_;
  std::unique_ptr<allowance> allowance_; // null without limits
  std::unique_ptr<rarities> rare_;       // mostly null
  std::vector<instant> crashes_;
  std::string cancel_reason_;
  std::vector<std::function<void(bool)>> told_when_cancelled_;
  std::uint32_t depth_ = 0;
  std::uint32_t retries_ = 0;
  std::unique_ptr<successor> successor_; // once the run has ended
  std::uint64_t last_token_ = 0; // whose word it waits for when stopping
  std::uint64_t drives_ = 0;     // how often the program was started
  int undecided_ = 0;
  bool last_failed_ = false;
  bool idle_ = false;
  bool cancelling_ = false;
  bool withdrawing_ = false;
  bool finishing_ = false;
  bool reloading_ = false;
  bool stopping_ = false; // once what was handed on is durable
  bool told_ = true;      // the journal says so when the last flush is durable
  bool over_ = false;
  bool code_charged_ = false;
  bool has_acts_ = false;             // there may be something to undo
  mode seen_mode_ = mode::autonomous; // as the journal has it
  turn code_turn_ = turn::none;
  std::optional<agent_context> context_;
  std::optional<engine> engine_; // frames last: destroyed first
};

} // namespace stanchion::detail
