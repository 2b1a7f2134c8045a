#pragma once

#include <stanchion/core/budget.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/trace.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace stanchion {

template <class T>
class task;

class pulse;
class sleep_operation;

/// What a tool's function knows about the attempt it serves.
///
/// Threads: used by the function it was given to only; it may outlive the
///          attempt, whose result is then late.
class tool_context {
public:
  /// The effect's name: the same key again means the same effect.
  std::string key;
  /// The tool's name.
  std::string tool;
  /// 1 for the first attempt.
  std::uint32_t attempt = 1;
  /// When the attempt is given up.
  instant deadline;
  /// Asked to stop: the run was cancelled or the attempt timed out. To ignore
  /// it is allowed; the result is then recorded as late.
  /// Callbacks registered with it run in the tool's guard: keep them short.
  std::stop_token stop;

  void log(std::string_view text) const;
  void log(severity level, std::string_view text) const;
  /// Tells watchers how far the attempt is; with `tool::idle_timeout`, that it
  /// goes on.
  void progress(std::string_view text) const;
  /// What the attempt has cost so far, on top of what was said before; also of
  /// one that fails. What is not said counts as what was set aside for it, see
  /// `tool::costs`.
  void spent(const spending& x);
  /// The header `traceparent` for what the attempt calls: the trace that its
  /// run was submitted with, or the run's own, and a span of this attempt's.
  [[nodiscard]] std::string traceparent() const;

  /// Waits, without holding a thread. To be awaited by coroutine tools only:
  /// `co_await ctx.sleep_for(2s)`. Includes
  /// <stanchion/actors/run/operation.hpp>.
  [[nodiscard]] sleep_operation sleep_for(duration d) const;

  /// Set by the runtime: where log lines and progress go, and the time; may be
  /// null.
  std::shared_ptr<event_sink> sink;
  const stanchion::clock* time = nullptr;
  /// Set by the runtime: who waits for progress; may be null.
  std::shared_ptr<pulse> alive;
  /// Set by the runtime; nil for the run's own.
  trace_id trace;
  /// What `spent` was told; nothing while it was told nothing.
  std::optional<spending> costs;
};

/// A tool that runs on the blocking pool, or inline on its actor.
using tool_function = std::function<json(const value&, tool_context&)>;

/// Asked whether an earlier attempt with `key` took effect: a value when it
/// did, a failure with side effect `none` when it did not, and anything else
/// when it cannot say.
using reconcile_function = std::function<outcome(const std::string& key)>;

} // namespace stanchion
