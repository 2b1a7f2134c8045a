#include <stanchion/core/append.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/guard/call_rules.hpp>
#include <stanchion/supervisors/guard/deadline_queue.hpp>
#include <stanchion/supervisors/guard/guard.hpp>
#include <stanchion/supervisors/guard/guard_report.hpp>
#include <stanchion/supervisors/guard/kept_answers.hpp>
#include <stanchion/supervisors/guard/open_call.hpp>
#include <stanchion/supervisors/policy/restart_decision.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <functional>
#include <unordered_map>
#include <utility>

namespace stanchion {

namespace {

using fabric::actor_ref;
using fabric::down;
using fabric::envelope;
using fabric::exit_kind;
using fabric::message;
using fabric::reply;

/// How many ends of calls are remembered.
constexpr std::size_t answers_kept = 256;

/// To itself: whatever the incarnations before `epoch` refused has come back
/// by now; what has not, they had accepted.
struct judge_accepted {
  std::uint64_t epoch = 0;
};

/// To itself: the breaker has closed.
struct breaker_closed {};

enum class tool_state { down, starting, up, stopping };

std::string_view to_string(tool_state x) {
  switch (x) {
  case tool_state::down:
    return "restarting";
  case tool_state::starting:
    return "starting";
  case tool_state::up:
    return "running";
  case tool_state::stopping:
    break;
  }
  return "stopping";
}

exit_cause cause_of(const down& d) {
  switch (d.kind) {
  case exit_kind::normal:
    return exit_cause::normal;
  case exit_kind::shutdown:
    return exit_cause::shutdown;
  case exit_kind::killed:
  case exit_kind::failed:
    break;
  }
  return exit_cause::failure;
}

failure not_started(failure_kind kind, std::string message) {
  return {.kind = kind,
          .effect = side_effect::not_started,
          .message = std::move(message)};
}

class guard final : public fabric::actor {
public:
  explicit guard(guard_options options)
    : options_(std::move(options)), report_(options_.name, options_.events),
      budget_(options_.restarts),
      backoff_(options_.restart_backoff, options_.restarts.window),
      breaker_(options_.breaker), timeouts_(options_.attempt_timeout) {
    // nop
  }
  ~guard() override {
    if (tool_)
      sys().kill(tool_);
  }

  std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    load_breaker();
    start_tool();
  }
  void receive(envelope& e) override;
  void on_down(const down& d) override {
    if (d.source == tool_.id())
      tool_went_down(d);
  }
  void on_stop() override;

private:
  // -- calls, as runs speak of them -------------------------------------------

  void on_request(const call_request& x, const actor_ref& caller);
  void attach(open_call& call, const call_request& x, const actor_ref& caller);
  void begin(open_call& call, const call_request& x);
  bool read_arguments(open_call& call, const std::string& text);
  void on_go(const attempt_go& x);
  void on_dropped(const call_dropped& x);

  // -- one attempt ------------------------------------------------------------

  void proceed(open_call& call);
  void stash(open_call& call);
  void admit(open_call& call, const breaker_permit& permit);
  void refused_by_breaker(open_call& call, std::optional<instant> retry_at);
  void leave(open_call& call);
  void fly(open_call& call);
  void on_reply(flight& x, reply& r);
  void bounced(open_call& call);
  void answered(open_call& call, const outcome& x);
  void on_time_up();
  void on_timeout(const std::shared_ptr<flight>& x);
  void late(const flight& x, const outcome& result);
  void check_hung(const flight& x);

  // -- what follows -----------------------------------------------------------

  void succeeded(open_call& call, const value& x, const char* source);
  void failed(open_call& call, failure why);
  void apply(open_call& call, failure why, const retry_verdict& verdict);
  retry_verdict decide_about(const open_call& call, const failure& why) const;
  void tell_failed(open_call& call, const failure& why, instant next);
  void wait(open_call& call, instant until, const std::string& why);
  void reconcile(open_call& call, failure why);
  void reconciled(open_call& call, const outcome& x);
  void did_not_happen(open_call& call, const failure& answer);
  void unreconciled(open_call& call, failure why);
  void finish(open_call& call, outcome result);
  void finish_unknown(open_call& call, failure why, park_reason reason);
  void finish_untried(open_call& call, failure why);
  void forget(open_call& call);

