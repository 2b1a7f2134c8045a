#pragma once

#include <stanchion/actors/tool/tool_actor.hpp>
#include <stanchion/core/tool_job.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>

/// What a tool's job does on whatever thread it runs.
namespace stanchion {

/// A function threw something that is no `tool_error`; its text.
struct tool_crash {
  std::string text;
};

/// How a job ended.
struct tool_result {
  std::variant<outcome, tool_crash> how;
  /// What it has cost, if it said so.
  std::optional<spending> spent = std::nullopt;
};

/// The context of one attempt.
[[nodiscard]] tool_context make_context(const tool_options& options,
                                        const tool_job& job, const clock* time);

/// See `tool_context::traceparent`: that of this job.
[[nodiscard]] std::string traceparent_of(const tool_job& job);

/// `x` as an outcome: a failure when it has no canonical form or is too long,
/// so that nothing is journaled that could not be read again.
[[nodiscard]] outcome checked(value x);

/// What an exception that left a tool means. Precondition: called in a handler.
[[nodiscard]] tool_result caught(const tool_options& options, bool reconcile);

/// Calls the tool's function or its `reconcile`. Does not throw.
[[nodiscard]] tool_result work(const tool_options& options, const tool_job& job,
                               const clock* time);

} // namespace stanchion
