#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

void run_actor::start() {
  // Not kept: a run may wait for a long time.
  if (const auto beginning = std::exchange(options_.beginning, nullptr))
    begin_new(*beginning);
  else
    load();
  settle();
}

void run_actor::receive(fabric::envelope& e) {
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

void run_actor::on_stop() {
  if (log_ && log_->dirty() && leaving_.empty())
    hand_over(); // an outcome that waited for the next attempt
  stopping_ = log_ && !log_->settled();
  if (!stopping_)
    return quit(fabric::exit_kind::shutdown);
  monitor(services_.journal);
  last_token_ = log_->skip();
  send(services_.journal, append{.token = last_token_, .acknowledge = true});
}

void run_actor::on_down(const fabric::down&) {
  if (stopping_)
    quit(fabric::exit_kind::shutdown);
}

void run_actor::end_once_settled(const appended* x) {
  if (x != nullptr && x->token == last_token_)
    quit(fabric::exit_kind::shutdown);
}

void run_actor::receive_rare(fabric::envelope& e) {
  if (const auto* x = e.body.as<attempt_failed>())
    on_attempt_failed(*x);
  else if (const auto* held = e.body.as<call_held>())
    on_held(*held);
  else if (const auto* waits = e.body.as<call_waits>())
    on_waits(*waits);
  else if (const auto* unknown = e.body.as<call_unknown>())
    on_unknown(*unknown);
  else if (const auto* blocked = e.body.as<call_blocked>())
    on_blocked(*blocked);
  else if (const auto* late = e.body.as<late_result>())
    on_late_result(*late);
  else if (e.body.is<timer_due>() || e.body.is<run_woken>())
    on_woken();
  else if (e.body.is<child_run_changed>())
    check_children();
  else if (const auto* decided = e.body.as<ticket_decided>())
    on_decided(decided->ticket);
  else if (const auto* granted = e.body.as<turn_granted>())
    on_turn(granted->who);
  else if (const auto* cancel = e.body.as<cancel_run>())
    on_cancel(*cancel);
  else if (e.body.is<guards_changed>())
    on_guards_changed();
  else if (e.body.is<mode_changed>() && log_)
    on_mode_changed();
  else if (const auto* to = e.body.as<set_run_mode>())
    on_set_mode(*to);
  else if (const auto* came = e.body.as<signal_run>())
    on_signal(*came);
  else if (e.body.is<evict_request>())
    on_evict();
  else if (e.body.is<describe_tree>())
    e.take_promise().deliver(describe());
}

// -- beginning ----------------------------------------------------------------

void run_actor::begin_new(const run_beginning& x) {
  log_.emplace(x.row);
  auto past = history{};
  past.agent = x.row.agent;
  past.version = x.row.version;
  past.input = x.input;
  past.depth = x.depth;
  past.given = x.limits;
  past.started = now();
  log_->add(record_kind::started, {},
            bodies::started({.agent = x.row.agent,
                             .version = x.row.version,
                             .input = x.input,
                             .depth = x.depth,
                             .parent = x.row.parent,
                             .parent_step = x.row.parent_step,
                             .submitter = x.row.submitter,
                             .limits = x.limits,
                             .traceparent = x.traceparent}),
            past.started);
  if (const auto given = parse_traceparent(x.traceparent))
    rare().trace = given->trace;
  log_->update(run_state::running, {}, std::nullopt, now());
  log_->when_durable([this, accepted = x.on_durable] {
    publish(event_kind::run_submitted, severity::info, {});
    if (accepted)
      accepted();
  });
  allow(past);
  take_mode(past);
  drive(std::move(past));
}

void run_actor::load() {
  const auto row = services_.store->find_run(options_.number);
  if (!row)
    throw error{error_code::unknown_run, "run "
                                           + std::to_string(options_.number)
                                           + " is not in the journal"};
  rare_.reset(); // of what was before
  if (log_)
    log_->begin_again(*row);
  else
    log_.emplace(*row);
  auto past = history{services_.store->read(options_.number, 0)};
  log_->resume_at(past.next_seq);
  if (past.terminal)
    return leave(row->state);
  take_mode(past);
  take_signals(past);
  parked_ = past.parked;
  held_ = past.held;
  cancelling_ = past.cancel_requested;
  cancel_reason_ = past.cancel_reason;
  retries_ = past.retries;
  if (!past.trace.nil())
    rare().trace = past.trace;
  if (past.forked)
    rare().forked = past.forked;
  note_acts(past);
  const auto undoes = !past.undoing.empty();
  if (undoes)
    prepare_undo(past);
  else if (!cancelling_ && parent_cancelled())
    begin_cancel("its parent was cancelled", "its parent");
  past.cancel_requested = cancelling_;
  if (!parked_.empty() && (!cancelling_ || undoes || unknown_call())) {
    publish(event_kind::run_resumed, severity::debug, {});
    return check_tickets();
  }
  if (undoes)
    return begin_undo();
  allow(past);
  if (!cancelling_ && park_if_spent())
    return;
  if (options_.exhausted || crashed_too_often(past.crashes))
    return park_exhausted("it crashed too often");
  if (past.code_deaths >= defaults::poison_deaths) {
    publish(event_kind::step_quarantined, severity::error,
            json{{"deaths", past.code_deaths}}.dump());
    return park({.reason = park_reason::poison_step,
                 .title = "the process died " + std::to_string(past.code_deaths)
                          + " times while the agent's own code ran"});
  }
  crashes_ = past.crashes;
  code_charged_ = past.code_charged;
  if (code_charged_ && code_turn_ == turn::none) {
    code_turn_ = turn::asked;
    reloading_ = true;
    return send(services_.router,
                ask_turn{{options_.number, {}}, past.code_deaths});
  }
  if (log_->update(run_state::running, {}, std::nullopt, now()) && past.begun)
    publish(event_kind::run_resumed, severity::info, {});
  go_on(std::move(past));
}

void run_actor::go_on(history past) {
  drive(std::move(past));
  if (!cancelling_)
    return;
  stop_steps();
  cancel_children(cancel_reason_, "its parent");
}

void run_actor::drive(history past) {
  undecided_ = 0; // of the steps before
  depth_ = past.depth;
  remember(past);
  watch_time();
  auto input = past.input;
  engine_.emplace(static_cast<engine_host&>(*this), log_->row().id,
                  past.started);
  context_.emplace(*engine_);
  watch_circles(past);
  publish(event_kind::run_started, severity::debug, {});
  try {
    engine_->start(options_.program->body()(*context_, std::move(input)),
                   std::move(past));
  } catch (const std::exception& e) {
    crash(e.what()); // the agent threw before it was a coroutine
  }
}

/// Whether there may be something to undo.
void run_actor::note_acts(const history& past) {
  has_acts_ = past.before != 0;
  for (const auto& [path, s] : past.steps)
    has_acts_ = has_acts_ || !s.undo.empty() || s.kind == step_kind::spawn
                || s.kind == step_kind::compensation;
  for (const auto& [path, s] : past.own)
    has_acts_ = has_acts_ || !s.undo.empty();
}

/// What the engine does not keep of it.
void run_actor::remember(history& past) {
  if (!past.own.empty())
    rare().recorded = std::exchange(past.own, {});
  if (!past.paid_children.empty())
    rare().paid = std::exchange(past.paid_children, {});
}

void run_actor::reload() {
  stop_engine();
  reloading_ = true;
  log_->when_durable([this] {
    if (log_->dirty() || !log_->settled())
      return reload(); // something came that is still on its way
    reloading_ = false;
    load();
  });
}

void run_actor::stop_engine() {
  if (engine_)
    engine_->freeze();
}

// -- after anything happened --------------------------------------------------

void run_actor::settle() {
  do {
    if (over_ || !log_)
      return;
    look_around();
  } while (flush());
}

void run_actor::look_around() {
  while (engine_ && !engine_->frozen()) {
    const auto next = next_delivery();
    if (next == deliveries_.end())
      break;
    const auto [path, x] = std::move(*next);
    deliveries_.erase(next);
    const auto* s = engine_->find(path);
    if (s == nullptr)
      continue;
    if (s->kind == step_kind::signal) {
      if (s->abandoned) { // it is another's
        const auto name = s->name;
        engine_->settle(path);
        offer_signal(name);
        continue;
      }
      if (x.ok())
        take_signal(*s);
    }
    const auto stuck = look_for_circles(*engine_->find(path), x);
    record_outcome(path, x, false);
    const auto as_of = stands(); // what follows is not known with it
    if (stuck && say_stuck(*stuck, path))
      break;
    engine_->deliver(path, x, now(), as_of);
  }
  if (engine_ && !engine_->frozen()) {
    if (engine_->diverged())
      park_divergence();
    else if (engine_->ended())
      program_ended();
  }
  const auto settled = !reloading_ && !is_undoing() && !open_attempts();
  if (cancelling_ && settled)
    end_cancelled();
  else if (ending_ && parked_.empty() && settled)
    finish(*std::exchange(ending_, nullptr));
  look_at_code();
  show_state();
}

run_actor::delivery_list::iterator run_actor::next_delivery() {
  if (deliveries_.empty() || !held_back())
    return deliveries_.begin();
  // Only what can be had again may wait unrecorded.
  return std::find_if(deliveries_.begin(), deliveries_.end(),
                      [this](const auto& x) {
                        const auto* s = engine_->find(x.first);
                        return s == nullptr
                               || (s->kind == step_kind::call
                                   && s->tool_effect != effect::read_only);
                      });
}

bool run_actor::held_back() const {
  return services_.backlog != nullptr && services_.backlog->past_bound()
         && !log_->settled();
}

bool run_actor::flush() {
  if (!told_ && !deliveries_.empty())
    return hand_over(); // held back: its word wakes us
  if (!log_->dirty() && !log_->awaited())
    return false;
  // An outcome rides with the next attempt: hold it for the guard's answer,
  // which comes at once.
  if (undecided_ != 0)
    return false;
  if (!log_->dirty() && log_->unflushed_waiters() == 0)
    return false;
  return hand_over();
}

bool run_actor::hand_over() {
  // What leaves comes back and tells that its attempt was durable. What is held
  // back waits for the journal's own word.
  told_ = leaving_.empty() || log_->awaited() || !deliveries_.empty();
  auto [content, token] = log_->flush();
  auto leaving = std::exchange(leaving_, {});
  if (services_.commit_here) {
    commit_here(content);
    for (auto& [to, m] : leaving)
      send(to, std::move(m));
    return log_->durable(token);
  }
  auto what = append{std::move(content), token, told_, {}};
  if (services_.backlog != nullptr)
    what.share = services_.backlog->take(what.content.weight());
  if (leaving.empty())
    send(services_.journal, std::move(what));
  else
    send(services_.journal, append_then{std::move(what), std::move(leaving)});
  return false;
}

void run_actor::commit_here(const batch& content) {
  const auto* pointer = &content;
  if (services_.store->commit({&pointer, 1}) != commit_status::done)
    throw error{error_code::store_io, services_.store->problem()};
}

bool run_actor::open_attempts() const {
  if (!engine_)
    return false;
  return std::any_of(
    engine_->open().begin(), engine_->open().end(), [](const auto& x) {
      return x.second->kind == step_kind::call
             && (x.second->guard != 0 || x.second->attempts.open);
    });
}

void run_actor::show_state() {
  if (over_ || finishing_ || reloading_)
    return;
  if (!parked_.empty() && (!cancelling_ || is_undoing() || unknown_call())) {
    const auto& x = *parked_.begin();
    log_->update(run_state::parked,
                 "a person: " + x.second.why + " (ticket " + x.first + ")"
                   + (cancelling_ ? "; then it is cancelled" : ""),
                 std::nullopt, now());
    return tell_idle(!open_attempts(), std::nullopt);
  }
  if (!engine_)
    return;
  if (is_undoing())
    return show_undo();
  auto text = std::string{};
  auto next = std::optional<instant>{};
  auto running = engine_->open().empty() || cancelling_ || !deliveries_.empty();
  auto turns = false; // a run that left memory would lose its place
  for (const auto& [path, s] : engine_->open()) {
    if (s->abandoned || s->handed_on)
      continue;
    running = running || (s->guard != 0 && s->turn != turn::asked)
              || held_.contains(path);
    turns = turns || s->turn == turn::asked;
    if (s->due && (!next || *s->due < *next))
      next = s->due;
    if (text.empty())
      text = waits_for(*s);
  }
  if (const auto end = deadline(); end && (!next || *end < *next))
    next = end;
  if (running)
    log_->update(run_state::running, {}, std::nullopt, now());
  else if (log_->update(run_state::waiting, text, next, now()))
    say_waiting();
  tell_idle(!running && !turns, next);
}

std::string run_actor::waits_for_tool(const step& s) {
  switch (s.waits_for) {
  case wait_reason::backoff:
    break;
  case wait_reason::breaker:
    return "the breaker of " + s.name;
  case wait_reason::rate:
    return "the rate limit of " + s.name;
  case wait_reason::place:
    return "a free place at " + s.name;
  }
  return "another try of " + s.name;
}

std::string run_actor::waits_for(const step& s) {
  switch (s.kind) {
  case step_kind::timer:
    return "a timer at step " + s.path;
  case step_kind::child:
  case step_kind::settled:
    return "child " + s.name;
  case step_kind::signal:
    return "signal " + s.name;
  case step_kind::call:
    if (s.turn == turn::asked)
      return "its turn: the process may have died of " + s.name;
    return s.due ? waits_for_tool(s) : "tool " + s.name;
  default:
    return std::string{to_string(s.kind)} + " at step " + s.path;
  }
}

void run_actor::tell_idle(bool idle, std::optional<instant> next) {
  if (idle == idle_)
    return;
  idle_ = idle;
  if (idle)
    send(options_.supervisor, run_idle{options_.number, now(), next});
  else
    send(options_.supervisor, run_busy{options_.number});
}

void run_actor::on_evict() {
  if (!idle_ || log_->dirty() || !log_->settled()) {
    idle_ = false; // said again once it is true again
    if (!log_->dirty() && !log_->awaited())
      hand_over(); // and so its word comes
    return send(options_.supervisor, run_busy{options_.number});
  }
  if (const auto end = deadline(); end && parked_.empty())
    send(services_.timers, arm_timer{options_.number, *end});
  publish(event_kind::run_evicted, severity::debug, {});
  send(options_.supervisor, run_evicted{options_.number});
  send(services_.router, run_evicted{options_.number});
  over_ = true;
  quit();
}

// -- steps: what the engine asks ----------------------------------------------

void run_actor::begin(step& s) {
  say_asked(s);
  if (!count_step())
    return begin_beyond(s);
  if (s.kind == step_kind::call)
    return begin_call(s);
  if (s.kind == step_kind::spawn)
    return begin_spawn(s);
  if (s.kind == step_kind::renewal)
    name_child(s);
  has_acts_ = has_acts_ || s.kind == step_kind::compensation;
  log_->add(record_kind::intent, s.path, bodies::intent(s), now());
  if (engine_->frozen())
    return; // a step beside it has parked the run just now
  if (s.kind == step_kind::renewal)
    return renew(s);
  resume(s);
}

void run_actor::resume(step& s) {
  const auto is_call = s.kind == step_kind::call;
  if (is_call && resume_fallback(s))
    return; // whatever the call itself came to is behind it
  if (const auto held = held_.find(s.path); held != held_.end()) {
    auto x = held->second;
    return is_call ? call_ended(s, std::move(x)) : deliver(s, std::move(x));
  }
  if (s.abandoned && s.kind != step_kind::call)
    return; // nobody waits for it
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
  case step_kind::approval:
  case step_kind::question:
    return ask_person(s);
  case step_kind::signal:
    return resume_signal(s);
  case step_kind::lowering:
    return lower(s);
  case step_kind::renewal:
    return resume_renewal(s);
  case step_kind::compensation:
    if (!services_.tools->find(s.name))
      return deliver(s, refused(failure_kind::unknown_tool,
                                "there is no tool named " + s.name));
    return deliver(s, outcome{value{}});
  }
}

