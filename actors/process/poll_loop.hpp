#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace stanchion {

/// One thread that waits for many descriptors and instants at once: pipes of
/// programs, for one.
///
/// Threads: `post` from any; all else on the loop's own, from what it calls.
///          What it calls must be short and must not throw. All signals are
///          blocked there.
/// Owns:    its thread, which its end waits for; not to be destroyed there.
///          What was posted before then is still called.
class poll_loop {
public:
  using clock = std::chrono::steady_clock;
  using timer_id = std::uint64_t;

  poll_loop();
  poll_loop(const poll_loop&) = delete;
  poll_loop& operator=(const poll_loop&) = delete;
  ~poll_loop();

  /// Calls `what` soon, in the order in which it was posted.
  void post(std::function<void()> what);

  /// Calls `then` whenever `fd` can be read, or is at its end or broken; in
  /// place of what it called before.
  void on_readable(int fd, std::function<void()> then);
  /// The same for writing.
  void on_writable(int fd, std::function<void()> then);
  /// No longer; before it is closed.
  void forget_readable(int fd);
  void forget_writable(int fd);

  /// Keeps `x` until it is let go, or the loop ends: what is still kept then is
  /// let go by the thread that ends it, and may use the loop a last time.
  void keep(std::shared_ptr<void> x);
  void let_go(const void* x);

  timer_id at(clock::time_point when, std::function<void()> then);
  void cancel(timer_id id);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace stanchion
