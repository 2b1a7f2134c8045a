#include <stanchion/actors/process/poll_loop.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

using action = std::function<void()>;

/// What is called for one descriptor.
struct watched {
  action readable;
  action writable;
};

constexpr short readable_events = POLLIN | POLLHUP | POLLERR | POLLNVAL;
constexpr short writable_events = POLLOUT | POLLERR | POLLNVAL;

} // namespace

struct poll_loop::impl {
  int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex;
  std::deque<action> posted; // guarded by mutex
  bool over = false;         // guarded by mutex
  std::map<int, watched> fds;
  std::map<std::pair<clock::time_point, timer_id>, action> timers;
  timer_id last_timer = 0;
  bool ending = false; // waits for nothing new
  std::map<const void*, std::shared_ptr<void>> kept;
  std::thread thread;

  void ring() const {
    const auto one = std::uint64_t{1};
    static_cast<void>(::write(wake, &one, sizeof one));
  }

  /// False when it is over and nothing is left.
  bool call_posted() {
    auto mine = std::deque<action>{};
    auto last = false;
    {
      const std::lock_guard guard{mutex};
      mine.swap(posted);
      last = over;
    }
    for (const auto& x : mine)
      x();
    ending = last;
    return !last || !mine.empty();
  }

  void call_due() {
    const auto now = clock::now();
    while (!timers.empty() && timers.begin()->first.first <= now) {
      const auto due = timers.extract(timers.begin());
      due.mapped()();
    }
  }

  [[nodiscard]] int patience() const {
    constexpr auto longest = 60'000;
    if (ending)
      return 0;
    if (timers.empty())
      return longest;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      timers.begin()->first.first - clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
  }

  void wait() {
    auto all = std::vector<pollfd>{{wake, POLLIN, 0}};
    for (const auto& [fd, x] : fds)
      all.push_back({fd,
                     static_cast<short>((x.readable ? POLLIN : 0)
                                        | (x.writable ? POLLOUT : 0)),
                     0});
    if (::poll(all.data(), all.size(), patience()) <= 0)
      return;
    auto rung = std::uint64_t{0};
    static_cast<void>(::read(wake, &rung, sizeof rung));
    for (auto i = std::size_t{1}; i < all.size(); ++i) {
      call(all[i].fd, all[i].revents & readable_events, &watched::readable);
      call(all[i].fd, all[i].revents & writable_events, &watched::writable);
    }
  }

  /// Copied: it may forget itself.
  void call(int fd, int events, action watched::* which) const {
    const auto found = fds.find(fd);
    if (events == 0 || found == fds.end())
      return;
    if (const auto then = found->second.*which)
      then();
  }

  void run() {
    auto all = sigset_t{};
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (call_posted()) {
      call_due();
      wait();
    }
  }

  void drop_if_idle(int fd) {
    const auto found = fds.find(fd);
    if (found != fds.end() && !found->second.readable
        && !found->second.writable)
      fds.erase(found);
  }
};

poll_loop::poll_loop() : impl_(std::make_unique<impl>()) {
  if (impl_->wake < 0)
    throw std::runtime_error{"no eventfd can be had"};
  impl_->thread = std::thread{[x = impl_.get()] { x->run(); }};
}

poll_loop::~poll_loop() {
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->over = true;
  }
  impl_->ring();
  impl_->thread.join();
  // Nothing runs any more: what they call back is dropped with the rest.
  while (!impl_->kept.empty())
    impl_->kept.extract(impl_->kept.begin());
  ::close(impl_->wake);
}

void poll_loop::post(std::function<void()> what) {
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->posted.push_back(std::move(what));
  }
  impl_->ring();
}

void poll_loop::on_readable(int fd, std::function<void()> then) {
  impl_->fds[fd].readable = std::move(then);
}

void poll_loop::on_writable(int fd, std::function<void()> then) {
  impl_->fds[fd].writable = std::move(then);
}

void poll_loop::forget_readable(int fd) {
  if (impl_->fds.contains(fd))
    impl_->fds[fd].readable = nullptr;
  impl_->drop_if_idle(fd);
}

void poll_loop::forget_writable(int fd) {
  if (impl_->fds.contains(fd))
    impl_->fds[fd].writable = nullptr;
  impl_->drop_if_idle(fd);
}

void poll_loop::keep(std::shared_ptr<void> x) {
  const auto* key = x.get();
  impl_->kept.emplace(key, std::move(x));
}

void poll_loop::let_go(const void* x) {
  const auto gone = impl_->kept.extract(x);
}

poll_loop::timer_id poll_loop::at(clock::time_point when,
                                  std::function<void()> then) {
  const auto id = ++impl_->last_timer;
  impl_->timers.emplace(std::pair{when, id}, std::move(then));
  return id;
}

void poll_loop::cancel(timer_id id) {
  std::erase_if(impl_->timers,
                [id](const auto& x) { return x.first.second == id; });
}

} // namespace stanchion
