#include <stanchion/core/random.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/simulation.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include <utility>

namespace stanchion::fabric {

namespace {

using coordinator = caf::scheduler::test_coordinator;

coordinator& jobs_of(system& sys) {
  return dynamic_cast<coordinator&>(sys.internals().sys->scheduler());
}

} // namespace

simulation::simulation(system& sys) : sys_(sys) {
  static_cast<void>(jobs_of(sys)); // throws here if time is not virtual
}

bool simulation::step() {
  auto& sched = jobs_of(sys_);
  auto& seed = sys_.internals().seed;
  if (sched.jobs.empty())
    return false;
  if (!in_order_) {
    seed = mix64(seed);
    std::swap(sched.jobs.front(), sched.jobs[seed % sched.jobs.size()]);
  }
  return sched.try_run_once();
}

void simulation::in_order() {
  in_order_ = true;
}

std::size_t simulation::run() {
  auto handled = std::size_t{0};
  while (step())
    ++handled;
  return handled;
}

void simulation::advance(duration d) {
  run();
  auto& sched = jobs_of(sys_);
  auto& clock = sched.clock();
  const auto end = clock.current_time + d;
  while (clock.has_pending_timeout()
         && clock.schedule().begin()->first <= end) {
    sched.trigger_timeout();
    run();
  }
  if (clock.current_time < end)
    sched.advance_time(end - clock.current_time);
  run();
}

bool simulation::next_timer() {
  run();
  if (!jobs_of(sys_).trigger_timeout())
    return false;
  run();
  return true;
}

std::optional<instant> simulation::next_due() const {
  const auto& clock = jobs_of(sys_).clock();
  if (!clock.has_pending_timeout())
    return std::nullopt;
  const auto left = clock.schedule().begin()->first - clock.current_time;
  return sys_.clock().now() + std::chrono::ceil<duration>(left);
}

bool simulation::fire() {
  return jobs_of(sys_).trigger_timeout();
}

void simulation::pass_to(instant at) {
  const auto left = at - sys_.clock().now();
  if (left > duration::zero())
    jobs_of(sys_).advance_time(left);
}

bool simulation::run_until(const std::function<bool()>& done, duration limit) {
  const auto end = sys_.clock().now() + limit;
  while (!done()) {
    if (step())
      continue;
    if (!jobs_of(sys_).trigger_timeout() || sys_.clock().now() > end)
      return done();
  }
  return true;
}

} // namespace stanchion::fabric
