#include <stanchion/actors/journal/commit_thread.hpp>

#include <utility>

namespace stanchion {

commit_thread::commit_thread() : thread_([this] { work(); }) {
  // nop
}

commit_thread::~commit_thread() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void commit_thread::submit(std::function<void()> job) {
  {
    auto lock = std::unique_lock{mutex_};
    changed_.wait(lock, [this] { return !job_; });
    job_ = std::move(job);
  }
  changed_.notify_all();
}

void commit_thread::work() {
  auto lock = std::unique_lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return job_ || closing_; });
    if (!job_)
      return;
    const auto job = std::exchange(job_, nullptr);
    lock.unlock();
    changed_.notify_all();
    job();
    lock.lock();
  }
}

} // namespace stanchion
