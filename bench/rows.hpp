#pragma once

#include "bench/harness.hpp"

namespace stanchion::bench {

[[nodiscard]] row supervised_call();
[[nodiscard]] row durable_steps();
[[nodiscard]] row one_run_alone();
[[nodiscard]] row crash_to_answer();
[[nodiscard]] row policy_cost();
[[nodiscard]] row cost_of_all_policies();
[[nodiscard]] row waiting_in_memory();
[[nodiscard]] row waiting_evicted();
[[nodiscard]] row start_up();
[[nodiscard]] row recovery();
[[nodiscard]] row recovery_with_history();
[[nodiscard]] row simulated_systems();
[[nodiscard]] row accepted_runs();
[[nodiscard]] row listed_tickets();
[[nodiscard]] row decided_ticket();
[[nodiscard]] row listed_runs();
[[nodiscard]] row fan_out();

/// What this program does instead of measuring when it was started as the
/// process that `start_up` measures; the descriptor is told when it is done.
int started_process(bool bare, const std::filesystem::path& dir, int tell);

} // namespace stanchion::bench
