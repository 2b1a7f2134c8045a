#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/drop.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

call_key run_actor::key_of(const step& s) const {
  return {options_.number, s.path, s.revision};
}

step* run_actor::find(const call_key& key) const {
  auto* s = engine_ ? engine_->find(key.step) : nullptr;
  return s != nullptr && s->revision == key.revision ? s : nullptr;
}

void run_actor::begin_call(step& s, const failure* why) {
  const auto tool = services_.tools->find(s.name);
  if (tool)
    s.tool_effect = tool->tool_effect;
  s.asked = now();
  const auto undo = tool ? std::string_view{tool->traits->undo} : "";
  has_acts_ = has_acts_ || !undo.empty();
  log_->add(record_kind::intent, s.path, bodies::intent(s, undo, why), now());
  if (!tool)
    return call_ended(s, refused(failure_kind::unknown_tool,
                                 "there is no tool named " + s.name));
  const auto singular
    = s.tool_effect == effect::once || s.tool_effect == effect::reconcilable;
  if (s.raced && singular)
    return call_ended(s, refused(failure_kind::invalid_input,
                                 s.name + " is "
                                   + std::string{to_string(*s.tool_effect)}
                                   + ": such a call may not be in a race"));
  if (!is_own(s.path) && avoid(s))
    return;
  if (!halted(s))
    ask_guard(s, *tool);
}

void run_actor::resume_call(step& s) {
  const auto stopped = halted(s) || (cancelling_ && !is_undoing());
  if ((s.abandoned || stopped) && !s.attempts.open)
    return;
  if (s.deaths >= defaults::poison_deaths) {
    publish(event_kind::step_quarantined, severity::error,
            json{{"tool", s.name}, {"deaths", s.deaths}}.dump(), s.path);
    return park({.reason = park_reason::poison_step,
                 .step = s.path,
                 .revision = s.revision,
                 .title = "the process died " + std::to_string(s.deaths)
                          + " times while " + s.name + " ran"});
  }
  if (s.due && *s.due > now())
    return wait_until(s);
  if (!is_own(s.path) && s.attempts.made == 0 && avoid(s))
    return;
  ask_guard(s);
}

void run_actor::ask_guard(step& s) {
  const auto tool = services_.tools->find(s.name);
  if (!tool)
    return call_ended(s, refused(failure_kind::unknown_tool,
                                 "there is no tool named " + s.name));
  ask_guard(s, *tool);
}

void run_actor::ask_guard(step& s, const tool_entry& tool) {
  // To be asked what became of an attempt is a call into the tool as well.
  if (s.charged && s.attempts.open && s.tool_effect == effect::reconcilable
      && s.turn != turn::held)
    return want_turn(s);
  s.due.reset();
  s.reviewed = tool.traits->review.has_value();
  if (!tool.guard)
    return; // `guards_changed` brings us back
  if (!knows_cost(s))
    return;
  const auto at_once = s.tool_effect == effect::read_only && !s.charged
                       && !tool.traits->asks_people && !is_stopped();
  const auto leaves_now = at_once && s.attempts.made == 0;
  if (leaves_now && attempts_spent(s))
    return;
  const auto gives_up = tool.traits->call_timeout
                          ? std::optional{s.asked + *tool.traits->call_timeout}
                          : std::nullopt;
  auto end = is_undo(s.path) ? std::nullopt : deadline();
  if (gives_up && (!end || *gives_up < *end))
    end = gives_up;
  auto request = call_request{.key = key_of(s),
                              .run = log_->row().id,
                              .arguments = s.arguments_text,
                              .attempts = s.attempts,
                              .deadline = end,
                              .gives_up = gives_up,
                              .has_fallback = has_fallback(s, tool),
                              .at_once = at_once,
                              .undoes = is_undo(s.path),
                              .unsure = is_unsure(s),
                              .acted = to_line(acts_before(s)),
                              .allowed = allowed_,
                              .grant = s.grant,
                              .trace = trace()};
  s.at_once = at_once;
  s.guard = tool.guard.id();
  guards_.insert_or_assign(s.guard, tool.guard);
  if (leaves_now)
    add_attempt(s, 1);
  else if (!at_once)
    set_undecided(s, true);
  send(tool.guard, std::move(request));
}

