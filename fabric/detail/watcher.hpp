#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor_ref.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace stanchion::fabric {

/// What one thread does just now. An actor takes it while it handles a message.
struct alignas(64) seat {
  std::atomic<actor_id> who{0}; ///< 0: nobody
  std::atomic<std::uint32_t> since{0};
};

/// Notices who sits for too long. It counts looks, not time: an actor reads a
/// number per message, and no clock.
///
/// Threads: any; `look` from one at a time.
class watcher {
public:
  /// Told who has sat through more than `patience` looks, and how many.
  using listener = std::function<void(actor_id, std::uint32_t looks)>;

  watcher(std::uint32_t patience, listener then);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  ~watcher();

  /// The calling thread's; stays valid as long as the watcher.
  [[nodiscard]] seat& mine();
  /// How many looks there were.
  [[nodiscard]] std::uint32_t looks() const {
    return looks_.load(std::memory_order_relaxed);
  }

  void look();

  /// Looks every `period` from now on, on a thread of its own.
  void start(duration period);
  /// Ends that thread.
  void stop();

private:
  struct watched {
    stanchion::fabric::seat seat;
    // The episode that was told last.
    actor_id who = 0;
    std::uint32_t since = 0;
  };

  const std::uint64_t serial_;
  const std::uint32_t patience_;
  listener then_;
  std::atomic<std::uint32_t> looks_{1};
  std::mutex mutex_;
  std::map<std::thread::id, std::unique_ptr<watched>> seats_; // guarded
  std::condition_variable stopping_;
  bool stopped_ = false; // guarded by mutex_
  std::thread thread_;
};

/// Holds a seat while it exists. None if `where` is null.
class sitting {
public:
  sitting(seat* where, actor_id who, std::uint32_t look) : where_(where) {
    if (where_ == nullptr)
      return;
    where_->since.store(look, std::memory_order_relaxed);
    where_->who.store(who, std::memory_order_release);
  }
  sitting(const sitting&) = delete;
  sitting& operator=(const sitting&) = delete;
  ~sitting() {
    if (where_ != nullptr)
      where_->who.store(0, std::memory_order_release);
  }

private:
  seat* where_;
};

} // namespace stanchion::fabric
