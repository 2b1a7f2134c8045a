#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

namespace stanchion {

using nlohmann::json;

/// The version of what `run_export` gives: `docs/formats/export.md`.
inline constexpr int export_format = 1;

/// A run with its records, its tickets and its children, each as the operator
/// API has it. Of a run that is under way, what is durable. What `redaction`
/// takes for a secret is hidden.
///
/// Errors:  what `store::read` throws.
/// Threads: any.
[[nodiscard]] json run_export(store& in, const run_row& row, instant now);

} // namespace stanchion