void run_actor::set_undecided(step& s, bool x) {
  if (s.undecided == x)
    return;
  s.undecided = x;
  undecided_ += x ? 1 : -1;
}

void run_actor::add_attempt(step& s, std::uint32_t n) {
  s.attempts.made = n;
  s.attempts.first = s.attempts.first.value_or(now());
  s.attempts.open = true;
  s.attempts.ended.reset();
  count_attempt();
  retries_ += n > 1 ? 1 : 0;
  log_->add(record_kind::attempt, s.path,
            bodies::attempt(n,
                            idempotency_key(log_->row().id, s.path, s.revision),
                            reserve(s)),
            now());
  if (heard(event_kind::attempt_started))
    publish(event_kind::attempt_started, severity::debug,
            json{{"tool", s.name}, {"attempt", n}}.dump(), s.path);
}

void run_actor::on_admitted(const call_admitted& x,
                            const fabric::actor_ref& guard) {
  auto* s = find(x.key);
  if (s != nullptr)
    set_undecided(*s, false);
  if (s == nullptr || halted(*s) || s->abandoned)
    return send(guard, call_dropped{x.key});
  if (!s->at_once && attempts_spent(*s))
    return; // parking has called it back
  add_attempt(*s, x.attempt);
  if (s->at_once)
    return; // it has left already
  s->proves = log_->token();
  if (s->charged && s->turn != turn::held)
    return log_->when_durable([this, path = s->path] {
      if (auto* found = engine_->find(path))
        want_turn(*found);
    });
  leaving_.emplace_back(guard,
                        fabric::message::of(attempt_go{x.key, x.attempt}));
}

/// An attempt that did something was durable.
void run_actor::note_proof(const step& s, side_effect seen) {
  if (seen != side_effect::not_started)
    log_->proven(s.proves);
}

void run_actor::on_attempt_failed(const attempt_failed& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  note_proof(*s, x.why.effect);
  settle_cost(*s, x.spent, x.why.effect);
  set_undecided(*s, x.next_at <= now());
  end_attempt(*s, x.attempt, x.why);
  note(*s, x.decided);
}

void run_actor::note(const step& s, const call_decisions& decided) {
  for (const auto& x : decided)
    log_->add(record_kind::decision, s.path,
              bodies::policy_decision(to_string(x.kind), x.fields), now());
}

void run_actor::note_own(event_kind kind, const step_path& path,
                         const std::string& fields) {
  publish(kind, severity::warning, fields, path);
  log_->add(record_kind::decision, path,
            bodies::policy_decision(to_string(kind), fields), now());
}

void run_actor::end_attempt(step& s, std::uint32_t n, const failure& why) {
  s.attempts.open = false;
  s.attempts.ended = why.effect;
  s.attempts.last = std::make_shared<const failure>(why);
  end_turn(s); // the next attempt asks again, once it is durable
  if (n > s.charged_at)
    s.charged = false; // whatever it failed of, the process outlived it
  log_->add(record_kind::attempt_end, s.path, bodies::attempt_end(n, why),
            now());
}

void run_actor::on_held(const call_held& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  set_undecided(*s, false);
  note(*s, x.decided);
}

void run_actor::on_waits(const call_waits& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  release(*s);
  note(*s, x.decided);
  if (std::exchange(s->attempts.open, false)) // recorded, and never left
    s->attempts.ended = side_effect::not_started;
  s->due = x.until;
  s->waits_for = x.why;
  log_->add(record_kind::wait, s->path, bodies::wait(x.until, to_string(x.why)),
            now());
  wait_until(*s);
}

void run_actor::release(step& s) {
  set_undecided(s, false);
  end_turn(s);
  s.guard = 0;
}

