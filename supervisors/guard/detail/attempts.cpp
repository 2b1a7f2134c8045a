#include <stanchion/core/tool_job.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

// -- one attempt --------------------------------------------------------------

/// The attempt is durable, or need not be.
void guard_actor::leave(open_call& call) {
  if (const auto why = blocked_by(call))
    return hold_back(call, *why);
  const auto up = state_ == tool_state::up;
  if (up && (!places_ || enter(call)))
    return fly(call, now());
  call.phase = call_phase::ready;
  if (up)
    stand_in_line(call, now());
  else
    queue_.push_back(call.key);
}

void guard_actor::fly(open_call& call, instant at) {
  call.phase = call_phase::flying;
  call.copies_sent = 0;
  call.job = launch(call, at);
  if (hedges_ && !call.reconciling)
    expect_copy(call.job, at);
}

std::shared_ptr<flight> guard_actor::launch(open_call& call, instant at) {
  auto x = std::make_shared<flight>();
  x->call = &call;
  x->attempt = call.made;
  x->epoch = epoch_;
  x->permit = call.permit;
  x->left = at;
  x->has_place = std::exchange(call.has_place, false);
  if (places_)
    x->in_flight = places_->in_use();
  if (options_.replace_worker)
    x->where = std::make_shared<worker_mark>();
  if (options_.idle_timeout && !call.reconciling) {
    x->alive = std::make_shared<pulse>(at);
    expect_progress(x, *options_.idle_timeout);
  }
  if (call.dropped)
    x->stop.request_stop();
  auto job = tool_job{
    .key = idempotency_key(call.run, call.key.step, call.key.revision),
    .attempt = call.made,
    .arguments = call.revealed,
    .deadline = std::min(at + options_.attempt_timeout,
                         call.deadline.value_or(instant::max())),
    .reconcile = call.reconciling,
    .stop = x->stop.get_token(),
    .where = x->where,
    .alive = x->alive,
    .trace = call.trace};
  request(tool_, fabric::message::of(std::move(job)),
          [this, x](fabric::reply& r) { on_reply(x, r); });
  timeouts_.push(at, x);
  if (const auto delay = timeouts_.arm())
    after(*delay, [this] { on_time_up(); });
  return x;
}

void guard_actor::on_time_up() {
  timeouts_.pop_due([this](const auto& x) {
    if (x->call != nullptr)
      on_timeout(x);
  });
  if (const auto delay = timeouts_.arm())
    after(*delay, [this] { on_time_up(); });
}

void guard_actor::on_reply(const std::shared_ptr<flight>& x, fabric::reply& r) {
  auto* call = take_back(x);
  const auto over = [](const auto& oldest) { return oldest->call == nullptr; };
  timeouts_.trim(over);
  if (hedges_)
    hedges_->trim(over);
  auto* answer = r.body.edit<tool_answer>();
  if (options_.vault && r.how == fabric::reply::status::died)
    r.text = options_.vault->hide(failure{.message = r.text}).message;
  if (options_.vault && answer != nullptr
      && (options_.vault->any() || !answer->result.ok()))
    answer->result = options_.vault->hide(answer->result);
  const auto bounces = r.how == fabric::reply::status::bounced;
  if (call != nullptr && bounces && is_last_copy(*call)) {
    call->has_place = std::exchange(x->has_place, false);
    return bounced(*call);
  }
  vacate(x, r.how == fabric::reply::status::died);
  if (call != nullptr && answer != nullptr && answer->spent)
    call->spent = call->spent.value_or(spending{}) + *answer->spent;
  if (answer != nullptr && answer->closed_until)
    on_changes(breaker_.open_until(*answer->closed_until, now()), call);
  if (call == nullptr && x->given_up && answer != nullptr)
    late(*x, answer->result);
  if (call == nullptr)
    return;
  if (answer != nullptr)
    copy_ended(*call, answer->result);
  else if (bounces)
    copy_bounced(*call);
  else
    copy_ended(*call, failure{.kind = failure_kind::crashed,
                              .message = r.how == fabric::reply::status::died
                                           ? r.text
                                           : "the tool's answer is no answer"});
}

/// Its call, which no longer waits for it; null if it had not.
open_call* guard_actor::take_back(const std::shared_ptr<flight>& x) {
  auto* call = std::exchange(x->call, nullptr);
  if (call == nullptr)
    return nullptr;
  if (call->job == x)
    call->job = nullptr;
  else
    std::erase(call->copies, x);
  call->speak_of(*x);
  return call;
}

