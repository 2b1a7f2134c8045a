#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace stanchion {

/// Takes SIGINT and SIGTERM for as long as it lives: the first one is noted and
/// told, the second one ends the process at once with 130.
///
/// Threads: make it before other threads exist, for they inherit that the
///          signals are blocked; `interrupted` from any thread, the rest from
///          the one that made it.
class signal_watch {
public:
  signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;
  ~signal_watch();

  [[nodiscard]] bool interrupted() const {
    return interrupted_;
  }

  /// Calls `then`, on a thread of its own, at the first signal, or at once when
  /// that has come. Null: no more, and the one that runs has returned.
  void on_signal(std::function<void()> then);

private:
  void wait();
  void tell();

  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::function<void()> then_; // guarded by mutex_
  std::thread telling_;        // guarded by mutex_
  sigset_t before_{};
  int end_; // becomes readable when the watch is over
  std::thread waiting_;
};

} // namespace stanchion
