#pragma once

#include <stanchion/actors/run/agent.hpp>
#include <stanchion/core/id.hpp>

#include <string>

namespace stanchion {

class history;

namespace detail {

/// Replays a run that has completed from its journal: the first difference, in
/// words, or nothing. What differs now would park the run after a crash.
[[nodiscard]] std::string replay_difference(const agent& program,
                                            const run_id& run, history past);

} // namespace detail
} // namespace stanchion
