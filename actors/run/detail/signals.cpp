#include <stanchion/actors/run/detail/run_actor.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

void run_actor::take_signals(history& past) {
  if (past.known_signals.empty())
    return;
  rare().signals = std::move(past.signals);
  rare().known_signals = std::move(past.known_signals);
}

/// Durable before its sender is answered; the same id is the same signal.
void run_actor::on_signal(const signal_run& x) {
  if (!log_ || finishing_)
    return; // who sent it sees that the run has ended
  const auto answer = [answer = x.answer] {
    if (answer)
      answer(true);
  };
  if (!rare().known_signals.insert(x.id).second)
    return log_->when_durable(answer);
  log_->add(record_kind::signal, {},
            bodies::signal(x.name, x.id, x.by, x.content), now());
  rare().signals.push_back({x.name, x.id, x.by, x.content});
  publish(event_kind::signal_received, severity::info,
          json{{"name", x.name}, {"by", x.by}}.dump());
  log_->when_durable(answer);
  offer_signal(x.name);
}

void run_actor::offer_signal(const std::string& name) {
  if (!engine_ || engine_->frozen())
    return;
  for (const auto& path : open_paths())
    if (auto* s = engine_->find(path);
        s != nullptr && s->kind == step_kind::signal && s->name == name
        && !s->abandoned && !pending(path))
      return resume_signal(*s);
}

/// Takes the oldest signal of its name that no other step is about to have.
void run_actor::resume_signal(step& s) {
  auto ahead
    = std::count_if(deliveries_.begin(), deliveries_.end(), [&](const auto& x) {
        const auto* other = engine_->find(x.first);
        return other != nullptr && other->kind == step_kind::signal
               && other->name == s.name && x.second.ok() && !other->abandoned;
      });
  if (rare_)
    for (const auto& x : rare_->signals)
      if (x.name == s.name && ahead-- == 0)
        return deliver(s, outcome{x.content});
  if (s.due)
    wait_until(s);
}

/// What it says is on record as the step's.
void run_actor::take_signal(const step& s) {
  auto& xs = rare().signals;
  const auto found = std::ranges::find(xs, s.name, &waiting_signal::name);
  if (found != xs.end())
    xs.erase(found);
}

} // namespace stanchion::detail
