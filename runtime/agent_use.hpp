#pragma once

#include <stanchion/core/agent_ledger.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/store.hpp>

#include <span>
#include <utility>
#include <vector>

/// What agents have used of late, counted from the journal.
namespace stanchion {

/// What a run has used, and when, as its records say: all of them, in order.
/// What it has paid for its children, these have used.
[[nodiscard]] std::vector<std::pair<instant, agent_use>>
use_in(std::span<const record> records);

/// When a person last let the agent do more than before; the beginning of time
/// for never. As far as the last thousand entries of the audit tell.
[[nodiscard]] instant last_raised(store& in, const std::string& agent);

/// Adds to `to` what the agents that have a budget have used within its window
/// before `now`, since a person last let them do more. Reads all rows of runs
/// once for each of them, and the records of those that changed since.
///
/// Errors: what the store throws.
void count_agent_use(store& in, agent_ledger& to, instant now);

} // namespace stanchion
