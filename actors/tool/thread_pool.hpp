#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/executor.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <memory>

namespace stanchion {

struct thread_pool_options {
  /// 0 means max(4, 2 × cores).
  std::size_t threads = 0;
  /// Jobs that may wait. Positive; default 1,024.
  std::size_t queue = defaults::pool_queue;
};

/// A fixed number of threads that work off one queue.
///
/// Threads: all members from any thread; `close` once.
/// Owns:    its threads, but for those it had to abandon: they end when their
///          job returns, which may be after the pool is gone.
class thread_pool final : public executor {
public:
  explicit thread_pool(const thread_pool_options& options = {});
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  /// Calls `close` with the shutdown grace if nobody did.
  ~thread_pool() override;

  [[nodiscard]] bool submit(std::function<void()> job) override;
  void replace_hung_worker(std::thread::id worker) override;
  [[nodiscard]] std::size_t queued() const override;

  /// Workers that were given up and have not returned.
  [[nodiscard]] std::size_t abandoned() const;

  /// Takes no further job, drops those that wait, and gives the running ones
  /// `grace` to return; what still runs then is abandoned. Returns how many
  /// workers are.
  std::size_t close(duration grace);

private:
  struct state;

  void start_worker();

  std::shared_ptr<state> state_; // shared with the workers
};

} // namespace stanchion
