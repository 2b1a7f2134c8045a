#include <stanchion/core/canonical.hpp>
#include <stanchion/core/drop.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/guard/call_rules.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>

#include <string_view>
#include <utility>
#include <variant>

namespace stanchion::detail {

namespace {

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

} // namespace

guard_actor::~guard_actor() {
  if (tool_)
    sys().kill(tool_);
}

void guard_actor::receive(fabric::envelope& e) {
  if (const auto* request = e.body.as<call_request>())
    on_request(*request, e.sender());
  else if (const auto* go = e.body.as<attempt_go>())
    on_go(*go);
  else if (const auto* dropped = e.body.as<call_dropped>())
    on_dropped(*dropped);
  else if (const auto* accepted = e.body.as<judge_accepted>())
    judge_accepted_before(accepted->epoch);
  else if (const auto* restart = e.body.as<restart_now>())
    restart_tool(restart->epoch);
  else if (e.body.is<breaker_closed>())
    release_waiting();
  else if (e.body.is<place_freed>())
    serve_line();
  else if (e.body.is<describe_tree>())
    e.take_promise().deliver(describe());
  else if (const auto* isolate = e.body.as<isolate_tool>())
    on_changes(breaker_.isolate(now()), nullptr, isolate->reason);
  else if (const auto* close = e.body.as<close_breaker>())
    on_changes(breaker_.close(now()), nullptr, close->reason);
}

// -- calls, as runs speak of them ---------------------------------------------

void guard_actor::on_request(const call_request& x,
                             const fabric::actor_ref& caller) {
  if (state_ == tool_state::stopping || giving_up_)
    return; // the run hears of this guard's end and asks the next one
  if (auto* held = find(x.key))
    return attach(*held, x, caller);
  if (const auto* word = kept_.find(x))
    return std::visit([&](const auto& told) { send(caller, told); }, *word);
  auto& call = calls_[x.key];
  call.key = x.key;
  call.run = x.run;
  call.trace = x.trace;
  call.caller = caller;
  call.deadline = x.deadline;
  call.has_fallback = x.has_fallback;
  watch_time(call, x.gives_up);
  call.at_once = x.at_once && options_.effect == effect::read_only;
  call.undoes = x.undoes;
  call.unsure = x.unsure;
  call.acted = x.acted;
  call.allowed = x.allowed;
  call.grant = x.grant;
  call.made = x.attempts.made;
  call.first = x.attempts.first;
  call.counted = call.at_once && x.attempts.made == 0;
  begin(call, x);
}

/// The run was restarted, and may not have heard what was last said to it.
void guard_actor::attach(open_call& call, const call_request& x,
                         const fabric::actor_ref& caller) {
  call.caller = caller;
  call.deadline = x.deadline;
  call.allowed = x.allowed;
  watch_time(call, x.gives_up);
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
  case call_phase::in_line:
    return tell_held(call);
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

void guard_actor::begin(open_call& call, const call_request& x) {
  const auto& a = x.attempts;
  call.lost = a.open;
  call.unsettled = options_.effect != effect::read_only && a.made > 0
                   && (a.open || a.ended == side_effect::unknown);
  if (!absent_.empty())
    resume(call);
  if (!read_arguments(call, x.arguments))
    return;
  if (a.made == 0)
    return proceed(call);
  const auto verdict
    = first_step(options_.retry, options_.table, options_.effect, a, now());
  if (std::holds_alternative<try_again>(verdict))
    return proceed(call);
  apply(call, last_failure(options_.effect, a), verdict);
}

/// False when the call is over because of them.
bool guard_actor::read_arguments(open_call& call, const std::string& text) {
  auto problem = std::optional<std::string>{};
  try {
    call.arguments = parse_json(text);
    call.revealed = call.arguments;
    if (options_.vault && text.find(secret_mark) != std::string::npos)
      call.revealed = options_.vault->reveal(call.arguments, options_.secrets);
    problem = options_.input.check(call.revealed.get());
  } catch (const error& e) {
    problem = e.what();
  }
  if (problem && options_.vault)
    problem = options_.vault->hide(*std::move(problem));
  if (problem)
    finish_untried(
      call,
      not_started(failure_kind::bad_arguments,
                  "the arguments do not fit the input schema: " + *problem));
  return !problem;
}

void guard_actor::on_go(const attempt_go& x) {
  auto* call = find(x.key);
  if (call != nullptr && call->phase == call_phase::admitted
      && call->made == x.attempt)
    leave(*call);
}

void guard_actor::on_dropped(const call_dropped& x) {
  auto* call = find(x.key);
  if (call == nullptr)
    return;
  call->dropped = true;
  if (call->phase == call_phase::flying) {
    if (call->job != nullptr)
      call->job->stop.request_stop();
    for (const auto& copy : call->copies)
      copy->stop.request_stop();
    return;
  }
  if (call->reconciling)
    return; // what became of the attempt is still to be found out
  if (call->phase == call_phase::admitted || call->phase == call_phase::ready)
    record(*call, breaker_result::ignored, nullptr);
  finish_untried(*call,
                 stanchion::dropped("cancelled before the attempt left"));
}

// -- for people ------------------------------------------------------------

tree_node guard_actor::describe() const {
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

} // namespace stanchion::detail
