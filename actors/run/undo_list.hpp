#pragma once

#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/run_state.hpp>

#include <string>
#include <vector>

namespace stanchion {

/// One thing to be called so that an act of a run's is undone.
struct undo {
  /// The run's own step that does it.
  step_path path;
  std::string tool;
  /// Canonical text. For a tool's own undo: `arguments` and `result` of the
  /// act, and its idempotency `key`.
  std::string arguments;
  /// The ticket by which people may still have it undone; empty for none.
  std::string review = {};
};

/// What a run has to undo, in the order in which that is to happen: the reverse
/// of the order in which it was done. Only what is recorded as done, once each;
/// what a completed child has done stands in its place, and what the run before
/// it did, if it carries one on, at the end. What people have had undone is
/// left out.
///
/// Errors: what `store::read` throws.
[[nodiscard]] std::vector<undo> undo_list(const run_row& row,
                                          const history& past, store& in);

} // namespace stanchion