/// The tool was gone before it took the job: the same attempt may leave again.
void guard_actor::bounced(open_call& call) {
  call.phase = call_phase::ready;
  queue_.push_back(call.key);
}

void guard_actor::answered(open_call& call, const outcome& x) {
  if (call.reconciling)
    return reconciled(call, x);
  if (!x.ok())
    return failed(call, x.why());
  if (const auto problem = options_.output.check(x.get().get()))
    return failed(call, failure{.kind = failure_kind::schema_violation,
                                .message = "the answer does not fit the output "
                                           "schema: "
                                           + *problem});
  succeeded(call, x.get(), nullptr);
}

void guard_actor::on_timeout(const std::shared_ptr<flight>& x) {
  expire(x, "no answer within " + to_text(options_.attempt_timeout));
}

/// Its tool is to show progress, or is given up.
void guard_actor::expect_progress(const std::shared_ptr<flight>& x,
                                  duration within) {
  after(within, [this, x] {
    const auto quiet = now() - x->alive->last();
    if (x->call == nullptr)
      return;
    if (quiet < *options_.idle_timeout)
      return expect_progress(x, *options_.idle_timeout - quiet);
    expire(x, "no progress within " + to_text(*options_.idle_timeout));
  });
}

/// Nobody waits for it any longer.
void guard_actor::expire(const std::shared_ptr<flight>& x,
                         const std::string& message) {
  auto& call = *take_back(x);
  x->stop.request_stop();
  auto why = failure{.kind = failure_kind::timeout, .message = message};
  if (x->where && x->where->call_off()) {
    why.effect = side_effect::not_started;
    why.message += ": no thread of the pool became free";
    vacate(x, false);
    return copy_ended(call, std::move(why));
  }
  give_up_on(x, call, options_.hung_after);
  copy_ended(call, std::move(why));
}

/// Its answer will be late, if it comes; `patience` is what its function has to
/// return.
void guard_actor::give_up_on(const std::shared_ptr<flight>& x,
                             const open_call& call, duration patience) {
  x->given_up = true;
  x->key = call.key;
  x->caller = call.caller;
  if (x->where)
    after(patience, [this, x] { check_hung(*x); });
}

// -- the time of a call -------------------------------------------------------

void guard_actor::watch_time(open_call& call, std::optional<instant> gives_up) {
  if (!gives_up || gives_up == call.gives_up)
    return;
  call.gives_up = gives_up;
  after(std::max(*gives_up - now(), duration::zero()), [this, key = call.key] {
    auto* late = find(key);
    if (late != nullptr && late->gives_up && *late->gives_up <= now())
      on_call_time_up(*late);
  });
}

/// Wherever it stands, it ends; only what became of an attempt is still found
/// out.
void guard_actor::on_call_time_up(open_call& call) {
  if (call.reconciling)
    return;
  auto why = not_started(failure_kind::timeout,
                         "the time of the call was up before it was answered");
  if (call.phase != call_phase::flying) {
    if (call.phase == call_phase::admitted || call.phase == call_phase::ready)
      record(call, breaker_result::ignored, nullptr);
    return finish_untried(call, std::move(why));
  }
  for (const auto& x : take_copies(call)) {
    call.speak_of(*x);
    if (x->where && x->where->call_off()) {
      vacate(x, false);
      continue;
    }
    why.effect = side_effect::unknown;
    give_up_on(x, call, options_.hung_after);
  }
  copy_ended(call, std::move(why));
}

void guard_actor::late(const flight& x, const outcome& result) {
  // The run may have been restarted, and the call gone on.
  const auto* call = find(x.key);
  send(call != nullptr ? call->caller : x.caller,
       late_result{x.key, x.attempt, result});
  report_.late(now(), x, result);
}

void guard_actor::check_hung(const flight& x) {
  const auto worker = x.where->inside();
  if (worker == std::thread::id{})
    return;
  options_.replace_worker(worker);
  std::erase_if(hung_, [](const auto& where) {
    return where->inside() == std::thread::id{};
  });
  hung_.push_back(x.where);
  report_.worker_abandoned(now(), x, hung_.size());
  auto most = options_.max_abandoned;
  if (places_) // with none left there is nothing that could go on
    most = std::min(most, places_->options().most);
  if (hung_.size() >= most)
    on_changes(breaker_.isolate(now()), nullptr,
               std::to_string(hung_.size())
                 + " calls hang in threads that had to be abandoned");
}

} // namespace stanchion::detail
