#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/park.hpp>
#include <stanchion/actors/run/run.hpp>
#include <stanchion/actors/run/run_log.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/call.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// How the program ended, while open attempts are still awaited.
struct ending {
  record_kind kind;
  std::string body;
  run_state state;
};

std::string text_of(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an object that is not a std::exception was thrown";
  }
}

std::optional<failure> step_failure(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const step_error& e) {
    return e.why();
  } catch (...) {
    return std::nullopt;
  }
}

failure refused(failure_kind kind, std::string message) {
  return {.kind = kind,
          .effect = side_effect::not_started,
          .message = std::move(message)};
}

class run final : public fabric::actor, private engine_host {
public:
  explicit run(run_options options)
    : options_(std::move(options)), services_(*options_.services) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "run " + std::to_string(options_.number);
  }

protected:
  void start() override {
    // Not kept: a run may wait for a long time.
    if (const auto beginning = std::exchange(options_.beginning, nullptr))
      begin_new(*beginning);
    else
      load();
    settle();
  }

  void receive(fabric::envelope& e) override {
    if (over_)
      return;
    if (stopping_)
      return end_once_settled(e.body.as<appended>());
    if (auto* done = e.body.edit<call_done>())
      on_done(*done);
    else if (const auto* x = e.body.as<call_admitted>())
      on_admitted(*x, e.sender());
    else if (const auto* y = e.body.as<appended>())
      log_->durable(y->token);
    else
      receive_rare(e);
    settle();
  }

  /// The next incarnation reads the journal: what is on its way there has to
  /// arrive first.
  void on_stop() override {
    stopping_ = log_ && !log_->settled();
    if (!stopping_)
      return quit(fabric::exit_kind::shutdown);
    monitor(services_.journal);
  }

  /// The journal is gone, and what was on its way to it, too.
  void on_down(const fabric::down&) override {
    if (stopping_)
      quit(fabric::exit_kind::shutdown);
  }