  // -- the breaker ------------------------------------------------------------

  void load_breaker();
  void record(open_call& call, breaker_result result, const failure* why);
  void on_changes(const breaker_changes& changes,
                  const std::string& reason = {});
  void release_waiting();

  // -- the tool's actor -------------------------------------------------------

  void start_tool();
  void tool_is_up(std::uint64_t epoch);
  void tool_went_down(const down& d);
  void judge_accepted_before(std::uint64_t epoch);
  [[nodiscard]] failure why_give_up(const down& d) const;
  void end_as_failed();
  void tell_never_left();
  [[nodiscard]] tree_node describe() const;

  // -- small help -------------------------------------------------------------

  [[nodiscard]] open_call* find(const call_key& key) {
    const auto found = calls_.find(key);
    return found == calls_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] double chance() const {
    return unit_interval(options_.random->next());
  }
  [[nodiscard]] std::vector<call_key>
  keys_of(const std::function<bool(const open_call&)>& wanted) const {
    std::vector<call_key> result;
    for (const auto& [key, call] : calls_)
      if (wanted(call))
        result.push_back(key);
    std::sort(result.begin(), result.end());
    return result;
  }

  guard_options options_;
  guard_report report_;

  tool_state state_ = tool_state::down;
  actor_ref tool_;
  std::uint64_t epoch_ = 0;
  bool started_before_ = false;
  restart_budget budget_;
  restart_backoff backoff_;
  std::optional<instant> next_start_;
  std::optional<failure> giving_up_;

  breaker breaker_;
  deadline_queue<std::shared_ptr<flight>> timeouts_;
  std::vector<std::shared_ptr<worker_mark>> hung_;

