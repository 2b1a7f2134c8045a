#include <stanchion/core/defaults.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace stanchion::detail {

namespace {

/// The longest that a run waits before it stands in line again.
constexpr duration longest_absence = 1min;

/// How often it is looked whether a function whose tool's actor is gone still
/// runs.
constexpr duration look_again = 1s;

} // namespace

// -- places -------------------------------------------------------------------

/// False when the call has to wait for a place, or is over. The breaker's
/// permit is given back then.
bool guard_actor::take_place(open_call& call, instant at) {
  if (enter(call))
    return true;
  record(call, breaker_result::ignored, nullptr);
  stand_in_line(call, at);
  return false;
}

/// Nobody passes those who stand in line.
bool guard_actor::enter(open_call& call) {
  if (call.has_place)
    return true;
  const auto first
    = line_.empty()
      || (call.arrival != 0 && call.arrival < line_.begin()->first);
  call.has_place = first && places_->try_enter();
  return call.has_place;
}

void guard_actor::stand_in_line(open_call& call, instant at) {
  if (call.arrival == 0) {
    if (!has_begun(call) && !may_stand_in_line())
      return refuse(call, no_place(line_.size() + away_), "place");
    call.arrival = ++last_arrival_;
    call.in_line_since = at;
  }
  if (call.phase != call_phase::ready) {
    call.phase = call_phase::in_line;
    tell_held(call);
  }
  line_.emplace(call.arrival, call.key);
  watch(call, at);
}

bool guard_actor::may_stand_in_line() {
  if (!places_->may_wait(line_.size() + away_))
    sweep_absent();
  return places_->may_wait(line_.size() + away_);
}

failure guard_actor::no_place(std::size_t waiting) const {
  return not_started(failure_kind::bulkhead_full,
                     std::to_string(places_->in_use())
                       + " attempts are under way at " + options_.name
                       + ", and " + std::to_string(waiting)
                       + " calls wait for a place");
}

/// How long it may still wait, up to the deadline of its run.
duration guard_actor::time_in_line(const open_call& call, instant at) const {
  auto left = places_->options().max_wait - (at - call.in_line_since);
  if (call.deadline)
    left = std::min(left, *call.deadline - at);
  return left;
}

/// Looks after it when it must not stand here any longer.
void guard_actor::watch(open_call& call, instant at) {
  const auto left = std::max(time_in_line(call, at), duration::zero());
  // The run of an attempt that is durable cannot wait for it.
  const auto here = call.phase == call_phase::ready
                      ? left
                      : std::min(left, defaults::guard_wait_limit);
  call.wait = ++last_wait_;
  after(here, [this, key = call.key, id = call.wait] {
    auto* x = find(key);
    if (x == nullptr || x->wait != id || !line_.contains(x->arrival))
      return;
    reclaim_places();
    serve_line();
    if (x = find(key);
        x != nullptr && x->wait == id && line_.contains(x->arrival))
      waited_in_line(*x);
  });
}

void guard_actor::waited_in_line(open_call& call) {
  const auto at = now();
  const auto waited = at - call.in_line_since;
  const auto left = time_in_line(call, at);
  if (call.phase == call_phase::ready && left > duration::zero())
    return watch(call, at);
  line_.erase(call.arrival);
  if (left <= duration::zero() && call.phase == call_phase::ready)
    record(call, breaker_result::ignored, nullptr);
  if (left <= duration::zero())
    return refuse(call, no_place(line_.size() + away_), "place");
  const auto most
    = std::clamp(waited / 2, defaults::guard_wait_limit, longest_absence);
  const auto spread
    = duration{static_cast<duration::rep>(chance() * double(most.count()) / 2)};
  wait(call, at + std::min(most + spread, left), wait_reason::place);
}

/// A place was given back.
void guard_actor::free_place() {
  places_->leave();
  if (!line_.empty() && !std::exchange(serving_, true))
    send(self(), place_freed{});
}

void guard_actor::serve_line() {
  serving_ = false;
  while (!line_.empty() && places_->has_place()) {
    auto& call = *find(line_.begin()->second);
    line_.erase(line_.begin());
    if (call.phase == call_phase::ready)
      leave(call);
    else
      proceed(call);
  }
}

/// The tool is done with it. With its actor gone, its function may still run.
void guard_actor::vacate(const std::shared_ptr<flight>& x, bool actor_gone) {
  if (!x->has_place)
    return;
  if (actor_gone && x->where && x->where->inside() != std::thread::id{}) {
    after(look_again, [this, x] { vacate(x, true); });
    return;
  }
  x->has_place = false;
  free_place();
}

/// Takes their places from those who were admitted and do not leave: their runs
/// may be gone. Should one leave yet, it stands in line.
void guard_actor::reclaim_places() {
  const auto latest = now() - defaults::guard_wait_limit;
  for (auto& [key, call] : calls_)
    if (call.phase == call_phase::admitted && call.left <= latest
        && std::exchange(call.has_place, false))
      places_->leave();
}

/// How an attempt ended says how many the tool bears.
void guard_actor::adapt_limit(const open_call& call, breaker_result result,
                              const failure* why, instant at) {
  auto sign = load_sign::nothing;
  if (why != nullptr)
    sign = sign_of(why->kind);
  else if (result == breaker_result::success)
    sign = load_sign::fine;
  const auto change = places_->report(sign, at - call.left, call.in_flight);
  if (!change)
    return;
  if (change->to < change->from)
    report_.limit_lowered(at, *change);
  else if (!line_.empty() && !std::exchange(serving_, true))
    send(self(), place_freed{});
}

} // namespace stanchion::detail