void run_actor::abandoned(step& s) {
  s.known_abandoned = true;
  log_->add(record_kind::abandoned, s.path, "{}", now());
  if (s.kind != step_kind::call)
    return;
  if (s.guard != 0)
    send_to_guard(s, call_dropped{key_of(s)});
  if (!s.handed_on)
    return;
  for (const auto& [path, own] : engine_->open())
    if (is_own(path) && served_by(path) == s.path) {
      own->abandoned = true;
      if (own->guard != 0)
        send_to_guard(*own, call_dropped{key_of(*own)});
    }
}

void run_actor::drifted(const step& s) {
  publish(event_kind::arguments_drifted, severity::warning,
          json{{"tool", s.name}, {"arguments", s.arguments.get()}}.dump(),
          s.path);
}

void run_actor::record_side_value(const step_path& path, std::string_view name,
                                  const value& x) {
  log_->add(record_kind::side_value, path, bodies::side_value(name, x), now());
}

void run_actor::record_patch(std::string_view id, bool taken) {
  log_->add(record_kind::patch, {}, bodies::patch(id, taken), now());
}

void run_actor::say(event_kind kind, severity level, std::string_view text) {
  publish(kind, level, json{{"text", text}}.dump());
}

void run_actor::deliver(const step& s, outcome x) {
  deliveries_.emplace_back(s.path, std::move(x));
}

