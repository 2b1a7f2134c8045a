#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace stanchion {

/// One thread that runs one job at a time.
///
/// Threads: `submit` from any thread; a job that is submitted while another
///          runs waits for it.
class commit_thread {
public:
  commit_thread();
  commit_thread(const commit_thread&) = delete;
  commit_thread& operator=(const commit_thread&) = delete;
  /// Finishes what was submitted, then joins.
  ~commit_thread();

  void submit(std::function<void()> job);

private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_; // guarded by mutex_
  bool closing_ = false;      // guarded by mutex_
  std::thread thread_;        // last: starts when the rest is there
};

} // namespace stanchion
