#include <stanchion/cli/top/asker.hpp>
#include <stanchion/core/error.hpp>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace stanchion::top {

namespace {

/// What is under way when it is stopped may take this long.
constexpr auto patience = std::chrono::milliseconds{500};

std::string text_of_current_exception() {
  try {
    throw;
  } catch (const error& e) {
    return std::string{to_string(e.code())} + ": " + std::string{detail_of(e)};
  } catch (const std::exception& e) {
    return e.what();
  }
}

} // namespace

/// Outlives the asker where its thread does.
struct asker::shared {
  questions what;
  duration every{};
  std::function<void()> told;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<order> orders; // guarded by mutex, as all below
  answers back;
  bool over = false;
  bool ended = false;
  bool left = false; // for good
  std::thread thread;

  void run() {
    auto lock = std::unique_lock{mutex};
    while (!over) {
      if (orders.empty())
        changed.wait_for(lock, every,
                         [this] { return over || !orders.empty(); });
      if (over)
        break;
      auto next = std::optional<order>{};
      if (!orders.empty()) {
        next = std::move(orders.front());
        orders.pop_front();
      }
      lock.unlock();
      do_one(next);
      lock.lock();
    }
    ended = true;
    changed.notify_all();
  }

  void do_one(const std::optional<order>& next) {
    if (next && next->what != order_kind::refresh)
      act(*next);
    auto fresh = std::optional<report>{};
    auto trouble = std::string{};
    try {
      fresh = what.look();
    } catch (...) {
      trouble = text_of_current_exception();
    }
    tell([&] {
      back.fresh = std::move(fresh);
      back.trouble = std::move(trouble);
    });
  }

  void act(const order& x) {
    auto came = outcome{.of = x, .text = {}};
    try {
      came.text = what.act(x);
      came.done = true;
    } catch (...) {
      came.text = text_of_current_exception();
    }
    tell([&] { back.outcomes.push_back(std::move(came)); });
  }

  template <class Change>
  void tell(const Change& change) {
    const std::lock_guard guard{mutex};
    change();
    if (!left)
      told();
  }
};

asker::asker(questions what, duration every, std::function<void()> told)
  : shared_(std::make_shared<shared>()) {
  shared_->what = std::move(what);
  shared_->every = every;
  shared_->told = std::move(told);
  shared_->thread = std::thread{[all = shared_] {
    // Signals are for the thread that has the terminal.
    auto every_signal = sigset_t{};
    sigfillset(&every_signal);
    pthread_sigmask(SIG_BLOCK, &every_signal, nullptr);
    all->run();
  }};
}

asker::~asker() {
  stop();
}

void asker::ask(order x) {
  const std::lock_guard guard{shared_->mutex};
  shared_->orders.push_back(std::move(x));
  shared_->changed.notify_all();
}

answers asker::take() {
  const std::lock_guard guard{shared_->mutex};
  return std::exchange(shared_->back, {});
}

bool asker::stop() {
  auto& x = *shared_;
  if (!x.thread.joinable())
    return !x.left;
  auto lock = std::unique_lock{x.mutex};
  x.over = true;
  x.changed.notify_all();
  if (!x.changed.wait_for(lock, patience, [&x] { return x.ended; })) {
    x.left = true;
    x.thread.detach();
    return false;
  }
  lock.unlock();
  x.thread.join();
  return true;
}

} // namespace stanchion::top