void run_actor::record_outcome(const step_path& path, const outcome& x,
                               bool held) {
  log_->add(record_kind::outcome, path, bodies::outcome(x, held), now());
  if (const auto* s = engine_ && x.ok() ? engine_->find(path) : nullptr;
      s != nullptr && s->reviewed && !held_.contains(path))
    open_review(*s, x.get());
  const auto told = held_.erase(path) != 0;
  if (held)
    held_.insert_or_assign(path, x);
  last_failed_ = !x.ok();
  if (!told)
    say_ended(path, x);
  code_survived();
}

// -- telling ------------------------------------------------------------------

tree_node run_actor::describe() const {
  return {.name = to_string(log_->row().id),
          .kind = "run",
          .state = std::string{to_string(log_->row().state)},
          .detail = log_->row().waiting_for,
          .next_at = log_->row().next_at,
          .children = {}};
}

bool run_actor::heard(event_kind kind) const {
  return services_.events != nullptr && services_.events->wants(kind);
}

void run_actor::say_asked(const step& s) {
  if (!heard(event_kind::step_asked))
    return;
  auto fields = json{{"kind", to_string(s.kind)}};
  if (!s.name.empty())
    fields["name"] = s.name;
  publish(event_kind::step_asked, severity::debug, fields.dump(), s.path);
}

