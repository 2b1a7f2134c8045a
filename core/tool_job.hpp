#pragma once

#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

/// What a guard and the tool behind it say to each other. Plain data: guards
/// and tools do not know each other's types.
namespace stanchion {

/// Which thread of the pool is inside the tool's function right now; the empty
/// id while none is: before it is taken up, after it returned, and always for
/// a tool that does not use the pool.
using worker_mark = std::atomic<std::thread::id>;

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
  /// May be null. The tool keeps it up to date.
  std::shared_ptr<worker_mark> where;
};

/// Tool → guard, the answer. The side effect of a failure is what the tool
/// says; for a `reconcile`, `none` means "it did not happen".
///
/// A tool that cannot answer in this form ends: that is how it crashes.
struct tool_answer {
  outcome result;
};

} // namespace stanchion