void run_actor::on_done(call_done& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  const auto dropped = is_dropped(x.result);
  if (dropped && !halted(*s) && !s->abandoned)
    return; // it was asked for again since
  const auto effect = x.result.ok() ? side_effect::none : x.result.why().effect;
  note_proof(*s, effect);
  if (s->attempts.open)
    settle_cost(*s, x.spent, effect);
  if (x.result.ok() && !is_own(s->path))
    keep_answer(*s, x.result.get());
  release(*s);
  note(*s, x.decided);
  if (dropped) {
    // Called back before it left: nobody is to be asked what became of it.
    if (s->attempts.open)
      end_attempt(*s, s->attempts.made,
                  refused(failure_kind::crashed,
                          "it was called back before the attempt left"));
    if (s->abandoned)
      engine_->settle(step_path{s->path});
    return;
  }
  s->attempts.open = false;
  // What was paid for is not paid for twice: it is durable before it is heard.
  s->charged = s->charged || (x.spent && !x.spent->nothing());
  if (is_own(s->path))
    return own_ended(*s, x.result);
  if (!engine_->frozen() && !s->abandoned) {
    const auto tool
      = x.result.ok() ? std::nullopt : services_.tools->find(s->name);
    const auto goes_on
      = tool && has_fallback(*s, *tool) && may_fall_back(x.result.why());
    if (!goes_on && std::exchange(s->charged, false))
      return deliver_once_durable(*s, x.result);
    return call_ended(*s, std::move(x.result));
  }
  const auto path = s->path;
  record_outcome(path, x.result, engine_->frozen());
  engine_->settle(path);
}

/// Should the process die of what the agent's code does with it, the step is
/// cleared.
void run_actor::deliver_once_durable(const step& s, const outcome& x) {
  record_outcome(s.path, x, true);
  log_->when_durable([this, path = s.path] {
    const auto held = held_.find(path);
    const auto* waits = engine_ ? engine_->find(path) : nullptr;
    if (held != held_.end() && waits != nullptr && !engine_->frozen())
      deliver(*waits, held->second);
  });
}

void run_actor::on_unknown(const call_unknown& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  note_proof(*s, x.why.effect);
  settle_cost(*s, x.spent, x.why.effect);
  release(*s);
  end_attempt(*s, x.attempt, x.why);
  note(*s, x.decided);
  ask_what_became(*s, x.reason);
}

void run_actor::on_late_result(const late_result& x) {
  log_->add(record_kind::late, x.key.step, bodies::late(x.attempt, x.result),
            now());
  publish(event_kind::late_result, severity::warning, {}, x.key.step);
  for (const auto& [id, why] : parked_)
    if (why.step == x.key.step)
      suggest(id, x.result);
}

void run_actor::suggest(const std::string& id, const outcome& x) {
  if (x.ok())
    log_->when_durable([this, what = suggest_answer{id, x.get()}] {
      send(services_.desk(), what);
    });
}

void run_actor::on_guards_changed() {
  if (!engine_)
    return;
  for (const auto& path : open_paths()) {
    auto* s = engine_->find(path);
    if (s == nullptr || s->kind != step_kind::call || s->due || s->handed_on)
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

std::vector<step_path> run_actor::open_paths() const {
  auto paths = std::vector<step_path>{};
  for (const auto& [path, s] : engine_->open())
    paths.push_back(path);
  return paths;
}

// -- waits --------------------------------------------------------------------

void run_actor::wait_until(step& s) {
  if (*s.due > now())
    return send(services_.timers, arm_timer{options_.number, *s.due});
  if (s.kind == step_kind::timer)
    deliver(s, outcome{value{}});
  else if (s.kind == step_kind::signal)
    deliver(s, refused(failure_kind::timeout,
                       "no signal " + s.name + " has come in time"));
  else
    ask_guard(s);
}

void run_actor::on_woken() {
  if (!parked_.empty())
    return check_tickets();
  if (!engine_ || (engine_->frozen() && !is_undoing()))
    return;
  const auto due = [this](const step& s) {
    return s.due && *s.due <= now() && !s.abandoned && !pending(s.path)
           && !halted(s) && !s.handed_on;
  };
  check_children(); // first: one may have ended long before the timer was due
  for (const auto& path : open_paths())
    if (auto* s = engine_->find(path); s != nullptr && due(*s))
      wait_until(*s);
}

bool run_actor::pending(const step_path& path) const {
  return std::any_of(deliveries_.begin(), deliveries_.end(),
                     [&](const auto& x) { return x.first == path; });
}

} // namespace stanchion::detail
