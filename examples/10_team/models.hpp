#pragma once

#include <stanchion/stanchion.hpp>

/// Stand-ins for language models, so that the example needs no network: what
/// they say follows from what they are asked. `--url` and `--model` put a real
/// one in their place.
namespace team {

[[nodiscard]] stanchion::chat_reply
plan_or_report(const stanchion::chat_request& asked);
[[nodiscard]] stanchion::chat_reply
find_out(const stanchion::chat_request& asked);
[[nodiscard]] stanchion::chat_reply
criticise(const stanchion::chat_request& asked);

} // namespace team
