#include <stanchion/actors/tool/thread_pool.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

struct worker {
  std::thread thread;
  bool busy = false;
  bool abandoned = false;
};

} // namespace

struct thread_pool::state {
  explicit state(std::size_t most_queued) : limit(most_queued) {
    // nop
  }

  const std::size_t limit;
  mutable std::mutex mutex;
  std::condition_variable work;
  std::condition_variable ended;
  // All guarded by mutex:
  std::deque<std::function<void()>> queue;
  std::map<std::thread::id, worker> workers;
  bool closed = false;

  /// What each thread does.
  void run();
  void finish(std::unique_lock<std::mutex>& lock, std::thread::id me);
  [[nodiscard]] std::size_t count_abandoned() const;
  void abandon(worker& x);
};

void thread_pool::state::run() {
  const auto me = std::this_thread::get_id();
  auto lock = std::unique_lock{mutex};
  while (true) {
    work.wait(lock, [this] { return closed || !queue.empty(); });
    if (closed)
      return finish(lock, me);
    auto job = std::move(queue.front());
    queue.pop_front();
    auto& self = workers[me];
    self.busy = true;
    lock.unlock();
    job();
    job = nullptr; // what it owns goes here, not under the lock
    lock.lock();
    self.busy = false;
    if (self.abandoned)
      return finish(lock, me);
  }
}

/// The end of a thread. An abandoned one is detached and strikes itself off;
/// any other is joined by `close`.
void thread_pool::state::finish(std::unique_lock<std::mutex>& lock,
                                std::thread::id me) {
  if (workers[me].abandoned)
    workers.erase(me);
  else
    workers[me].busy = false;
  ended.notify_all();
  lock.unlock();
}

std::size_t thread_pool::state::count_abandoned() const {
  return static_cast<std::size_t>(
    std::count_if(workers.begin(), workers.end(),
                  [](const auto& x) { return x.second.abandoned; }));
}

void thread_pool::state::abandon(worker& x) {
  x.abandoned = true;
  x.thread.detach();
}

thread_pool::thread_pool(const thread_pool_options& options)
  : state_(std::make_shared<state>(options.queue)) {
  const auto cores = std::size_t{std::thread::hardware_concurrency()};
  const auto count = options.threads != 0
                       ? options.threads
                       : std::max(defaults::pool_threads, 2 * cores);
  const auto lock = std::lock_guard{state_->mutex};
  for (std::size_t i = 0; i < count; ++i)
    start_worker();
}

thread_pool::~thread_pool() {
  close(defaults::shutdown_grace);
}

/// Precondition: the mutex is held, so that the thread finds itself listed.
void thread_pool::start_worker() {
  auto thread = std::thread{[x = state_] { x->run(); }};
  const auto id = thread.get_id();
  state_->workers[id].thread = std::move(thread);
}

bool thread_pool::submit(std::function<void()> job) {
  {
    const auto lock = std::lock_guard{state_->mutex};
    if (state_->closed || state_->queue.size() >= state_->limit)
      return false;
    state_->queue.push_back(std::move(job));
  }
  state_->work.notify_one();
  return true;
}

void thread_pool::replace_hung_worker(std::thread::id worker) {
  const auto lock = std::lock_guard{state_->mutex};
  const auto found = state_->workers.find(worker);
  if (state_->closed || found == state_->workers.end() || !found->second.busy
      || found->second.abandoned)
    return;
  state_->abandon(found->second);
  start_worker();
}

std::size_t thread_pool::queued() const {
  const auto lock = std::lock_guard{state_->mutex};
  return state_->queue.size();
}

std::size_t thread_pool::abandoned() const {
  const auto lock = std::lock_guard{state_->mutex};
  return state_->count_abandoned();
}

std::size_t thread_pool::close(duration grace) {
  auto dropped = decltype(state_->queue){};
  auto to_join = std::vector<std::thread>{};
  auto lock = std::unique_lock{state_->mutex};
  state_->closed = true;
  dropped.swap(state_->queue);
  state_->work.notify_all();
  const auto busy = [](const auto& x) { return x.second.busy; };
  auto& workers = state_->workers;
  state_->ended.wait_for(lock, grace, [&] {
    return std::none_of(workers.begin(), workers.end(), busy);
  });
  for (auto& [id, x] : workers) {
    if (x.busy && !x.abandoned)
      state_->abandon(x);
    else if (x.thread.joinable())
      to_join.push_back(std::move(x.thread));
  }
  const auto left = state_->count_abandoned();
  lock.unlock();
  for (auto& x : to_join)
    x.join();
  return left;
}

} // namespace stanchion