private:
  void end_once_settled(const appended* x) {
    if (x != nullptr && log_->is_last(x->token))
      quit(fabric::exit_kind::shutdown);
  }

  void receive_rare(fabric::envelope& e) {
    if (const auto* x = e.body.as<attempt_failed>())
      on_attempt_failed(*x);
    else if (const auto* held = e.body.as<call_held>())
      on_held(*held);
    else if (const auto* waits = e.body.as<call_waits>())
      on_waits(*waits);
    else if (const auto* unknown = e.body.as<call_unknown>())
      on_unknown(*unknown);
    else if (const auto* late = e.body.as<late_result>())
      on_late_result(*late);
    else if (e.body.is<timer_due>() || e.body.is<run_woken>())
      on_woken();
    else if (e.body.is<child_run_changed>())
      check_children();
    else if (const auto* decided = e.body.as<ticket_decided>())
      on_decided(decided->ticket);
    else if (const auto* cancel = e.body.as<cancel_run>())
      on_cancel(*cancel);
    else if (e.body.is<guards_changed>())
      on_guards_changed();
    else if (e.body.is<evict_request>())
      on_evict();
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(describe());
  }

  // -- beginning
  // ----------------------------------------------------------------

  void begin_new(const run_beginning& x) {
    log_.emplace(x.row);
    auto past = history{};
    past.agent = x.row.agent;
    past.version = x.row.version;
    past.input = x.input;
    past.depth = x.depth;
    past.started = now();
    log_->add(record_kind::started, {},
              bodies::started({.agent = x.row.agent,
                               .version = x.row.version,
                               .input = x.input,
                               .depth = x.depth,
                               .parent = x.row.parent,
                               .parent_step = x.row.parent_step,
                               .submitter = x.row.submitter}),
              past.started);
    log_->update(run_state::running, {}, std::nullopt, now());
    log_->when_durable([this, accepted = x.on_durable] {
      publish(event_kind::run_submitted, severity::info, {});
      if (accepted)
        accepted();
    });
    drive(std::move(past));
  }

  /// Takes the run up from the journal.
  void load() {
    const auto row = services_.store->find_run(options_.number);
    if (!row)
      throw error{error_code::unknown_run, "run "
                                             + std::to_string(options_.number)
                                             + " is not in the journal"};
    log_.emplace(*row);
    auto past = history{services_.store->read(options_.number, 0)};
    log_->resume_at(past.next_seq);
    if (past.terminal)
      return leave(row->state);
    parked_ = past.parked;
    held_ = past.held;
    cancelling_ = past.cancel_requested;
    cancel_reason_ = past.cancel_reason;
    if (!parked_.empty() && !cancelling_) {
      publish(event_kind::run_resumed, severity::debug, {});
      return check_tickets();
    }
    if (options_.exhausted || crashed_too_often(past.crashes))
      return park_exhausted("it crashed too often");
    if (past.code_deaths >= defaults::poison_deaths)
      return park({.reason = park_reason::poison_step,
                   .title = "the process died "
                            + std::to_string(past.code_deaths)
                            + " times while the agent's own code ran"});
    crashes_ = past.crashes;
    code_charged_ = past.code_charged;
    suspect_ = code_charged_
               || std::any_of(past.steps.begin(), past.steps.end(),
                              [](const auto& x) { return x.second.charged; });
    if (log_->update(run_state::running, {}, std::nullopt, now()))
      publish(event_kind::run_resumed, severity::info, {});
    if (!code_charged_)
      return go_on(std::move(past));
    log_->add(record_kind::driven_alone, {}, "{}", now());
    reloading_ = true;
    log_->when_durable([this, past = std::move(past)]() mutable {
      reloading_ = false;
      go_on(std::move(past));
    });
  }

  void go_on(history past) {
    drive(std::move(past));
    if (cancelling_)
      stop_steps();
  }

  void drive(history past) {
    depth_ = past.depth;
    auto input = past.input;
    engine_.emplace(static_cast<engine_host&>(*this), log_->row().id,
                    past.started);
    context_.emplace(*engine_);
    publish(event_kind::run_started, severity::debug, {});
    try {
      engine_->start(options_.program->body()(*context_, std::move(input)),
                     std::move(past));
    } catch (const std::exception& e) {
      crash(e.what()); // the agent threw before it was a coroutine
    }
  }

  /// Replays from the journal what it holds once all of this is durable.
  void reload() {
    stop_engine();
    reloading_ = true;
    log_->when_durable([this] {
      reloading_ = false;
      load();
    });
  }

  void stop_engine() {
    if (engine_)
      engine_->freeze();
  }

  // -- after anything happened
  // --------------------------------------------------

  /// Delivers what is there, then looks where the run stands and hands its
  /// records on.
  void settle() {
    if (over_ || !log_)
      return;
    while (engine_ && !engine_->frozen() && !deliveries_.empty()) {
      auto [path, x] = std::move(deliveries_.front());
      deliveries_.pop_front();
      if (engine_->find(path) == nullptr)
        continue;
      record_outcome(path, x, false);
      engine_->deliver(path, x, now());
    }
    if (engine_ && !engine_->frozen()) {
      if (engine_->diverged())
        park_divergence();
      else if (engine_->ended())
        program_ended();
    }
    if (cancelling_ && !reloading_ && !open_attempts())
      finish({record_kind::cancelled, bodies::cancelled(cancel_reason_),
              run_state::cancelled});
    else if (ending_ && !open_attempts())
      finish(*std::exchange(ending_, std::nullopt));
    clear_suspects();
    show_state();
    flush();
  }

  void flush() {
    if (!log_->dirty() && !log_->awaited())
      return;
    // An outcome rides with the next attempt: hold it for the guard's answer,
    // which comes at once.
    if (undecided_ != 0)
      return;
    if (!log_->dirty() && log_->unflushed_waiters() == 0)
      return;
    auto [content, token] = log_->flush();
    send(services_.journal, append{std::move(content), token, true});
  }

  [[nodiscard]] bool open_attempts() const {
    if (!engine_)
      return false;
    return std::any_of(
      engine_->open().begin(), engine_->open().end(), [](const auto& x) {
        return x.second->kind == step_kind::call
               && (x.second->guard != 0 || x.second->attempts.open);
      });
  }

  /// Says why the run does not run, in its row and to its supervisor.
  void show_state() {
    if (over_ || finishing_ || reloading_)
      return;
    if (!parked_.empty()) {
      const auto& x = *parked_.begin();
      log_->update(run_state::parked,
                   "a person: " + x.second.why + " (ticket " + x.first + ")",
                   std::nullopt, now());
      return tell_idle(!open_attempts(), std::nullopt);
    }
    if (!engine_)
      return;
    auto text = std::string{};
    auto next = std::optional<instant>{};
    auto running = engine_->open().empty() || cancelling_;
    for (const auto& [path, s] : engine_->open()) {
      if (s->abandoned)
        continue;
      running = running || s->guard != 0;
      if (s->due && (!next || *s->due < *next))
        next = s->due;
      if (text.empty())
        text = waits_for(*s);
    }
    if (running)
      log_->update(run_state::running, {}, std::nullopt, now());
    else
      log_->update(run_state::waiting, text, next, now());
    tell_idle(!running, next);
  }

  static std::string waits_for(const step& s) {
    switch (s.kind) {
    case step_kind::timer:
      return "a timer at step " + s.path;
    case step_kind::child:
    case step_kind::settled:
      return "child " + s.name;
    case step_kind::call:
      return s.due ? "another try of " + s.name : "tool " + s.name;
    default:
      return std::string{to_string(s.kind)} + " at step " + s.path;
    }
  }

  void tell_idle(bool idle, std::optional<instant> next) {
    if (idle == idle_)
      return;
    idle_ = idle;
    if (idle)
      send(options_.supervisor, run_idle{options_.number, now(), next});
    else
      send(options_.supervisor, run_busy{options_.number});
  }

  void on_evict() {
    if (!idle_ || log_->dirty() || !log_->settled()) {
      idle_ = false; // said again once it is true again
      return send(options_.supervisor, run_busy{options_.number});
    }
    publish(event_kind::run_evicted, severity::debug, {});
    send(options_.supervisor, run_evicted{options_.number});
    send(services_.router, run_evicted{options_.number});
    over_ = true;
    quit();
  }

  // -- steps: what the engine asks
  // ----------------------------------------------

  void begin(step& s) override {
    if (s.kind == step_kind::call)
      return begin_call(s);
    if (s.kind == step_kind::spawn)
      return begin_spawn(s);
    if (s.kind == step_kind::renewal)
      return renew(s);
    log_->add(record_kind::intent, s.path, bodies::intent(s), now());
    if (s.kind == step_kind::escalation)
      return ask_person(s);
    resume(s);
  }

  void resume(step& s) override {
    if (const auto held = held_.find(s.path); held != held_.end())
      return deliver(s, held->second);
    switch (s.kind) {
    case step_kind::call:
      return resume_call(s);
    case step_kind::timer:
      return wait_until(s);
    case step_kind::spawn:
      return resume_spawn(s);
    case step_kind::child:
    case step_kind::settled:
      return check_child(s);
    case step_kind::escalation:
      return ask_person(s);
    case step_kind::renewal:
      return;
    }
  }

  void abandoned(step& s) override {
    if (s.kind == step_kind::call && s.guard != 0)
      send_to_guard(s, call_dropped{key_of(s)});
  }

  void drifted(const step& s) override {
    publish(event_kind::arguments_drifted, severity::warning,
            json{{"tool", s.name}, {"arguments", s.arguments.get()}}.dump(),
            s.path);
  }

  void record_side_value(const step_path& path, std::string_view name,
                         const value& x) override {
    log_->add(record_kind::side_value, path, bodies::side_value(name, x),
              now());
  }

  void record_patch(std::string_view id, bool taken) override {
    log_->add(record_kind::patch, {}, bodies::patch(id, taken), now());
  }

  void say(event_kind kind, severity level, std::string_view text) override {
    publish(kind, level, json{{"text", text}}.dump());
  }

  /// Queues an outcome; it is recorded and delivered from `settle`.
  void deliver(const step& s, outcome x) {
    deliveries_.emplace_back(s.path, std::move(x));
  }

  void record_outcome(const step_path& path, const outcome& x, bool held) {
    log_->add(record_kind::outcome, path, bodies::outcome(x, held), now());
    held_.erase(path);
    if (held)
      held_.insert_or_assign(path, x);
    last_failed_ = !x.ok();
    code_survived();
  }

  /// The agent's code got past a point at which the process had died.
  void code_survived() {
    if (std::exchange(code_charged_, false))
      log_->add(record_kind::survived, {}, "{}", now());
  }

  // -- calls
  // --------------------------------------------------------------------

  [[nodiscard]] call_key key_of(const step& s) const {
    return {options_.number, s.path, s.revision};
  }

  /// The open step that `key` names; null when it is another revision's.
  [[nodiscard]] step* find(const call_key& key) const {
    auto* s = engine_ ? engine_->find(key.step) : nullptr;
    return s != nullptr && s->revision == key.revision ? s : nullptr;
  }

  void begin_call(step& s) {
    const auto tool = services_.tools->find(s.name);
    if (tool)
      s.tool_effect = tool->tool_effect;
    log_->add(record_kind::intent, s.path, bodies::intent(s), now());
    if (!tool)
      return deliver(s, refused(failure_kind::unknown_tool,
                                "there is no tool named " + s.name));
    const auto singular
      = s.tool_effect == effect::once || s.tool_effect == effect::reconcilable;
    if (s.raced && singular)
      return deliver(s, refused(failure_kind::invalid_input,
                                s.name + " is "
                                  + std::string{to_string(*s.tool_effect)}
                                  + ": such a call may not be in a race"));
    ask_guard(s);
  }

  void resume_call(step& s) {
    if (s.deaths >= defaults::poison_deaths)
      return park({.reason = park_reason::poison_step,
                   .step = s.path,
                   .revision = s.revision,
                   .title = "the process died " + std::to_string(s.deaths)
                            + " times while " + s.name + " ran"});
    if ((s.abandoned || cancelling_) && !s.attempts.open)
      return;
    if (s.charged && another_suspect(s))
      return; // `clear_suspects` comes back to it
    if (s.due && *s.due > now())
      return wait_until(s);
    // To be asked what became of it is a call into the tool as well.
    if (s.charged && s.attempts.open && s.tool_effect == effect::reconcilable)
      return drive_alone(s);
    ask_guard(s);
  }

  /// Asks the guard once it is durable that this step was under way, alone.
  void drive_alone(step& s) {
    note_driven_alone(s);
    log_->when_durable([this, path = s.path] {
      if (auto* found = engine_ ? engine_->find(path) : nullptr)
        ask_guard(*found);
    });
  }

  void note_driven_alone(step& s) {
    if (!std::exchange(s.driven_alone, true))
      log_->add(record_kind::driven_alone, s.path, "{}", now());
  }

  /// Whether another step that the process may have died of is under way.
  [[nodiscard]] bool another_suspect(const step& s) const {
    return std::any_of(
      engine_->open().begin(), engine_->open().end(), [&s](const auto& x) {
        return x.second.get() != &s && x.second->charged
               && (x.second->guard != 0 || x.second->driven_alone);
      });
  }

  /// Lets the next suspect go, or tells that none is left.
  void clear_suspects() {
    if (!suspect_ || reloading_)
      return;
    if (parked_.empty() && engine_ && !engine_->frozen()) {
      if (code_charged_ && deliveries_.empty() && !engine_->ended())
        code_survived(); // the code has come to wait for something
      for (const auto& [path, s] : engine_->open())
        if (s->charged && !s->abandoned) {
          if (s->guard == 0 && !s->due && !s->driven_alone)
            resume_call(*s);
          return;
        }
    }
    suspect_ = false;
    send(services_.router, run_cleared{options_.number});
  }

  void ask_guard(step& s) {
    const auto tool = services_.tools->find(s.name);
    if (!tool)
      return deliver(s, refused(failure_kind::unknown_tool,
                                "there is no tool named " + s.name));
    s.due.reset();
    if (!tool->guard)
      return; // `guards_changed` brings us back
    auto request = call_request{.key = key_of(s),
                                .run = log_->row().id,
                                .arguments = s.arguments_text,
                                .attempts = s.attempts,
                                .at_once = s.tool_effect == effect::read_only
                                           && !s.charged};
    s.at_once = request.at_once;
    s.guard = tool->guard.id();
    guards_.insert_or_assign(s.guard, tool->guard);
    if (request.at_once && s.attempts.made == 0)
      add_attempt(s, 1);
    else if (!request.at_once)
      set_undecided(s, true);
    send(tool->guard, std::move(request));
  }

  void set_undecided(step& s, bool x) {
    if (s.undecided == x)
      return;
    s.undecided = x;
    undecided_ += x ? 1 : -1;
  }

  template <class Message>
  void send_to_guard(const step& s, Message m) {
    if (const auto found = guards_.find(s.guard); found != guards_.end())
      send(found->second, std::move(m));
  }

  void add_attempt(step& s, std::uint32_t n) {
    s.attempts.made = n;
    s.attempts.open = true;
    s.attempts.ended.reset();
    log_->add(
      record_kind::attempt, s.path,
      bodies::attempt(n, idempotency_key(log_->row().id, s.path, s.revision)),
      now());
  }

  void on_admitted(const call_admitted& x, const fabric::actor_ref& guard) {
    auto* s = find(x.key);
    if (s != nullptr)
      set_undecided(*s, false);
    if (s == nullptr || engine_->frozen() || s->abandoned)
      return send(guard, call_dropped{x.key});
    if (s->charged)
      note_driven_alone(*s);
    add_attempt(*s, x.attempt);
    if (s->at_once)
      return; // it has left already
    log_->when_durable([this, key = x.key, n = x.attempt, guard] {
      send(guard, attempt_go{key, n});
    });
  }

  void on_attempt_failed(const attempt_failed& x) {
    auto* s = find(x.key);
    if (s == nullptr)
      return;
    set_undecided(*s, x.next_at <= now());
    end_attempt(*s, x.attempt, x.why);
  }

  void end_attempt(step& s, std::uint32_t n, const failure& why) {
    s.attempts.open = false;
    s.attempts.ended = why.effect;
    s.attempts.last = why;
    s.charged = false; // whatever it failed of, the process outlived it
    log_->add(record_kind::attempt_end, s.path, bodies::attempt_end(n, why),
              now());
  }

  void on_held(const call_held& x) {
    if (auto* s = find(x.key))
      set_undecided(*s, false);
  }

  void on_waits(const call_waits& x) {
    auto* s = find(x.key);
    if (s == nullptr)
      return;
    release(*s);
    s->due = x.until;
    log_->add(record_kind::wait, s->path, bodies::wait(x.until, x.why), now());
    wait_until(*s);
  }

  /// The guard has nothing to do with the step any more.
  void release(step& s) {
    set_undecided(s, false);
    s.guard = 0;
  }

  void on_done(call_done& x) {
    auto* s = find(x.key);
    if (s == nullptr)
      return;
    release(*s);
    const auto dropped = !x.result.ok()
                         && x.result.why().kind == failure_kind::cancelled
                         && x.result.why().effect == side_effect::not_started;
    if (dropped && (engine_->frozen() || s->abandoned)) {
      s->attempts.open = false;
      if (s->abandoned)
        engine_->settle(step_path{s->path});
      return;
    }
    s->attempts.open = false;
    if (!engine_->frozen() && !s->abandoned)
      return deliver(*s, std::move(x.result));
    const auto path = s->path;
    record_outcome(path, x.result, engine_->frozen());
    engine_->settle(path);
  }

  void on_unknown(const call_unknown& x) {
    auto* s = find(x.key);
    if (s == nullptr)
      return;
    release(*s);
    end_attempt(*s, x.attempt, x.why);
    park({.reason = x.reason,
          .step = s->path,
          .revision = s->revision,
          .title = "nobody can say whether " + s->name + " took effect",
          .why = x.why,
          .suggestion = "look at the service itself, then say happened (with "
                        "the result) or did_not_happen"});
  }

  void on_late_result(const late_result& x) {
    log_->add(record_kind::late, x.key.step, bodies::late(x.attempt, x.result),
              now());
    publish(event_kind::late_result, severity::warning, {}, x.key.step);
    for (const auto& [id, why] : parked_)
      if (why.step == x.key.step)
        suggest(id, x.result);
  }

  /// Shows a late result on the ticket that waits for an answer to its step.
  void suggest(const std::string& id, const outcome& x) {
    auto t = services_.store->find_ticket(id);
    if (!t || t->state != ticket_state::open || !x.ok())
      return;
    auto context = json::parse(t->context);
    context["suggested_answer"] = x.get().get();
    t->context = canonical(context);
    ++t->version;
    log_->add(std::move(*t));
  }

  void on_guards_changed() {
    if (!engine_ || !parked_.empty())
      return;
    for (const auto& [path, s] : engine_->open()) {
      if (s->kind != step_kind::call || s->due)
        continue;
      const auto tool = services_.tools->find(s->name);
      if (!tool || (tool->guard && tool->guard.id() == s->guard))
        continue;
      guards_.erase(s->guard);
      release(*s);
      if (tool->guard)
        resume_call(*s);
    }
  }

  // -- waits
  // --------------------------------------------------------------------

  void wait_until(step& s) {
    if (*s.due > now())
      return send(services_.timers, arm_timer{options_.number, *s.due});
    if (s.kind == step_kind::timer)
      deliver(s, outcome{value{}});
    else
      ask_guard(s);
  }

  void on_woken() {
    if (!parked_.empty())
      return check_tickets();
    if (!engine_ || engine_->frozen())
      return;
    const auto due = [this](const step& s) {
      return s.due && *s.due <= now() && !s.abandoned && !pending(s.path);
    };
    for (const auto& [path, s] : engine_->open())
      if (due(*s))
        wait_until(*s);
    check_children();
  }

  [[nodiscard]] bool pending(const step_path& path) const {
    return std::any_of(deliveries_.begin(), deliveries_.end(),
                       [&](const auto& x) { return x.first == path; });
  }

  // -- children
  // -----------------------------------------------------------------

  void begin_spawn(step& s) {
    const auto found = services_.agents->find(s.name);
    const auto too_deep = depth_ + 1 > defaults::child_depth;
    if (found == services_.agents->end() || too_deep) {
      log_->add(record_kind::intent, s.path, bodies::intent(s), now());
      return deliver(s, too_deep
                          ? refused(failure_kind::step_limit,
                                    "children of children are "
                                      + std::to_string(defaults::child_depth)
                                      + " deep already")
                          : refused(failure_kind::invalid_input,
                                    "there is no agent named " + s.name));
    }
    s.child = make_uuid(now(), *services_.random);
    s.child_number = ++*services_.last_number;
    log_->add(record_kind::intent, s.path, bodies::intent(s), now());
    add_child(s, found->second);
  }

  /// Records the child beside the intent that names it.
  void add_child(const step& s, const std::string& version) {
    add_run({.agent = s.name,
             .version = version,
             .input = s.arguments,
             .depth = depth_ + 1,
             .parent = options_.number,
             .parent_step = s.path},
            s.child, s.child_number);
    log_->when_durable([this, path = s.path] {
      if (auto* spawned = engine_ ? engine_->find(path) : nullptr)
        announce_child(*spawned);
    });
  }

  void resume_spawn(step& s) {
    if (services_.store->find_run(s.child))
      return announce_child(s);
    // Only a journal cut in the middle of a commit knows the intent alone.
    const auto found = services_.agents->find(s.name);
    auto last = services_.last_number->load();
    while (
      last < s.child_number
      && !services_.last_number->compare_exchange_weak(last, s.child_number)) {
      // nop
    }
    if (found != services_.agents->end())
      add_child(s, found->second);
  }

  /// Another run that begins in the same commit.
  void add_run(const bodies::beginning& x, const run_id& id,
               run_number number) {
    auto row = run_row{};
    row.number = number;
    row.id = id;
    row.agent = x.agent;
    row.version = x.version;
    row.created = now();
    row.updated = now();
    row.parent = x.parent;
    row.parent_step = x.parent_step;
    row.submitter = log_->row().submitter;
    log_->add_foreign(
      {number, 0, record_kind::started, now(), {}, bodies::started(x)},
      std::move(row));
  }

  void announce_child(step& s) {
    if (s.abandoned)
      return;
    route(s.child_number, fabric::message::of(run_woken{}));
    deliver(s,
            outcome{args("run", to_string(s.child), "number", s.child_number)});
  }

  void route(run_number to, fabric::message m) {
    send(services_.router, fabric::routed{to, std::move(m)});
  }

  void check_children() {
    if (!engine_ || engine_->frozen())
      return;
    for (const auto& [path, s] : engine_->open())
      if ((s->kind == step_kind::child || s->kind == step_kind::settled)
          && !s->abandoned && !pending(path))
        check_child(*s);
  }

  void check_child(step& s) {
    auto child = services_.store->find_run(s.child_number);
    while (child && child->state == run_state::continued) {
      const auto last = services_.store->read(child->number, 0).back();
      const auto as = json::parse(last.body).at("run").get<std::string>();
      child = services_.store->find_run(*parse_uuid(as));
    }
    if (!child)
      return;
    s.child_number = child->number;
    const auto parked = child->state == run_state::parked;
    if (!is_terminal(child->state) && !(parked && s.kind == step_kind::settled))
      return;
    deliver(s, s.kind == step_kind::settled ? settlement_of(*child)
                                            : result_of(*child));
  }

  outcome settlement_of(const run_row& child) {
    if (child.state == run_state::parked)
      return args("state", "parked", "why", child.waiting_for);
    const auto x = result_of(child);
    if (x.ok())
      return args("state", "completed", "result", x.get());
    return args("state", to_string(child.state), "why", to_string(x.why()));
  }

  outcome result_of(const run_row& child) {
    const auto past = history{services_.store->read(child.number, 0)};
    return past.ending();
  }

  // -- carrying on as new
  // -------------------------------------------------------

  void renew(step& s) {
    log_->add(record_kind::intent, s.path, bodies::intent(s), now());
    const auto id = make_uuid(now(), *services_.random);
    const auto number = ++*services_.last_number;
    add_run({.agent = log_->row().agent,
             .version = log_->row().version,
             .input = s.arguments,
             .depth = depth_,
             .parent = log_->row().parent,
             .parent_step = log_->row().parent_step},
            id, number);
    successor_ = number;
    ending_ = ending{record_kind::continued, bodies::continued(id),
                     run_state::continued};
  }

  // -- people
  // -------------------------------------------------------------------

  void ask_person(step& s) {
    const auto reason
      = parse_park_reason(s.name).value_or(park_reason::requires_human);
    const auto suggestion = s.arguments["suggestion"];
    park(
      {.reason = reason,
       .step = s.path,
       .revision = s.revision,
       .title = s.arguments["text"].as_string(),
       .suggestion = suggestion.is_null() ? std::string{} : suggestion.dump()});
  }

  /// Stops the program here until a person has decided. Open attempts are
  /// still awaited; their outcomes are kept for later.
  void park(park_request x) {
    const auto id = ticket_id(log_->row().id, x.step, x.revision);
    if (parked_.contains(id))
      return;
    parked_[id] = {x.reason, x.step, x.title};
    log_->add(record_kind::parked, x.step,
              bodies::parked(x.reason, id, x.title), now());
    stop_engine();
    drop_calls();
    // The ticket shows what led here, so what led here is made durable first.
    reloading_ = true;
    log_->when_durable([this, x = std::move(x)] { open_ticket(x); });
  }

  void open_ticket(const park_request& x) {
    reloading_ = false;
    const auto past = history{services_.store->read(options_.number, 0)};
    auto t = make_ticket(log_->row(), past, x, now());
    if (const auto before = services_.store->find_ticket(t.id))
      t.version = before->version + 1;
    const auto id = t.id;
    log_->add(std::move(t));
    log_->when_durable([this, id] {
      publish(event_kind::ticket_opened, severity::warning,
              json{{"ticket", id}}.dump());
      publish(event_kind::run_parked, severity::warning,
              json{{"ticket", id}, {"why", parked_[id].why}}.dump());
      tell_parent();
    });
  }

  void check_tickets() {
    auto decided = std::vector<std::string>{};
    for (const auto& [id, x] : parked_) {
      const auto t = services_.store->find_ticket(id);
      if (!t) // died between the park and its ticket
        open_ticket({.reason = x.reason, .step = x.step, .title = x.why});
      else if (t->state == ticket_state::decided)
        decided.push_back(id);
    }
    for (const auto& id : decided)
      on_decided(id);
  }

  void on_decided(const std::string& id) {
    const auto parked = parked_.find(id);
    const auto t = services_.store->find_ticket(id);
    if (parked == parked_.end() || !t || !t->decided)
      return;
    const auto x = parked->second;
    parked_.erase(parked);
    log_->add(record_kind::decided, t->step, bodies::decided(id, *t->decided),
              now());
    publish(event_kind::ticket_decided, severity::info,
            json{{"ticket", id},
                 {"verb", to_string(t->decided->verb)},
                 {"by", t->decided->by}}
              .dump());
    apply(*t, *t->decided);
  }

  /// Writes what the decision means; the replay then acts on it.
  void apply(const ticket& t, const decision& d) {
    if (d.verb == verb::abort)
      return begin_cancel("aborted by " + d.by, d.by);
    const auto past = history{services_.store->read(options_.number, 0)};
    const auto found = past.steps.find(t.step);
    const auto reopens = found != past.steps.end() && found->second.has_outcome;
    const auto revision = t.revision + (d.verb == verb::edit ? 1U : 0U);
    if (d.verb == verb::edit || reopens)
      log_->add(record_kind::reopened, t.step,
                bodies::reopened(revision, d.verb == verb::edit
                                             ? std::string_view{d.payload}
                                             : std::string_view{}),
                now());
    if (d.verb == verb::happened || d.verb == verb::skip
        || d.verb == verb::answer)
      record_outcome(t.step,
                     outcome{parse_json(d.payload.empty() ? "null" : d.payload)
                               .with_source("person:" + t.id)},
                     false);
    if (d.verb == verb::did_not_happen) {
      log_->add(record_kind::attempt_end, t.step,
                bodies::attempt_end(
                  found == past.steps.end() ? 1 : found->second.attempts.made,
                  failure{.kind = failure_kind::cancelled,
                          .effect = side_effect::none,
                          .message = d.by + " says it did not happen"}),
                now());
      // A person's word counts for more than the attempts that were made.
      log_->add(record_kind::reopened, t.step, bodies::reopened(revision, {}),
                now());
    }
    if (parked_.empty())
      reload();
  }

  // -- ending
  // -------------------------------------------------------------------

  void program_ended() {
    if (const auto thrown = engine_->thrown()) {
      const auto why = step_failure(thrown);
      return why ? unhandled(*why) : crash(text_of(thrown));
    }
    auto result = value{};
    try {
      result = value{engine_->take_result()};
      end({record_kind::completed, bodies::completed(result),
           run_state::completed});
    } catch (const error& e) {
      crash(e.what()); // what it returned is no JSON
    }
  }

  void unhandled(const failure& why) {
    const auto theirs = category_of(why.kind) == failure_category::user_data;
    if (theirs || options_.program->unhandled() == on_unhandled::fail)
      return end({record_kind::failed, bodies::failed(why), run_state::failed});
    const auto at = last_failed_ ? engine_->last_delivered() : step_path{};
    auto revision = std::uint32_t{0};
    if (!at.empty()) {
      const auto past = history{services_.store->read(options_.number, 0)};
      if (const auto found = past.steps.find(at); found != past.steps.end())
        revision = found->second.revision;
    }
    park({.reason = reason_for(why.kind),
          .step = at,
          .revision = revision,
          .title = to_string(why),
          .why = why,
          .suggestion = "retry once the cause is gone"});
  }

  void end(ending x) {
    stop_engine();
    drop_calls();
    ending_ = std::move(x);
  }

  /// Asks guards not to start what has not left.
  void drop_calls() {
    if (!engine_)
      return;
    for (const auto& [path, s] : engine_->open())
      if (s->guard != 0)
        send_to_guard(*s, call_dropped{key_of(*s)});
  }

  void finish(const ending& x) {
    if (std::exchange(finishing_, true))
      return;
    code_survived();
    log_->add(x.kind, {}, x.body, now());
    log_->update(x.state, {}, std::nullopt, now());
    withdraw_tickets();
    log_->when_durable([this, state = x.state] {
      check_replay();
      publish(event_kind::run_ended,
              state == run_state::failed ? severity::error : severity::info,
              json{{"state", to_string(state)}}.dump());
      tell_parent();
      if (successor_ != 0)
        route(successor_, fabric::message::of(run_woken{}));
      leave(state);
    });
  }

  void withdraw_tickets() {
    for (const auto& [id, x] : std::exchange(parked_, {}))
      if (auto t = services_.store->find_ticket(id);
          t && t->state == ticket_state::open) {
        t->state = ticket_state::withdrawn;
        log_->add(std::move(*t));
      }
  }

  void tell_parent() {
    if (log_->row().parent != 0)
      route(log_->row().parent,
            fabric::message::of(child_run_changed{options_.number}));
  }

  void leave(run_state state) {
    over_ = true;
    send(options_.supervisor, run_over{options_.number, state});
    send(services_.router, run_over{options_.number, state});
    quit();
  }

  // -- crashes
  // ------------------------------------------------------------------

  [[nodiscard]] bool
  crashed_too_often(const std::vector<instant>& crashes) const {
    const auto since = now() - options_.program->restart_window();
    const auto recent
      = std::count_if(crashes.begin(), crashes.end(),
                      [since](instant at) { return at > since; });
    return recent
           > static_cast<std::ptrdiff_t>(options_.program->max_restarts());
  }

  /// The agent's code threw what is no `step_error`: the run is restarted, and
  /// when that has happened too often, parked.
  void crash(const std::string& message) {
    stop_engine();
    drop_calls();
    last_crash_ = message;
    log_->add(record_kind::crash, {}, bodies::crash(message), now());
    crashes_.push_back(now());
    publish(event_kind::run_crashed, severity::error,
            json{{"message", message}}.dump());
    if (crashed_too_often(crashes_))
      return park_exhausted(message);
    log_->when_durable([this, message] {
      over_ = true;
      quit(fabric::exit_kind::failed, message);
    });
  }

  void park_exhausted(const std::string& message) {
    const auto why = failure{.kind = failure_kind::crashed,
                             .effect = side_effect::none,
                             .message = message};
    send(options_.supervisor, run_exhausted{options_.number, why});
    park({.reason = park_reason::restart_budget_spent,
          .title = "the agent's code crashed again and again: " + message,
          .why = why,
          .suggestion = "mend the agent, then retry"});
  }

  // -- cancelling
  // ---------------------------------------------------------------

  void on_cancel(const cancel_run& x) {
    if (!cancelling_ && !finishing_)
      begin_cancel(x.reason, x.by);
    if (x.answer)
      log_->when_durable(
        [answer = x.answer, accepted = cancelling_] { answer(accepted); });
  }

  void begin_cancel(const std::string& reason, const std::string& by) {
    cancelling_ = true;
    cancel_reason_ = reason;
    log_->add(record_kind::cancel, {}, bodies::cancel(reason, by), now());
    cancel_children(reason, by);
    if (engine_)
      stop_steps();
  }

  void stop_steps() {
    stop_engine();
    drop_calls();
  }

  void cancel_children(const std::string& reason, const std::string& by) {
    auto filter = run_filter{};
    filter.parent = options_.number;
    filter.limit = std::numeric_limits<std::int32_t>::max();
    for (const auto& child : services_.store->list_runs(filter))
      if (!is_terminal(child.state))
        route(child.number, fabric::message::of(cancel_run{reason, by, {}}));
  }

  // -- the journal no longer fits
  // -----------------------------------------------

  void park_divergence() {
    const auto x = *engine_->diverged();
    park({.reason = park_reason::nondeterminism,
          .title = "at step " + x.path + " the journal has [" + x.recorded
                   + "], the program asks for [" + x.requested + "]",
          .suggestion = "register the version that the run started with, or "
                        "guard the change with ctx.patched",
          .evidence = args("step", x.path, "recorded", x.recorded, "requested",
                           x.requested)});
  }

  /// Replays the run that just ended from its journal and reports the first
  /// difference: what differs now would park a run after a crash.
  void check_replay();

  // -- telling
  // ------------------------------------------------------------------

  [[nodiscard]] tree_node describe() const {
    return {.name = to_string(log_->row().id),
            .kind = "run",
            .state = std::string{to_string(log_->row().state)},
            .detail = log_->row().waiting_for,
            .next_at = log_->row().next_at,
            .children = {}};
  }

  void publish(event_kind kind, severity level, std::string fields,
               step_path path = {}) {
    if (services_.events != nullptr)
      services_.events->publish({kind, level, now(), log_->row().id,
                                 std::move(path), log_->row().agent,
                                 std::move(fields)});
  }

  run_options options_;
  const run_services& services_;
  std::optional<run_log> log_;
  std::map<std::string, parking> parked_;
  std::map<step_path, outcome> held_;
  std::map<fabric::actor_id, fabric::actor_ref> guards_;
  std::list<std::pair<step_path, outcome>> deliveries_;
  std::optional<ending> ending_;
  std::vector<instant> crashes_;
  std::string last_crash_;
  std::string cancel_reason_;
  std::uint32_t depth_ = 0;
  run_number successor_ = 0;
  int undecided_ = 0;
  bool last_failed_ = false;
  bool idle_ = false;
  bool cancelling_ = false;
  bool finishing_ = false;
  bool reloading_ = false;
  bool stopping_ = false; // once what was handed on is durable
  bool over_ = false;
  bool code_charged_ = false;
  bool suspect_ = false; // the process may have died of it
  std::optional<agent_context> context_;
  std::optional<engine> engine_; // frames last: destroyed first
};

