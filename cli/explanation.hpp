#pragma once

#include <stanchion/core/record.hpp>

#include <nlohmann/json_fwd.hpp>

#include <span>

namespace stanchion {

/// What happened to a step and why, in the order of its records: `lines`, each
/// with `at`, `what` and, where a policy decided, `because`. Errors:
/// `error{unknown_run}` when no record is about it; `error{store_damaged}` for
/// a record that cannot be read.
[[nodiscard]] nlohmann::json explain_step(std::span<const record> records,
                                          const step_path& step);

} // namespace stanchion
