#pragma once

#include <stanchion/cli/invocation.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

/// Runs as people read them. Nothing in it moves a cursor.
namespace stanchion {

/// How a run or a step stands, coloured where that is wanted.
[[nodiscard]] std::string state_cell(const terminal& io,
                                     const nlohmann::json& doc);

/// A run, without its steps.
void print_run(const terminal& io, const nlohmann::json& run);

/// Its steps, a line each.
void print_steps(const terminal& io, const nlohmann::json& steps);

} // namespace stanchion
