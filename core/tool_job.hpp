#pragma once

#include <stanchion/core/budget.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/trace.hpp>
#include <stanchion/core/value.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

/// What a guard and the tool behind it say to each other. Plain data: guards
/// and tools do not know each other's types.
namespace stanchion {

/// Whether a job that was given to other threads has begun, and on which it is.
/// Its worker and its guard agree through it that it runs or that it never
/// will.
///
/// Threads: any.
class worker_mark {
public:
  /// For the worker: it begins here. False when it was called off: it must not.
  [[nodiscard]] bool enter() {
    auto expected = stage::waiting;
    if (!stage_.compare_exchange_strong(expected, stage::begun))
      return false;
    thread_ = std::this_thread::get_id();
    return true;
  }
  /// For the worker: it is over.
  void leave() {
    thread_ = std::thread::id{};
  }

  /// For the guard: true if it has not begun, and now never will.
  [[nodiscard]] bool call_off() {
    auto expected = stage::waiting;
    return stage_.compare_exchange_strong(expected, stage::called_off);
  }
  /// The thread inside the job right now; the empty id if none is.
  [[nodiscard]] std::thread::id inside() const {
    return thread_;
  }

private:
  enum class stage : std::uint8_t { waiting, begun, called_off };

  std::atomic<stage> stage_ = stage::waiting;
  std::atomic<std::thread::id> thread_ = std::thread::id{};
};

/// When a job last showed that it goes on. Its tool says so, its guard asks.
///
/// Threads: any.
class pulse {
public:
  explicit pulse(instant now) : last_(to_micros(now)) {
    // nop
  }
  void beat(instant now) {
    last_ = to_micros(now);
  }
  [[nodiscard]] instant last() const {
    return from_micros(last_);
  }

private:
  std::atomic<std::int64_t> last_;
};

/// Guard → tool, a request: do the work once, or say what became of it.
struct tool_job {
  /// The idempotency key.
  std::string key;
  /// 1 for the first attempt.
  std::uint32_t attempt = 1;
  value arguments;
  /// When the guard gives the attempt up.
  instant deadline;
  /// Asks whether an earlier attempt with `key` took effect instead of making
  /// one.
  bool reconcile = false;
  /// Asked to stop when nobody waits for the result any more.
  std::stop_token stop;
  /// May be null. A tool that hands the job to other threads keeps it up to
  /// date.
  std::shared_ptr<worker_mark> where;
  /// May be null. Progress is told to it.
  std::shared_ptr<stanchion::pulse> alive;
  /// Nil for the one that the run in `key` has of its own.
  trace_id trace = {};
};

/// Tool → guard, the answer. The side effect of a failure is what the tool
/// says; for a `reconcile`, `none` means "it did not happen".
///
/// A tool that cannot answer in this form ends: that is how it crashes.
struct tool_answer {
  outcome result;
  /// What the attempt cost, if the tool says so.
  std::optional<spending> spent = std::nullopt;
  /// The service takes no more before then, as it says itself. The breaker
  /// opens until then.
  std::optional<instant> closed_until = std::nullopt;
};

} // namespace stanchion