  std::unordered_map<call_key, open_call, call_key_hash> calls_;
  std::deque<call_key> queue_; // stashed and ready, in order of arrival
  std::uint64_t last_wait_ = 0;
  kept_answers kept_{answers_kept};
};

void guard::receive(envelope& e) {
  if (const auto* request = e.body.as<call_request>())
    on_request(*request, e.sender());
  else if (const auto* go = e.body.as<attempt_go>())
    on_go(*go);
  else if (const auto* dropped = e.body.as<call_dropped>())
    on_dropped(*dropped);
  else if (const auto* accepted = e.body.as<judge_accepted>())
    judge_accepted_before(accepted->epoch);
  else if (e.body.is<breaker_closed>())
    release_waiting();
  else if (e.body.is<describe_tree>())
    e.take_promise().deliver(describe());
  else if (const auto* isolate = e.body.as<isolate_tool>())
    on_changes(breaker_.isolate(now()), isolate->reason);
  else if (const auto* close = e.body.as<close_breaker>())
    on_changes(breaker_.close(now()), close->reason);
}

// -- calls, as runs speak of them
// ----------------------------------------------

void guard::on_request(const call_request& x, const actor_ref& caller) {
  if (state_ == tool_state::stopping || giving_up_)
    return; // the run hears of this guard's end and asks the next one
  if (auto* held = find(x.key))
    return attach(*held, x, caller);
  if (const auto* word = kept_.find(x))
    return std::visit([&](const auto& told) { send(caller, told); }, *word);
  auto& call = calls_[x.key];
  call.key = x.key;
  call.run = x.run;
  call.caller = caller;
  call.at_once = x.at_once && options_.effect == effect::read_only;
  call.made = x.attempts.made;
  call.counted = call.at_once && x.attempts.made == 0;
  begin(call, x);
}

/// The run was restarted, and may not have heard what was last said to it.
void guard::attach(open_call& call, const call_request& x,
                   const actor_ref& caller) {
  call.caller = caller;
  call.dropped = false;
  const auto& a = x.attempts;
  const auto& last = call.last_failed;
  const auto knows_end
    = !last || a.made > last->attempt || (a.made == last->attempt && !a.open);
  if (!knows_end)
    send(caller, *last);
  const auto counts = call.at_once && call.made == 1 && a.made == 0;
  switch (call.phase) {
  case call_phase::waiting:
  case call_phase::stashed:
    return send(caller, call_held{call.key});
  case call_phase::admitted:
    if (a.open && a.made == call.made)
      return leave(call); // it was durable; only the word of it was lost
    return send(caller, call_admitted{call.key, call.made});
  case call_phase::ready:
  case call_phase::flying:
    if (a.made < call.made && !counts)
      send(caller, call_admitted{call.key, call.made});
    return;
  }
}

void guard::begin(open_call& call, const call_request& x) {
  const auto& a = x.attempts;
  call.lost = a.open;
  const auto verdict
    = first_step(options_.retry, options_.table, options_.effect, a, now());
  const auto unknown = a.open || a.ended == side_effect::unknown;
  call.unsettled
    = a.made > 0 && unknown && options_.effect != effect::read_only;
  if (!read_arguments(call, x.arguments))
    return;
  if (std::holds_alternative<try_again>(verdict))
    return proceed(call);
  apply(call, last_failure(options_.effect, a), verdict);
}

/// False when the call is over because of them.
bool guard::read_arguments(open_call& call, const std::string& text) {
  auto problem = std::optional<std::string>{};
  try {
    call.arguments = parse_json(text);
    problem = options_.input.check(call.arguments.get());
  } catch (const error& e) {
    problem = e.what();
  }
  if (problem)
    finish_untried(
      call,
      not_started(failure_kind::bad_arguments,
                  "the arguments do not fit the input schema: " + *problem));
  return !problem;
}

void guard::on_go(const attempt_go& x) {
  auto* call = find(x.key);
  if (call != nullptr && call->phase == call_phase::admitted
      && call->made == x.attempt)
    leave(*call);
}

void guard::on_dropped(const call_dropped& x) {
  auto* call = find(x.key);
  if (call == nullptr)
    return;
  call->dropped = true;
  if (call->phase == call_phase::flying) {
    call->job->stop.request_stop();
    return;
  }
  if (call->reconciling)
    return; // what became of the attempt is still to be found out
  if (call->phase == call_phase::admitted || call->phase == call_phase::ready)
    record(*call, breaker_result::ignored, nullptr);
  finish_untried(*call, not_started(failure_kind::cancelled,
                                    "cancelled before the attempt left"));
}

// -- one attempt
// ---------------------------------------------------------------

void guard::proceed(open_call& call) {
  if (state_ != tool_state::up)
    return stash(call);
  auto answer = breaker_.admit(now());
  if (!answer.changes.empty())
    on_changes(answer.changes);
  if (const auto* yes = std::get_if<admitted>(&answer.answer))
    admit(call, yes->permit);
  else
    refused_by_breaker(call, std::get<rejected>(answer.answer).retry_at);
}

void guard::stash(open_call& call) {
  if (call.made == 0 && queue_.size() >= options_.stash)
    return finish_untried(call, not_started(failure_kind::bulkhead_full,
                                            options_.name + " is down and "
                                              + std::to_string(queue_.size())
                                              + " calls wait for it already"));
  call.phase = call_phase::stashed;
  queue_.push_back(call.key);
  send(call.caller, call_held{call.key});
}

void guard::admit(open_call& call, const breaker_permit& permit) {
  call.permit = permit;
  if (call.reconciling)
    return fly(call);
  ++call.made;
  call.lost = false;
  call.phase = call_phase::admitted;
  if (!std::exchange(call.counted, false))
    send(call.caller, call_admitted{call.key, call.made});
  if (call.at_once)
    leave(call);
}

void guard::refused_by_breaker(open_call& call,
                               std::optional<instant> retry_at) {
  const auto status = breaker_.status(now());
  auto why = not_started(failure_kind::circuit_open,
                         "the breaker of " + options_.name + " is "
                           + std::string{to_string(status.state)});
  // While probes are out it may close any moment.
  if (retry_at && status.state == breaker_state::half_open)
    retry_at = std::min(*retry_at, now() + defaults::guard_wait_limit);
  if (retry_at)
    why.retry_after = std::max(*retry_at - now(), duration::zero());
  if (call.reconciling) {
    if (retry_at)
      return wait(call, *retry_at, "breaker");
    return unreconciled(call, why);
  }
  const auto verdict = decide_about(call, why);
  if (const auto* again = std::get_if<try_again>(&verdict))
    wait(call, again->at, "breaker");
  else
    finish_untried(call, why);
}

/// The attempt is durable, or need not be.
void guard::leave(open_call& call) {
  if (state_ == tool_state::up)
    return fly(call);
  call.phase = call_phase::ready;
  queue_.push_back(call.key);
}

void guard::fly(open_call& call) {
  const auto at = now();
  auto x = std::make_shared<flight>();
  x->call = &call;
  x->attempt = call.made;
  x->epoch = epoch_;
  if (options_.replace_worker)
    x->where = std::make_shared<worker_mark>();
  call.job = x;
  call.phase = call_phase::flying;
  if (call.dropped)
    x->stop.request_stop();
  auto job = tool_job{
    .key = idempotency_key(call.run, call.key.step, call.key.revision),
    .attempt = call.made,
    .arguments = call.arguments,
    .deadline = at + options_.attempt_timeout,
    .reconcile = call.reconciling,
    .stop = x->stop.get_token(),
    .where = x->where};
  request(tool_, message::of(std::move(job)),
          [this, x](reply& r) { on_reply(*x, r); });
  timeouts_.push(at, std::move(x));
  if (const auto delay = timeouts_.arm())
    after(*delay, [this] { on_time_up(); });
}

void guard::on_time_up() {
  timeouts_.pop_due([this](const auto& x) {
    if (x->call != nullptr)
      on_timeout(x);
  });
  if (const auto delay = timeouts_.arm())
    after(*delay, [this] { on_time_up(); });
}

void guard::on_reply(flight& x, reply& r) {
  auto* call = std::exchange(x.call, nullptr);
  timeouts_.trim([](const auto& oldest) { return oldest->call == nullptr; });
  const auto* answer = r.body.as<tool_answer>();
  if (call == nullptr) {
    if (x.timed_out && answer != nullptr)
      late(x, answer->result);
    return;
  }
  call->job = nullptr;
  if (r.how == reply::status::bounced)
    bounced(*call);
  else if (answer != nullptr)
    answered(*call, answer->result);
  else
    answered(*call, failure{.kind = failure_kind::crashed,
                            .message = r.how == reply::status::died
                                         ? r.text
                                         : "the tool's answer is no answer"});
}

/// The tool was gone before it took the job: the same attempt may leave again.
void guard::bounced(open_call& call) {
  call.phase = call_phase::ready;
  queue_.push_back(call.key);
}

void guard::answered(open_call& call, const outcome& x) {
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

void guard::on_timeout(const std::shared_ptr<flight>& x) {
  auto& call = *std::exchange(x->call, nullptr);
  x->timed_out = true;
  x->key = call.key;
  x->caller = call.caller;
  call.job = nullptr;
  x->stop.request_stop();
  if (x->where)
    after(options_.hung_after, [this, x] { check_hung(*x); });
  answered(call, failure{.kind = failure_kind::timeout,
                         .message = "no answer within "
                                    + to_text(options_.attempt_timeout)});
}

void guard::late(const flight& x, const outcome& result) {
  // The run may have been restarted, and the call gone on.
  const auto* call = find(x.key);
  send(call != nullptr ? call->caller : x.caller,
       late_result{x.key, x.attempt, result});
  report_.late(now(), x, result);
}

void guard::check_hung(const flight& x) {
  const auto worker = x.where->load();
  if (worker == std::thread::id{})
    return;
  options_.replace_worker(worker);
  std::erase_if(hung_, [](const auto& where) {
    return where->load() == std::thread::id{};
  });
  hung_.push_back(x.where);
  report_.worker_abandoned(now(), x, hung_.size());
  if (hung_.size() >= options_.max_abandoned)
    on_changes(breaker_.isolate(now()),
               std::to_string(hung_.size())
                 + " calls hang in threads that had to be abandoned");
}

// -- what follows
// --------------------------------------------------------------

void guard::succeeded(open_call& call, const value& x, const char* source) {
  record(call, breaker_result::success, nullptr);
  finish(call, source == nullptr ? x : x.with_source(source));
}

void guard::failed(open_call& call, failure why) {
  why.effect = judge(options_.effect, why.effect);
  why.attempts = call.made;
  record(call, result_of(options_.table[why.kind]), &why);
  const auto verdict = decide_about(call, why);
  // What an earlier attempt may have done stays unknown.
  if (options_.effect != effect::read_only) {
    call.unsettled = call.unsettled || why.effect == side_effect::unknown;
    if (call.unsettled)
      why.effect = side_effect::unknown;
  }
  apply(call, std::move(why), verdict);
}

retry_verdict guard::decide_about(const open_call& call,
                                  const failure& why) const {
  auto verdict = next_attempt(options_.retry, options_.table,
                              {.effect = options_.effect,
                               .why = why,
                               .attempts_made = call.made,
                               .earlier_unknown = call.unsettled,
                               .now = now(),
                               .unit = chance()});
  if (!call.dropped || !std::holds_alternative<try_again>(verdict))
    return verdict;
  if (call.unsettled
      || (options_.effect != effect::read_only
          && why.effect == side_effect::unknown))
    return park_run{park_reason::ambiguous_state};
  return give_up{why};
}

void guard::apply(open_call& call, failure why, const retry_verdict& verdict) {
  const auto at = now();
  if (const auto* again = std::get_if<try_again>(&verdict)) {
    report_.attempt_ended(at, call, why, "try_again");
    tell_failed(call, why, again->at);
    wait(call, again->at, "backoff");
  } else if (std::holds_alternative<ask_reconcile>(verdict)) {
    report_.attempt_ended(at, call, why, "ask_reconcile");
    reconcile(call, std::move(why));
  } else if (const auto* park = std::get_if<park_run>(&verdict)) {
    report_.attempt_ended(at, call, why, "park_run");
    finish_unknown(call, std::move(why), park->reason);
  } else {
    report_.attempt_ended(at, call, why, "give_up");
    finish(call, std::get<give_up>(verdict).why);
  }
}

void guard::tell_failed(open_call& call, const failure& why, instant next) {
  call.last_failed = attempt_failed{call.key, call.made, why, next};
  send(call.caller, *call.last_failed);
}

void guard::wait(open_call& call, instant until, const std::string& why) {
  const auto delay = until - now();
  if (delay <= duration::zero())
    return proceed(call);
  report_.retry_scheduled(now(), call, until, why);
  if (delay > defaults::guard_wait_limit) {
    if (call.reconciling)
      tell_failed(call, *call.evidence, until); // its end was held back
    send(call.caller, call_waits{call.key, until, why});
    return forget(call);
  }
  call.phase = call_phase::waiting;
  call.for_breaker = why == "breaker";
  call.wait = ++last_wait_;
  send(call.caller, call_held{call.key});
  after(delay, [this, key = call.key, id = call.wait] {
    auto* waiting = find(key);
    if (waiting != nullptr && waiting->phase == call_phase::waiting
        && waiting->wait == id)
      proceed(*waiting);
  });
}

/// The attempt's end is not told before it is known.
void guard::reconcile(open_call& call, failure why) {
  call.reconciling = true;
  call.questions = 0;
  call.evidence = std::move(why);
  proceed(call);
}

void guard::reconciled(open_call& call, const outcome& x) {
  if (!x.ok() && x.why().effect == side_effect::none)
    return did_not_happen(call, x.why());
  auto why = x.ok() ? failure{} : x.why();
  if (x.ok()) {
    const auto problem = options_.output.check(x.get().get());
    if (!problem)
      return succeeded(call, x.get(), "reconciled");
    why = failure{.kind = failure_kind::schema_violation,
                  .message = "what reconcile found does not fit the output "
                             "schema: "
                             + *problem};
  }
  record(call, result_of(options_.table[why.kind]), &why);
  why.attempts = ++call.questions;
  why.effect = side_effect::none; // a question changes nothing
  report_.attempt_ended(now(), call, why, "ask_reconcile");
  const auto verdict = next_attempt(options_.retry, options_.table,
                                    {.effect = effect::read_only,
                                     .why = why,
                                     .attempts_made = call.questions,
                                     .now = now(),
                                     .unit = chance()});
  if (const auto* again = std::get_if<try_again>(&verdict))
    wait(call, again->at, "backoff");
  else
    unreconciled(call, std::move(why));
}

void guard::did_not_happen(open_call& call, const failure& answer) {
  record(call, breaker_result::success, nullptr);
  auto why = *std::exchange(call.evidence, std::nullopt);
  call.reconciling = false;
  call.unsettled = false;
  why.effect = side_effect::none;
  why.message += "; reconcile says that it did not happen";
  if (!answer.message.empty())
    why.message += ": " + answer.message;
  if (call.dropped) {
    tell_failed(call, why, now());
    return finish_untried(call, not_started(failure_kind::cancelled,
                                            "cancelled; the attempt before "
                                            "did not happen"));
  }
  apply(call, why, call.lost ? try_again{now()} : decide_about(call, why));
}

void guard::unreconciled(open_call& call, failure why) {
  auto evidence = *call.evidence;
  why.cause = evidence.cause;
  evidence.cause = std::make_shared<const failure>(std::move(why));
  finish_unknown(call, std::move(evidence), park_reason::ambiguous_state);
}

/// The call ends without the attempt that was to come.
void guard::finish_untried(open_call& call, failure why) {
  why.attempts = call.made;
  if (!call.unsettled)
    return finish(call, std::move(why));
  why.effect = side_effect::unknown;
  if (call.last_failed)
    why.cause = std::make_shared<const failure>(call.last_failed->why);
  finish_unknown(call, std::move(why), park_reason::ambiguous_state);
}

void guard::finish(open_call& call, outcome result) {
  auto done = call_done{call.key, call.made, std::move(result)};
  if (options_.effect != effect::read_only && call.made > 0)
    kept_.keep(done);
  send(call.caller, std::move(done));
  forget(call);
}

void guard::finish_unknown(open_call& call, failure why, park_reason reason) {
  auto unknown = call_unknown{call.key, call.made, std::move(why), reason};
  kept_.keep(unknown);
  send(call.caller, std::move(unknown));
  forget(call);
}

void guard::forget(open_call& call) {
  if (call.phase == call_phase::stashed || call.phase == call_phase::ready)
    std::erase(queue_, call.key);
  calls_.erase(calls_.find(call.key));
}

// -- the breaker
// ---------------------------------------------------------------

void guard::load_breaker() {
  if (options_.breaker_text.empty())
    return;
  auto kept = breaker::from_text(options_.breaker_text, options_.breaker);
  if (kept)
    breaker_ = std::move(*kept);
  else
    on_changes(breaker_.isolate(now()),
               "the kept state cannot be read; it may have been isolated");
}

void guard::record(open_call& call, breaker_result result, const failure* why) {
  auto retry_at = std::optional<instant>{};
  if (why != nullptr && why->retry_after)
    retry_at = now() + *why->retry_after;
  const auto changes = breaker_.record(call.permit, result, now(), retry_at);
  if (!changes.empty())
    on_changes(changes);
}

void guard::on_changes(const breaker_changes& changes,
                       const std::string& reason) {
  if (changes.empty())
    return;
  for (const auto& x : changes)
    report_.breaker(x, reason);
  const auto closed = changes.back().to == breaker_state::closed;
  auto content = batch{};
  content.facts.push_back(
    {breaker_fact(options_.name), closed ? std::string{} : breaker_.to_text()});
  send(options_.journal, append{.content = std::move(content)});
  if (closed)
    send(self(), breaker_closed{});
}

void guard::release_waiting() {
  const auto waits = [](const open_call& x) {
    return x.phase == call_phase::waiting && x.for_breaker;
  };
  for (const auto& key : keys_of(waits))
    if (auto* call = find(key))
      proceed(*call);
}

// -- the tool's actor
// ----------------------------------------------------------

void guard::start_tool() {
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
    return tool_went_down(down{0, exit_kind::failed, problem});
  monitor(tool_);
  // Any answer will do, "not understood" included: it comes after its start.
  request(tool_, message::of(await_start{}), [this, epoch = epoch_](reply& r) {
    if (r.how != reply::status::bounced)
      tool_is_up(epoch);
  });
  after(options_.start_deadline, [this, epoch = epoch_] {
    if (epoch == epoch_ && state_ == tool_state::starting)
      kill(tool_);
  });
  // One that does not heed even that hangs in its start: it is left behind.
  after(2 * options_.start_deadline, [this, epoch = epoch_] {
    if (epoch == epoch_ && state_ == tool_state::starting)
      tool_went_down(down{0, exit_kind::killed, "did not start in time"});
  });
}

void guard::tool_is_up(std::uint64_t epoch) {
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
      fly(call);
    else
      proceed(call);
  }
}

void guard::tool_went_down(const down& d) {
  tool_ = {};
  ++epoch_;
  if (state_ == tool_state::stopping) {
    report_.stopped(now(), d.kind == exit_kind::killed);
    return quit(exit_kind::shutdown);
  }
  state_ = tool_state::down;
  send(self(), judge_accepted{epoch_});
  const auto verdict = decide(restart_type::permanent, cause_of(d), budget_,
                              backoff_, now(), chance());
  if (const auto* restart = std::get_if<restart_after>(&verdict)) {
    next_start_ = now() + restart->delay;
    after(restart->delay, [this, epoch = epoch_] {
      if (epoch == epoch_ && state_ == tool_state::down)
        start_tool();
    });
  } else {
    giving_up_ = why_give_up(d);
  }
  report_.down(now(), d, budget_.spent(now()), next_start_);
}

failure guard::why_give_up(const down& d) const {
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
void guard::judge_accepted_before(std::uint64_t epoch) {
  const auto accepted = [epoch](const open_call& x) {
    return x.phase == call_phase::flying && x.job->epoch < epoch;
  };
  if (giving_up_)
    return end_as_failed();
  for (const auto& key : keys_of(accepted)) {
    auto& call = *find(key);
    std::exchange(call.job, nullptr)->call = nullptr;
    answered(call, failure{.kind = failure_kind::crashed,
                           .message = "the tool went down while it held the "
                                      "call"});
  }
}

void guard::end_as_failed() {
  tell_never_left();
  report_.gave_up(now(), *giving_up_);
  send(options_.parent, escalation{options_.name, *giving_up_});
  quit(exit_kind::failed, giving_up_->message);
}

/// Runs take an open attempt for unknown when their guard ends; these are not.
void guard::tell_never_left() {
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

void guard::on_stop() {
  if (!tool_)
    return quit(exit_kind::shutdown);
  state_ = tool_state::stopping;
  stop(tool_);
  after(options_.stop_deadline, [this] { kill(tool_); });
  // One that does not heed even that hangs in a handler: it is left behind.
  after(2 * options_.stop_deadline, [this] {
    report_.stopped(now(), true);
    quit(exit_kind::shutdown);
  });
}

tree_node guard::describe() const {
  const auto restarts = static_cast<std::uint32_t>(budget_.spent(now()));
  auto tool = tree_node{.name = options_.name,
                        .kind = "tool",
                        .state = std::string{to_string(state_)},
                        .restarts = restarts,
                        .next_at = next_start_};
  auto node
    = tree_node{.name = options_.name, .kind = "guard", .state = "running"};
  node.detail = to_string(breaker_.status(now()).state);
  node.children.push_back(std::move(tool));
  return node;
}

} // namespace

// -- making one
// ----------------------------------------------------------------

std::vector<std::string> validate(const guard_options& x) {
  std::vector<std::string> found;
  const auto require = [&found](bool holds, const char* text) {
    if (!holds)
      found.emplace_back(text);
  };
  const auto append = [&found](const std::vector<std::string>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  require(!x.name.empty(), "name: must not be empty");
  require(static_cast<bool>(x.child), "child: is missing");
  require(x.attempt_timeout > duration::zero(),
          "attempt_timeout: must be longer than zero");
  require(x.start_deadline > duration::zero(),
          "start_deadline: must be longer than zero");
  require(x.stop_deadline > duration::zero(),
          "stop_deadline: must be longer than zero");
  require(x.hung_after >= duration::zero(), "hung_after: must not be negative");
  require(x.max_abandoned > 0, "max_abandoned: must be at least 1");
  append(validate(x.retry, "retry"));
  append(validate(x.breaker, "breaker"));
  append(validate(x.restarts, "restarts"));
  append(validate(x.restart_backoff, "restart_backoff"));
  return found;
}

std::string breaker_fact(std::string_view tool) {
  return "breaker/" + std::string{tool};
}

std::unique_ptr<fabric::actor> make_guard(guard_options options) {
  auto text = std::string{};
  for (const auto& problem : validate(options))
    text += (text.empty() ? "" : "; ") + problem;
  if (!text.empty())
    throw error{error_code::invalid_spec,
                "the guard of \"" + options.name + "\": " + text};
  // Or slow probes would be lost.
  options.breaker.probe_lease = std::max(
    options.breaker.probe_lease, options.attempt_timeout + options.hung_after);
  if (options.random == nullptr)
    options.random = entropy_random();
  return std::make_unique<guard>(std::move(options));
}

} // namespace stanchion