/// Answers nothing: a replay that asks for anything has diverged.
class silent_host final : public engine_host {
public:
  bool asked = false;

  void begin(step&) override {
    asked = true;
  }
  void resume(step&) override {
    // nop
  }
  void record_side_value(const step_path&, std::string_view,
                         const value&) override {
    asked = true;
  }
  void record_patch(std::string_view, bool) override {
    // nop
  }
  void abandoned(step&) override {
    // nop
  }
  void drifted(const step&) override {
    asked = true;
  }
  void say(event_kind, severity, std::string_view) override {
    // nop
  }
};

void run::check_replay() {
  if (!services_.replay_twice)
    return;
  auto past = history{services_.store->read(options_.number, 0)};
  if (!past.terminal || past.terminal->kind != record_kind::completed)
    return;
  const auto recorded = past.terminal->body;
  auto host = silent_host{};
  auto again = engine{host, log_->row().id, past.started};
  auto context = agent_context{again};
  auto input = past.input;
  again.start(options_.program->body()(context, std::move(input)),
              std::move(past));
  auto difference = std::string{};
  if (again.diverged())
    difference
      = again.diverged()->recorded + " / " + again.diverged()->requested;
  else if (host.asked || !again.ended() || again.thrown())
    difference = "the replay asks for more than the journal holds";
  else if (bodies::completed(value{again.take_result()}) != recorded)
    difference = "the replay returned another result";
  if (!difference.empty())
    publish(event_kind::replay_differed, severity::critical,
            json{{"difference", difference}}.dump());
}

} // namespace

std::unique_ptr<fabric::actor> make_run(run_options options) {
  return std::make_unique<run>(std::move(options));
}

} // namespace stanchion
