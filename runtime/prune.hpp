#pragma once

#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace stanchion {

/// How long a submitter's key stands for its run after that has ended. Long
/// enough that who sends a request again still sends the same one.
inline constexpr duration submit_key_life = std::chrono::hours{24 * 30};

/// Which runs somebody wants to be pruned.
struct prune_wish {
  /// Only families in which nothing happened since.
  instant before;
  std::vector<run_state> states; ///< only those; empty: however they ended
  run_number below = 0;          ///< only numbers below it; 0: from the newest
  std::size_t most = 500;        ///< roughly so many runs at a time
};

/// What may go of a part of the journal.
struct prune_plan {
  /// In the order in which they may go, one by one: children before those who
  /// spawned them, and what undid something last.
  std::vector<run_number> runs;
  std::size_t records = 0;
  std::size_t tickets = 0;
  /// Families that were looked at and stay, by why: `recent`, `state`, `open`,
  /// `ticket`, `key`, `undo`, `newest`, `damaged`.
  std::map<std::string, std::size_t> kept;
  /// Where to go on; 0: nothing is left to look at.
  run_number next = 0;
};

/// Families of runs that may go. A family is a run that nobody spawned, with
/// its children and theirs, and with the runs in which people had undone what
/// those did. It goes whole or stays, and it stays
///
/// - as long as anything in it is open or has an open ticket, or while what
///   people want undone is not;
/// - as long as what it did stands on the list of what an open run, that
/// carries
///   it on, would have to undo;
/// - for `submit_key_life` after a run that was given a key;
/// - if it holds the newest run.
///
/// Errors:  what the store throws. A family that cannot be read stays.
/// Threads: any.
[[nodiscard]] prune_plan plan_prune(store& in, const prune_wish& wish,
                                    instant now);

} // namespace stanchion
