#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// Where a run stands. The numbers reach the disk: append only. Values from
/// `completed` on are terminal.
enum class run_state : std::uint8_t {
  queued = 1,
  running = 2,
  waiting = 3, ///< by itself; `run_row::waiting_for` says for what
  parked = 4,  ///< a person must act
  compensating = 5,
  completed = 16,
  failed = 17,
  cancelled = 18,
  continued = 19, ///< ended by carrying on as another run
};

[[nodiscard]] std::string_view to_string(run_state x);
[[nodiscard]] std::optional<run_state> parse_run_state(std::string_view text);

[[nodiscard]] constexpr bool is_terminal(run_state x) {
  return x >= run_state::completed;
}

/// One line about a run: what lists show and recovery starts from. Everything
/// in it can be derived from the run's records.
struct run_row {
  run_number number = 0;
  run_id id;
  std::string agent;
  std::string version;
  run_state state = run_state::queued;
  /// One line that says why the run is not running; empty when it is or has
  /// ended.
  std::string waiting_for;
  /// When it goes on by itself, if it does.
  std::optional<instant> next_at;
  instant created;
  instant updated;
  /// 0 for a run that nobody spawned.
  run_number parent = 0;
  /// The step of the parent that spawned it.
  step_path parent_step;
  std::string submitter;
  /// The submitter's idempotency key; empty if none.
  std::string key;
};

} // namespace stanchion
