#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>

/// What a run and the supervisor of its agent's runs tell each other.
namespace stanchion {

/// To the supervisor: drive this run. `beginning` is opaque to it and handed to
/// its factory; null: the run is in the journal.
struct start_run {
  run_number number = 0;
  std::shared_ptr<const void> beginning;
};

/// To the supervisor, passed on to the run, which is spawned from the journal
/// if it is not in memory: look at the durable facts.
struct wake_run {
  run_number number = 0;
};

/// To a run: look at the durable facts.
struct run_woken {};

/// To the supervisor: the run waits; it may leave memory.
struct run_idle {
  run_number number = 0;
  instant since;
  std::optional<instant> next_at;
};

/// To the supervisor: it no longer waits.
struct run_busy {
  run_number number = 0;
};

/// To a run: leave memory if you still wait.
struct evict_request {};

/// To the supervisor, right before the run ends in answer to `evict_request`.
struct run_evicted {
  run_number number = 0;
};

/// To the supervisor, right before the run's actor ends for good.
struct run_over {
  run_number number = 0;
  run_state state = run_state::completed;
};

/// To the supervisor: the run crashed too often and has parked itself.
struct run_exhausted {
  run_number number = 0;
  failure why;
};

} // namespace stanchion
