#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/supervisors/policy/restart_backoff.hpp>
#include <stanchion/supervisors/tree/child_messages.hpp>
#include <stanchion/supervisors/tree/child_spec.hpp>
#include <stanchion/supervisors/tree/detail/turns.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::detail {

/// Those who asked for a change and wait for its end.
class waiters {
public:
  void add(fabric::promise x) {
    waiting_.push_back(std::move(x));
  }

  /// Answers all; an empty problem means that it was done.
  void answer(const std::string& problem = {}) {
    for (auto& x : std::exchange(waiting_, {}))
      x.deliver(child_changed{problem});
  }

private:
  std::vector<fabric::promise> waiting_;
};

/// What a supervisor keeps of one child.
struct child : standing {
  child(child_spec x, std::uint64_t number)
    : spec(std::move(x)), serial(number), budget(spec.budget),
      backoff(spec.backoff, spec.budget.window) {
    // nop
  }

  child_spec spec;
  /// Never reused, unlike ids and positions.
  std::uint64_t serial;
  /// Held until its down message, so that its state dies in its own context.
  fabric::actor_ref ref;
  /// Grows with every change of state: answers and timers of an earlier turn
  /// are void.
  std::uint64_t turn = 0;
  /// The same for the delay of its restart.
  std::uint64_t turn_of_delay = 0;
  restart_budget budget;
  restart_backoff backoff;
  std::optional<instant> next_at;
  /// What it failed of last: its own words, if it had any.
  std::shared_ptr<const failure> why;
  bool held = false;   ///< terminated by an operator
  bool forget = false; ///< dropped once it is down
  bool late = false;   ///< did not come up in time
  bool killed = false; ///< did not stop in time
  bool announced = false;
  waiters up;
  waiters down;
};

} // namespace stanchion::detail
