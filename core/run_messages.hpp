#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/time.hpp>

#include <memory>
#include <optional>

/// What runs, the supervisor of their agent and those who start them tell each
/// other. Plain data: none of them knows the others' types.
///
/// Every message to a run is a hint over facts that are durable already. A run
/// that is started from its journal has seen them all, so a hint may be lost
/// with the actor it was sent to.
///
///     supervisor                        run
///      | ---- (spawned) ----------------> |
///      | <--- run_idle ------------------ |  it waits
///      | ---- run_woken ----------------> |
///      | <--- run_busy ------------------ |
///      | <--- run_idle ------------------ |
///      |         … evict_after …          |
///      | ---- evict_request ------------> |
///      | <--- run_evicted --------------- |  and it ends, or `run_busy`
///      | ---- (spawned: woken again) ---> |
///      | <--- run_over ------------------ |  and it ends
namespace stanchion {

// -- to the supervisor, from others -------------------------------------------

/// Drives a run. `beginning` is handed to the factory as it is; null means that
/// the run is read from its journal. One that is driven already is woken.
struct start_run {
  run_number number = 0;
  std::shared_ptr<const void> beginning;
};

/// Lifts the stop of an agent; send `start_run` for its open runs after it.
struct resume_agent {};

// -- from the supervisor to a run ---------------------------------------------

/// Look at your journal: something you wait for is there.
struct run_woken {};

/// End, if you still only wait. A run that does says `run_evicted` first; one
/// that has work says `run_busy` and goes on.
struct evict_request {};

// -- from a run to its supervisor ---------------------------------------------

/// It waits. `next_at` is when it goes on by itself, if it does.
struct run_idle {
  run_number number = 0;
  instant since;
  std::optional<instant> next_at;
};

/// It no longer only waits.
struct run_busy {
  run_number number = 0;
};

/// Its last word before it ends because of an `evict_request`.
struct run_evicted {
  run_number number = 0;
};

/// Its last word before it ends because it is over.
struct run_over {
  run_number number = 0;
  run_state state = run_state::completed;
};

/// Its restart budget is spent and it has parked itself; it goes on living.
struct run_exhausted {
  run_number number = 0;
  failure why;
};

} // namespace stanchion
