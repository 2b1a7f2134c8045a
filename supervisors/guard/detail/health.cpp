#include <stanchion/core/append.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>
#include <stanchion/supervisors/policy/restart_decision.hpp>

#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace stanchion::detail {

namespace {

exit_cause cause_of(const fabric::down& d) {
  switch (d.kind) {
  case fabric::exit_kind::normal:
    return exit_cause::normal;
  case fabric::exit_kind::shutdown:
    return exit_cause::shutdown;
  case fabric::exit_kind::killed:
  case fabric::exit_kind::failed:
    break;
  }
  return exit_cause::failure;
}

} // namespace

// -- the breaker and the retry budget -----------------------------------------

void guard_actor::load_breaker() {
  if (options_.breaker_text.empty())
    return;
  auto kept = breaker::from_text(options_.breaker_text, options_.breaker);
  if (!kept)
    return on_changes(breaker_.isolate(now()), nullptr,
                      "the kept state cannot be read; it may have been "
                      "isolated");
  breaker_ = std::move(*kept);
  tell_if_isolated("it was isolated before");
}

void guard_actor::load_retry_budget() {
  const auto& text = options_.retry_budget_text;
  if (!options_.retry_budget)
    return;
  retries_ = text.empty()
               ? retry_budget{*options_.retry_budget}
               : retry_budget::from_text(text, *options_.retry_budget, now());
}

/// False when there is none left.
bool guard_actor::spend_retry() {
  if (!retries_)
    return true;
  if (!retries_->try_spend(now()))
    return false;
  auto content = batch{};
  content.facts.push_back(
    {retry_budget_fact(options_.name), retries_->to_text(now())});
  send(options_.journal, append{.content = std::move(content)});
  return true;
}

void guard_actor::tell_if_isolated(const std::string& reason) {
  const auto since = breaker_.status(now()).since;
  if (since && options_.on_isolated && options_.on_isolated(*since, reason))
    on_changes(breaker_.close(now()), nullptr, "a person decided so");
}

void guard_actor::record(open_call& call, breaker_result result,
                         const failure* why) {
  const auto at = now();
  auto retry_at = std::optional<instant>{};
  if (why != nullptr && why->retry_after)
    retry_at = at + *why->retry_after;
  const auto changes
    = breaker_.record(call.permit, result, at, retry_at, at - call.left);
  if (!changes.empty())
    on_changes(changes, &call);
  if (places_)
    adapt_limit(call, result, why, at);
}

void guard_actor::on_changes(const breaker_changes& changes, open_call* call,
                             const std::string& reason) {
  if (changes.empty())
    return;
  for (const auto& x : changes)
    report_.breaker(x, reason, call);
  const auto closed = changes.back().to == breaker_state::closed;
  auto content = batch{};
  content.facts.push_back(
    {breaker_fact(options_.name), closed ? std::string{} : breaker_.to_text()});
  send(options_.journal, append{.content = std::move(content)});
  if (closed)
    send(self(), breaker_closed{});
  else
    tell_if_isolated(reason);
}

void guard_actor::release_waiting() {
  const auto waits = [](const open_call& x) {
    return x.phase == call_phase::waiting
           && x.waits_for == wait_reason::breaker;
  };
  for (const auto& key : keys_of(waits))
    if (auto* call = find(key))
      proceed(*call);
}

// -- the tool's actor ---------------------------------------------------------

void guard_actor::start_tool() {
  next_start_.reset();
  ++epoch_;
  state_ = tool_state::starting;
  auto problem = std::string{"its factory made nothing"};
  try {
    if (auto x = options_.child())
      tool_ = spawn(std::move(x));
  } catch (const std::exception& e) {
    problem = e.what();
  }
  if (!tool_)
    return tool_went_down(fabric::down{0, fabric::exit_kind::failed, problem});
  monitor(tool_);
  // Any answer will do, "not understood" included: it comes after its start.
  request(tool_, fabric::message::of(await_start{}),
          [this, epoch = epoch_](fabric::reply& r) {
            if (r.how != fabric::reply::status::bounced)
              tool_is_up(epoch);
          });
  after(options_.start_deadline, [this, epoch = epoch_] {
    if (epoch == epoch_ && state_ == tool_state::starting)
      kill(tool_);
  });
  // One that does not heed even that hangs in its start: it is left behind.
  after(2 * options_.start_deadline, [this, epoch = epoch_] {
    if (epoch == epoch_ && state_ == tool_state::starting)
      tool_went_down(
        fabric::down{0, fabric::exit_kind::killed, "did not start in time"});
  });
}

