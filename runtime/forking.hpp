#pragma once

#include <stanchion/actors/run/fork.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <functional>
#include <optional>
#include <string>

/// What `runtime::fork` takes and gives.
namespace stanchion {

/// How somebody wants a run to be forked.
struct fork_wish {
  /// The first step that is done anew; nothing: see `plan_fork`.
  std::optional<step_path> at;
  /// Of its agent; empty for that of the run.
  std::string version;
  /// An idempotency key: the same key, the same fork. Empty for none.
  std::string key;
  std::string by;
  std::string reason;
};

/// A fork that is ready to be made durable, or that is already.
struct forking {
  run_row row;
  fork_plan plan;
  batch content; ///< nothing where the fork is there already
};

/// Errors: those of `plan_fork`; `idempotency_mismatch` when another run has
///         the key.
[[nodiscard]] forking
prepare_fork(store& in, const run_row& origin, const fork_wish& wish,
             instant now, random_source& random,
             const std::function<run_number()>& next_number);

/// What a fork would be. Errors: those of `plan_fork`.
[[nodiscard]] fork_plan look_at_fork(store& in, const run_row& origin,
                                     const std::optional<step_path>& at,
                                     instant now);

/// Where a run was forked from; nothing if it was not.
[[nodiscard]] std::optional<fork_origin> origin_of(store& in,
                                                   const run_row& row);

} // namespace stanchion
