#include <stanchion/cli/exit_code.hpp>
#include <stanchion/cli/signals.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace stanchion {

namespace {

sigset_t watched() {
  auto signals = sigset_t{};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

} // namespace

signal_watch::signal_watch() : end_{::eventfd(0, EFD_CLOEXEC)} {
  if (end_ < 0)
    throw std::system_error{errno, std::generic_category(),
                            "cannot watch for signals"};
  const auto signals = watched();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  waiting_ = std::thread{[this] { wait(); }};
}

signal_watch::~signal_watch() {
  on_signal(nullptr);
  const auto one = std::uint64_t{1};
  static_cast<void>(!::write(end_, &one, sizeof one));
  waiting_.join();
  ::close(end_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void signal_watch::wait() {
  const auto signals = watched();
  const auto fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  for (;;) {
    auto events
      = std::array<pollfd, 2>{{{.fd = fd, .events = POLLIN, .revents = 0},
                               {.fd = end_, .events = POLLIN, .revents = 0}}};
    ::poll(events.data(), events.size(), -1);
    if (events[1].revents != 0)
      break;
    auto what = signalfd_siginfo{};
    if (events[0].revents == 0 || ::read(fd, &what, sizeof what) <= 0)
      continue;
    if (interrupted_.exchange(true))
      ::_exit(static_cast<int>(exit_code::interrupted));
    const std::lock_guard guard{mutex_};
    tell();
  }
  ::close(fd);
}

void signal_watch::tell() {
  if (then_ && !telling_.joinable())
    telling_ = std::thread{then_};
}

void signal_watch::on_signal(std::function<void()> then) {
  auto told = std::thread{};
  {
    const std::lock_guard guard{mutex_};
    told = std::exchange(telling_, {});
    then_ = std::move(then);
    if (interrupted_)
      tell();
  }
  if (told.joinable())
    told.join();
}

} // namespace stanchion
