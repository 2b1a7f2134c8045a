#pragma once

#include <stanchion/cli/invocation.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace stanchion {

/// What was decided about a ticket, by whom, when and why; empty while nothing
/// was.
[[nodiscard]] std::string decision_text(const nlohmann::json& ticket);

} // namespace stanchion