void run_actor::say_ended(const step_path& path, const outcome& x) {
  if (!heard(event_kind::step_ended))
    return;
  auto fields
    = x.ok() ? json{{"source", x.get().source()}} : json{{"failure", x.why()}};
  if (const auto* s = engine_ ? engine_->find(path) : nullptr;
      s != nullptr && s->kind == step_kind::call) {
    fields["tool"] = s->name;
    fields["attempts"] = s->attempts.made;
    fields["duration_us"] = (now() - s->asked).count();
  }
  publish(event_kind::step_ended, severity::debug, fields.dump(), path);
}

void run_actor::say_waiting() {
  if (!heard(event_kind::run_waiting))
    return;
  const auto& row = log_->row();
  auto fields = json{{"for", row.waiting_for}};
  if (row.next_at)
    fields["next_at"] = to_rfc3339(*row.next_at);
  publish(event_kind::run_waiting, severity::debug, fields.dump());
}

void run_actor::publish(event_kind kind, severity level, std::string fields,
                        step_path path) {
  if (heard(kind))
    services_.events->publish({kind, level, now(), log_->row().id,
                               std::move(path), log_->row().agent,
                               std::move(fields), trace()});
}

trace_id run_actor::trace() const {
  return rare_ != nullptr ? rare_->trace : trace_id{};
}

std::string run_actor::traceparent_for(const step_path& step) const {
  const auto& id = log_->row().id;
  return to_string(span_of(trace().nil() ? trace_of(id) : trace(),
                           idempotency_key(id, step, 0), 0));
}

} // namespace stanchion::detail
