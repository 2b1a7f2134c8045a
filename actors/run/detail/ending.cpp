#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/actors/run/detail/second_replay.hpp>
#include <stanchion/core/backoff.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/unlimited.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

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

} // namespace

void run_actor::program_ended() {
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

void run_actor::unhandled(const failure& why) {
  const auto theirs = category_of(why.kind) == failure_category::user_data;
  const auto at = last_failed_ ? engine_->last_delivered() : step_path{};
  const auto again = !theirs && options_.program->retries() && !at.empty();
  if (!again)
    return give_up(why, at);
  // What is known of the step is read from the journal.
  stop_engine();
  reloading_ = true;
  log_->when_durable([this, why, at] {
    reloading_ = false;
    if (!cancelling_ && !reopen(at, why))
      give_up(why, at);
  });
}

void run_actor::give_up(const failure& why, const step_path& at) {
  const auto theirs = category_of(why.kind) == failure_category::user_data;
  if (theirs || options_.program->unhandled() == on_unhandled::fail)
    return end({record_kind::failed, bodies::failed(why), run_state::failed});
  auto revision = std::uint32_t{0};
  if (!at.empty()) {
    const auto past = history{services_.store->read(options_.number, 0)};
    if (const auto* found = past.find(at))
      revision = found->revision;
  }
  park({.reason = reason_for(why.kind),
        .step = at,
        .revision = revision,
        .title = to_string(why),
        .why = why,
        .suggestion = "retry once the cause is gone"});
}

bool run_actor::reopen(const step_path& path, const failure& why) {
  const auto& policy = *options_.program->retries();
  const auto past = history{services_.store->read(options_.number, 0)};
  const auto* s = past.find(path);
  if (s == nullptr || s->kind != step_kind::call || s->reopenings >= policy.most
      || !services_.may_pass || !services_.may_pass(s->name, why))
    return false;
  const auto nth = s->reopenings + 1;
  const auto wait = std::max(
    delay(policy.backoff, nth - 1, unit_interval(services_.random->next())),
    why.retry_after.value_or(duration::zero()));
  const auto until = now() + wait;
  if (const auto end = deadline(); end && until >= *end)
    return false;
  const auto fields = json{
    {"tool", s->name},
    {"nth", nth},
    {"most", policy.most},
    {"until", to_rfc3339(until)},
    {"failure",
     json(why)}}.dump();
  note_own(event_kind::step_reopened, path, fields);
  log_->add(record_kind::reopened, path, bodies::reopened(s->revision, {}, nth),
            now());
  log_->add(record_kind::wait, path,
            bodies::wait(until, to_string(wait_reason::backoff)), now());
  reload();
  return true;
}

void run_actor::end(ending x) {
  stop_engine();
  drop_calls();
  ending_ = std::make_unique<ending>(std::move(x));
}

void run_actor::drop_calls() {
  if (!engine_)
    return;
  for (const auto& [path, s] : engine_->open())
    if (s->guard != 0)
      send_to_guard(*s, call_dropped{key_of(*s)});
}

void run_actor::finish(const ending& x) {
  if (finishing_ || is_undoing())
    return;
  const auto gives_up
    = x.state == run_state::failed || x.state == run_state::cancelled;
  if (const auto* s = gives_up ? unsettled() : nullptr)
    return ask_what_became(*s, park_reason::ambiguous_state);
  if (gives_up && has_acts_)
    return undo_first(x);
  finish_now(x);
}

void run_actor::finish_now(const ending& x) {
  if (std::exchange(finishing_, true))
    return;
  code_survived();
  if (x.kind == record_kind::continued)
    add_successor();
  log_->add(x.kind, {}, x.body, now());
  log_->update(x.state, {}, std::nullopt, now());
  log_->when_durable([this, state = x.state] {
    for (const auto& tell : std::exchange(told_when_cancelled_, {}))
      tell(true);
    check_replay();
    publish(event_kind::run_ended,
            state == run_state::failed ? severity::error : severity::info,
            json{{"state", to_string(state)}, {"retries", retries_}}.dump());
    tell_parent();
    if (state == run_state::continued)
      route(successor_->number, fabric::message::of(run_woken{}));
    leave(state);
  });
}

bool run_actor::unknown_call() const {
  return std::any_of(parked_.begin(), parked_.end(),
                     [](const auto& x) { return x.second.unknown; });
}

/// A call that may have changed something, and that nothing asks any more
/// whether it has; null when there is none.
const step* run_actor::unsettled() const {
  if (!engine_)
    return nullptr;
  for (const auto& [path, s] : engine_->open())
    if (s->kind == step_kind::call && !s->attempts.open && !held_.contains(path)
        && s->tool_effect.value_or(effect::read_only) != effect::read_only
        && s->attempts.ended == side_effect::unknown)
      return s.get();
  return nullptr;
}

/// What is to be undone depends on it.
void run_actor::ask_what_became(const step& s, park_reason reason) {
  park({.reason = reason,
        .step = s.path,
        .revision = s.revision,
        .title = "nobody can say whether " + s.name + " took effect",
        .why = s.attempts.last ? *s.attempts.last : std::optional<failure>{},
        .suggestion = "look at the service itself, then say happened (with "
                      "the result) or did_not_happen"});
}

void run_actor::end_cancelled() {
  if (unknown_call())
    return;
  if (!parked_.empty())
    return withdraw_tickets();
  finish({record_kind::cancelled, bodies::cancelled(cancel_reason_),
          run_state::cancelled});
}

void run_actor::withdraw_tickets() {
  // Whoever takes the run up from here must find that it was to end.
  if (!std::exchange(withdrawing_, true))
    log_->when_durable([this] { ask_to_withdraw(); });
}

void run_actor::ask_to_withdraw() {
  const auto is_there = [this](const std::string& id) {
    try {
      return services_.store->find_ticket(id).has_value();
    } catch (const error&) {
      return false; // damaged: nobody can decide it
    }
  };
  std::erase_if(parked_, [&](const auto& x) { return !is_there(x.first); });
  for (const auto& [id, x] : parked_)
    send(services_.desk(), withdraw_ticket{id, "its run was cancelled"});
  if (!parked_.empty())
    after(ask_again, [this] {      // the desk may have been replaced meanwhile
      if (!over_ && !is_undoing()) // an undo's tickets are still to be decided
        ask_to_withdraw();
      settle();
    });
}

void run_actor::tell_parent() {
  if (log_->row().parent != 0)
    route(log_->row().parent,
          fabric::message::of(child_run_changed{options_.number}));
}

void run_actor::leave(run_state state) {
  over_ = true;
  send(options_.supervisor, run_over{options_.number, state});
  send(services_.router, run_over{options_.number, state});
  quit();
}

// -- crashes ------------------------------------------------------------------

bool run_actor::crashed_too_often(const std::vector<instant>& crashes) const {
  const auto since = now() - options_.program->restart_window();
  const auto recent = std::count_if(crashes.begin(), crashes.end(),
                                    [since](instant at) { return at > since; });
  return recent > static_cast<std::ptrdiff_t>(options_.program->max_restarts());
}

void run_actor::crash(const std::string& message) {
  stop_engine();
  drop_calls();
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

void run_actor::park_exhausted(const std::string& message) {
  const auto why = failure{.kind = failure_kind::crashed,
                           .effect = side_effect::none,
                           .message = message};
  send(options_.supervisor, run_exhausted{options_.number, why});
  park({.reason = park_reason::restart_budget_spent,
        .title = "the agent's code crashed again and again: " + message,
        .why = why,
        .suggestion = "mend the agent, then retry"});
}

// -- cancelling ---------------------------------------------------------------

void run_actor::on_cancel(const cancel_run& x) {
  if (!cancelling_ && !finishing_ && !is_undoing())
    call_off(x.reason, x.by);
  if (!x.answer)
    return;
  if (cancelling_ && !open_attempts() && !unknown_call() && !has_acts_)
    told_when_cancelled_.push_back(x.answer); // it ends at once
  else
    log_->when_durable(
      [answer = x.answer, accepted = cancelling_] { answer(accepted); });
}

/// The word of it is sent once, and lost when the process dies then.
bool run_actor::parent_cancelled() const {
  if (log_->row().parent == 0)
    return false;
  const auto parent = services_.store->find_run(log_->row().parent);
  return parent && parent->state == run_state::cancelled;
}

/// What it left open may be known to its journal alone, for a run that was
/// parked is not driven when it is taken up.
void run_actor::call_off(const std::string& reason, const std::string& by) {
  begin_cancel(reason, by);
  if (!engine_)
    reload();
}

void run_actor::begin_cancel(const std::string& reason, const std::string& by) {
  cancelling_ = true;
  cancel_reason_ = reason;
  log_->add(record_kind::cancel, {}, bodies::cancel(reason, by), now());
  cancel_children(reason, by);
  if (engine_)
    stop_steps();
}

void run_actor::stop_steps() {
  stop_engine();
  drop_calls();
}

void run_actor::cancel_children(const std::string& reason,
                                const std::string& by) {
  for (const auto& child : children())
    if (!is_terminal(child.state))
      route(child.number, fabric::message::of(cancel_run{reason, by, {}}));
}

std::vector<run_row> run_actor::children() const {
  auto filter = run_filter{};
  filter.parent = options_.number;
  filter.limit = unlimited;
  return services_.store->list_runs(filter);
}

// -- a second look ------------------------------------------------------------

void run_actor::check_replay() {
  if (!services_.replay_twice)
    return;
  const auto difference
    = replay_difference(*options_.program, log_->row().id,
                        history{services_.store->read(options_.number, 0)});
  if (!difference.empty())
    publish(event_kind::replay_differed, severity::critical,
            json{{"difference", difference}}.dump());
}

} // namespace stanchion::detail
