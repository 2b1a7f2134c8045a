#include <stanchion/fabric/detail/watcher.hpp>

#include <utility>
#include <vector>

namespace stanchion::fabric {

namespace {

/// Numbers watchers, so that a thread knows its seat from an earlier one's.
std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

watcher::watcher(std::uint32_t patience, listener then)
  : serial_(next_serial()), patience_(patience), then_(std::move(then)) {
  // nop
}

watcher::~watcher() {
  stop();
}

seat& watcher::mine() {
  thread_local std::uint64_t last_serial = 0;
  thread_local seat* last_seat = nullptr;
  if (last_serial == serial_)
    return *last_seat;
  const std::lock_guard lock{mutex_};
  auto& x = seats_[std::this_thread::get_id()];
  if (x == nullptr)
    x = std::make_unique<watched>();
  last_serial = serial_;
  last_seat = &x->seat;
  return *last_seat;
}

void watcher::look() {
  const auto now = looks_.fetch_add(1, std::memory_order_relaxed) + 1;
  auto slow = std::vector<std::pair<actor_id, std::uint32_t>>{};
  {
    const std::lock_guard lock{mutex_};
    for (auto& [thread, x] : seats_) {
      const auto who = x->seat.who.load(std::memory_order_acquire);
      const auto since = x->seat.since.load(std::memory_order_relaxed);
      const auto told = x->who == who && x->since == since;
      if (who == 0 || told || now - since <= patience_)
        continue;
      x->who = who;
      x->since = since;
      slow.emplace_back(who, now - since - 1);
    }
  }
  for (const auto& [who, looks] : slow)
    then_(who, looks);
}

void watcher::start(duration period) {
  thread_ = std::thread{[this, period] {
    auto lock = std::unique_lock{mutex_};
    while (!stopping_.wait_for(lock, period, [this] { return stopped_; })) {
      lock.unlock();
      look();
      lock.lock();
    }
  }};
}

void watcher::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

} // namespace stanchion::fabric