void guard_actor::tool_is_up(std::uint64_t epoch) {
  if (epoch != epoch_ || state_ != tool_state::starting)
    return;
  state_ = tool_state::up;
  report_.started(now(), std::exchange(started_before_, true));
  for (auto left = queue_.size(); left > 0 && state_ == tool_state::up;
       --left) {
    const auto key = queue_.front();
    queue_.pop_front();
    auto& call = *find(key);
    if (call.phase == call_phase::ready)
      leave(call);
    else
      proceed(call);
  }
}

void guard_actor::restart_tool(std::uint64_t epoch) {
  if (epoch == epoch_ && state_ == tool_state::down)
    start_tool();
}

void guard_actor::tool_went_down(const fabric::down& d) {
  tool_ = {};
  ++epoch_;
  if (state_ == tool_state::stopping) {
    report_.stopped(now(), d.kind == fabric::exit_kind::killed);
    return quit(fabric::exit_kind::shutdown);
  }
  state_ = tool_state::down;
  send(self(), judge_accepted{epoch_});
  const auto verdict = decide(restart_type::permanent, cause_of(d), budget_,
                              backoff_, now(), chance());
  if (const auto* restart = std::get_if<restart_after>(&verdict)) {
    next_start_ = now() + restart->delay;
    if (restart->delay <= duration::zero())
      send(self(), restart_now{epoch_}); // a timer would take far longer
    else
      after(restart->delay, [this, epoch = epoch_] { restart_tool(epoch); });
  } else {
    giving_up_ = why_give_up(d);
  }
  report_.down(now(), d, budget_.spent(now()), next_start_);
}

failure guard_actor::why_give_up(const fabric::down& d) const {
  auto last
    = failure{.kind = failure_kind::crashed,
              .message = d.text.empty() ? std::string{fabric::to_string(d.kind)}
                                        : d.text};
  return {.kind = failure_kind::crashed,
          .message = options_.name + " went down more than "
                     + std::to_string(options_.restarts.max_restarts)
                     + " times within " + to_text(options_.restarts.window),
          .cause = std::make_shared<const failure>(std::move(last))};
}

/// Whatever flew with an incarnation before `epoch` and has not bounced by now
/// had been accepted.
void guard_actor::judge_accepted_before(std::uint64_t epoch) {
  const auto accepted = [epoch](const open_call& x) {
    if (x.phase != call_phase::flying)
      return false;
    const auto& one = x.job != nullptr ? x.job : x.copies.front();
    return one->epoch < epoch;
  };
  if (giving_up_)
    return end_as_failed();
  for (const auto& key : keys_of(accepted)) {
    auto& call = *find(key);
    for (const auto& x : take_copies(call)) {
      call.speak_of(*x);
      vacate(x, true); // its function may still hold a thread of the pool
    }
    answered(call, failure{.kind = failure_kind::crashed,
                           .message = "the tool went down while it held the "
                                      "call"});
  }
}

void guard_actor::end_as_failed() {
  tell_never_left();
  report_.gave_up(now(), *giving_up_);
  send(options_.parent, escalation{options_.name, *giving_up_});
  quit(fabric::exit_kind::failed, giving_up_->message);
}

/// Runs take an open attempt for unknown when their guard ends; these are not.
void guard_actor::tell_never_left() {
  const auto ready = [](const open_call& x) {
    return x.phase == call_phase::ready || x.phase == call_phase::admitted;
  };
  for (const auto& key : keys_of(ready)) {
    auto& call = *find(key);
    auto why = not_started(failure_kind::crashed,
                           "the tool was down; the attempt never left");
    why.attempts = call.made;
    if (call.unsettled)
      why.effect = side_effect::unknown;
    tell_failed(call, why, now());
  }
}

void guard_actor::on_stop() {
  if (!tool_)
    return quit(fabric::exit_kind::shutdown);
  state_ = tool_state::stopping;
  stop(tool_);
  after(options_.stop_deadline, [this] { kill(tool_); });
  // One that does not heed even that hangs in a handler: it is left behind.
  after(2 * options_.stop_deadline, [this] {
    report_.stopped(now(), true);
    quit(fabric::exit_kind::shutdown);
  });
}

} // namespace stanchion::detail
