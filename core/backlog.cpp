#include <stanchion/core/backlog.hpp>

#include <utility>

namespace stanchion {

backlog::share::share(std::shared_ptr<backlog> of, std::size_t bytes)
  : of_(std::move(of)), bytes_(bytes) {
  // nop
}

backlog::share::share(share&& other) noexcept
  : of_(std::move(other.of_)), bytes_(std::exchange(other.bytes_, 0)) {
  // nop
}

backlog::share& backlog::share::operator=(share&& other) noexcept {
  std::swap(of_, other.of_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

backlog::share::~share() {
  if (of_ != nullptr)
    of_->give_back(bytes_);
}

void backlog::share::merge(share&& other) {
  if (of_ == nullptr) {
    *this = std::move(other);
    return;
  }
  bytes_ += std::exchange(other.bytes_, 0);
}

backlog::share backlog::take(std::size_t bytes) {
  waiting_.fetch_add(bytes, std::memory_order_relaxed);
  return {shared_from_this(), bytes};
}

void backlog::give_back(std::size_t bytes) {
  const auto before = waiting_.fetch_sub(bytes, std::memory_order_relaxed);
  if (before <= bound_ || before - bytes > bound_)
    return;
  // Under the lock: who is about to wait has looked already, or will see it.
  {
    const std::lock_guard lock{mutex_};
  }
  below_.notify_all();
}

void backlog::wait(duration limit) {
  if (!past_bound())
    return;
  auto lock = std::unique_lock{mutex_};
  below_.wait_for(lock, limit, [this] { return !past_bound(); });
}

} // namespace stanchion
