#include <stanchion/actors/run/detail/run_actor.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

/// Looks at outcomes, if the agent wants that.
void run_actor::watch_circles(const history& past) {
  const auto& options = options_.program->stuck();
  if (!options)
    return;
  auto inverse = [tools = services_.tools](const std::string& name) {
    const auto tool = tools->find(name);
    return tool ? tool->traits->inverse : std::string{};
  };
  engine_->watch(std::make_unique<stuck_record>(
    stuck_watch{*options, std::move(inverse)}, past.stuck));
  rare().heard = now();
  if (options->silence)
    watch_silence(*options->silence, ++drives_);
}

/// An outcome is about to be recorded. What it shows is recorded before it: it
/// must not be known without.
std::optional<stuck_finding> run_actor::look_for_circles(const step& s,
                                                         const outcome& x) {
  auto* watch = engine_->stuck();
  if (watch == nullptr)
    return std::nullopt;
  rare().heard = now();
  auto found = watch->observe(s, x);
  if (found)
    log_->add(record_kind::stuck, s.path, to_json_text(*found), now());
  return found;
}

/// True when that is a person's.
bool run_actor::say_stuck(const stuck_finding& x, const step_path& path) {
  const auto last = x.rung == stuck_rung::escalate;
  publish(event_kind::run_stuck, last ? severity::error : severity::warning,
          to_json_text(x), path);
  if (x.rung == stuck_rung::advisory)
    lower_own(mode::advisory, "a rule", x.says);
  if (!last)
    return false;
  const auto* s = engine_->find(path);
  park({.reason = park_reason::loop_detected,
        .step = path,
        .revision = s != nullptr ? s->revision : 0,
        .title = x.says,
        .suggestion = "give it another result, or other arguments; or abort"});
  return true;
}

/// What answers in the place of a tool that leads nowhere. False when it is not
/// such a one, or there is nothing else.
bool run_actor::avoid(step& s) {
  const auto* watch = engine_->stuck();
  const auto* found = watch == nullptr ? nullptr : watch->now();
  if (found == nullptr || found->tool != s.name
      || found->rung < stuck_rung::fallback)
    return false;
  return fall_back(s, refused(failure_kind::loop_detected, found->says), 0);
}

void run_actor::watch_silence(duration limit, std::uint64_t drive) {
  const auto due = rare().heard + limit;
  after(std::max(due - now(), duration::zero()), [this, limit, drive] {
    on_silence(limit, drive);
    settle();
  });
}

void run_actor::on_silence(duration limit, std::uint64_t drive) {
  if (drive != drives_)
    return; // the program was started anew since
  if (over_ || !engine_ || engine_->frozen() || engine_->stuck() == nullptr)
    return; // it stands still, and looks again when it goes on
  if (now() - rare().heard < limit)
    return watch_silence(limit, drive);
  rare().heard = now();
  const auto busy
    = std::find_if(engine_->open().begin(), engine_->open().end(),
                   [](const auto& x) { return x.second->guard != 0; });
  if (busy != engine_->open().end()) {
    const auto path = busy->first;
    const auto found = engine_->stuck()->silent(busy->second->name);
    if (say_stuck(found, path))
      return;
  }
  watch_silence(limit, drive);
}

} // namespace stanchion::detail
