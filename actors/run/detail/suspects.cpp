#include <stanchion/actors/run/detail/run_actor.hpp>

#include <utility>

namespace stanchion::detail {

// -- steps --------------------------------------------------------------------

/// All that goes before is durable: once it is this suspect's turn, it goes.
void run_actor::want_turn(step& s) {
  if (s.turn != turn::none)
    return;
  s.turn = turn::asked;
  send(services_.router, ask_turn{{options_.number, s.path}, s.deaths});
}

void run_actor::on_turn(const suspect& x) {
  if (x.step.empty())
    return on_code_turn();
  auto* s = engine_ ? engine_->find(x.step) : nullptr;
  if (s == nullptr || s->turn != turn::asked)
    return send(services_.router, turn_over{x});
  s->turn = turn::held;
  if (s->guard == 0)
    ask_guard(*s);
  else if (halted(*s) || s->abandoned)
    end_turn(*s); // the guard has been asked to drop it
  else
    send_to_guard(*s, attempt_go{key_of(*s), s->attempts.made});
}

void run_actor::end_turn(step& s) {
  // A step that was charged may have got its turn before the run was reloaded.
  if (std::exchange(s.turn, turn::none) != turn::none || s.charged)
    send(services_.router, turn_over{{options_.number, s.path}});
}

// -- the agent's own code -----------------------------------------------------

void run_actor::on_code_turn() {
  if (code_turn_ != turn::asked)
    return send(services_.router, turn_over{{options_.number, {}}});
  code_turn_ = turn::held;
  reload(); // what was recorded meanwhile has to be there
}

/// The agent's code got past a point at which the process had died.
void run_actor::code_survived() {
  if (std::exchange(code_charged_, false))
    log_->add(record_kind::survived, {}, "{}", now());
}

void run_actor::look_at_code() {
  if (code_turn_ != turn::held || reloading_)
    return;
  const auto runs = parked_.empty() && engine_ && !engine_->frozen();
  if (runs && deliveries_.empty() && !engine_->ended())
    code_survived(); // it has come to wait for something
  if (runs && code_charged_)
    return;
  code_turn_ = turn::none;
  send(services_.router, turn_over{{options_.number, {}}});
}

} // namespace stanchion::detail
