#pragma once

#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/task.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace stanchion {

/// A tool as a coroutine: waits without holding a thread. May await
/// `ctx.sleep_for` and other tasks. The context lives as long as the attempt.
using tool_coroutine = std::function<task<json>(tool_context&, value)>;

/// Drives one attempt of a coroutine tool: an engine that knows timers and
/// keeps no journal.
///
/// Threads: used by its tool's actor only.
/// Owns:    the coroutine's frame; destroying the host destroys it.
class coroutine_host final : public engine_host {
public:
  /// Runs a callable in the actor after a while.
  using sleeper = std::function<void(duration, std::function<void()>)>;

  coroutine_host(tool_context ctx, sleeper sleep);
  ~coroutine_host();

  /// Starts the coroutine. `ended` is called once it is over, at the latest of
  /// this call's end or from a timer; it may destroy the host.
  void start(const tool_coroutine& fn, value arguments,
             std::function<void()> ended);

  /// What it returned. Throws what it threw. Precondition: it is over.
  [[nodiscard]] json take_result();
  /// What it said that it cost.
  [[nodiscard]] const std::optional<spending>& spent() const {
    return context_.costs;
  }

private:
  void begin(step& s) override;
  void resume(step& s) override;
  void record_side_value(const step_path& path, std::string_view name,
                         const value& x) override;
  void record_patch(std::string_view id, bool taken) override;
  void abandoned(step& s) override;
  void drifted(const step& s) override;
  void say(event_kind kind, severity level, std::string_view text) override;

  void wake(const step_path& path);
  void check_end();

  tool_context context_;
  sleeper sleep_;
  std::function<void()> ended_;
  std::shared_ptr<coroutine_host*> self_; // emptied when this dies
  engine engine_;                         // last: its frames use the rest
};

} // namespace stanchion
