#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/redaction.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace stanchion {

/// Bytes that one text in a log line may have; longer ones are cut.
inline constexpr std::size_t longest_log_text = 4'096;

/// One event as one line of JSON, without the line's end.
///
/// Members, in this order; those that the event has nothing for are left out:
/// `timestamp` (RFC 3339, UTC, microseconds), `level`, `event`, `trace_id`,
/// `user_id` (who submitted the run), `workflow_id` (the run), `step_name`
/// (its path), `tool_name`, `error_type` (the kind of the failure),
/// `error_message`, `retries` (attempts beyond the first), `duration_ms` and
/// `context` (the agent, or what else it is about, and the event's other
/// fields). `docs/telemetry.md` shows some.
///
/// All texts have gone through `hide`. `user` is what the event does not know:
/// empty for nobody.
///
/// Threads: any.
[[nodiscard]] std::string log_line(const event& x, const redaction& hide,
                                   std::string_view user = {});

} // namespace stanchion
