#pragma once

#include <stanchion/core/time.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace stanchion {

/// The bytes that wait to become durable. Whoever hands records to the journal
/// takes a share, which ends with the records' wait; past the bound, producers
/// hold back. One per runtime.
///
/// Threads: any.
class backlog : public std::enable_shared_from_this<backlog> {
public:
  /// What one batch or several add; given back when it is destroyed.
  class share {
  public:
    share() = default;
    share(share&& other) noexcept;
    share& operator=(share&& other) noexcept;
    ~share();

    /// Takes over what `other` holds, which must be of the same backlog.
    void merge(share&& other);
    explicit operator bool() const {
      return of_ != nullptr;
    }

  private:
    friend class backlog;
    share(std::shared_ptr<backlog> of, std::size_t bytes);

    std::shared_ptr<backlog> of_;
    std::size_t bytes_ = 0;
  };

  /// Past `bound` bytes producers hold back.
  explicit backlog(std::size_t bound) : bound_(bound) {
    // nop
  }

  [[nodiscard]] share take(std::size_t bytes);

  [[nodiscard]] std::size_t waiting() const {
    return waiting_.load(std::memory_order_relaxed);
  }
  /// Whether producers should hold back.
  [[nodiscard]] bool past_bound() const {
    return waiting() > bound_;
  }
  /// Blocks while producers should hold back, for `limit` at most.
  void wait(duration limit);

private:
  void give_back(std::size_t bytes);

  const std::size_t bound_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::condition_variable below_;
};

} // namespace stanchion
