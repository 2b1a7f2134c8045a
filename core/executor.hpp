#pragma once

#include <cstddef>
#include <functional>
#include <thread>

namespace stanchion {

/// Runs blocking work away from the actors: a pool of threads, or, in
/// simulation, the caller itself.
///
/// Threads: `submit` may be called from any thread.
class executor {
public:
  virtual ~executor() = default;

  /// Runs `job` once, later or now. False, running nothing, when the queue is
  /// full or the executor is closed. A job owns all it touches and must not
  /// throw.
  [[nodiscard]] virtual bool submit(std::function<void()> job) = 0;

  /// Gives up on a worker that has been running one job for too long: a fresh
  /// one takes its place, and the old one ends when the job returns. Nothing
  /// happens if that worker is not running any.
  virtual void replace_hung_worker(std::thread::id worker) = 0;

  /// Jobs waiting for a worker.
  [[nodiscard]] virtual std::size_t queued() const = 0;
};

} // namespace stanchion
