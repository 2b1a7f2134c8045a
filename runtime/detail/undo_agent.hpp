#pragma once

#include <stanchion/actors/run/agent.hpp>

namespace stanchion::detail {

/// Its runs undo what people have seen and do not want (`tool::review_within`).
inline constexpr auto undo_agent_name = "stanchion.undo";

/// Calls the tool that its input names, with the arguments that it gives. A
/// failure goes to a person.
[[nodiscard]] agent make_undo_agent();

} // namespace stanchion::detail
