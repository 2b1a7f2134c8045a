#include <stanchion/runtime/api/detail/connection_watch.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace stanchion::detail {

namespace {

namespace fs = std::filesystem;

constexpr auto period = std::chrono::milliseconds{100};

/// A second descriptor for what one stands for: while it is held, nobody can
/// make the number stand for something else.
class held_descriptor {
public:
  explicit held_descriptor(int fd) : fd_{::fcntl(fd, F_DUPFD_CLOEXEC, 0)} {
    // nop
  }
  held_descriptor(const held_descriptor&) = delete;
  held_descriptor& operator=(const held_descriptor&) = delete;
  ~held_descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  [[nodiscard]] int get() const {
    return fd_;
  }

private:
  int fd_;
};

using address_of = int (*)(int, sockaddr*, socklen_t*);

/// An end of a TCP connection; nothing when it is none.
std::optional<std::pair<std::string, int>> end_of(int fd, address_of which) {
  auto room = sockaddr_storage{};
  auto size = socklen_t{sizeof room};
  auto* at = reinterpret_cast<sockaddr*>(&room);
  if (which(fd, at, &size) != 0)
    return std::nullopt;
  auto text = std::array<char, INET6_ADDRSTRLEN>{};
  if (room.ss_family == AF_INET) {
    const auto* x = reinterpret_cast<const sockaddr_in*>(&room);
    ::inet_ntop(AF_INET, &x->sin_addr, text.data(), text.size());
    return std::pair{std::string{text.data()}, int{ntohs(x->sin_port)}};
  }
  if (room.ss_family == AF_INET6) {
    const auto* x = reinterpret_cast<const sockaddr_in6*>(&room);
    ::inet_ntop(AF_INET6, &x->sin6_addr, text.data(), text.size());
    return std::pair{std::string{text.data()}, int{ntohs(x->sin6_port)}};
  }
  return std::nullopt;
}

/// Whoever reads or writes there goes on, and is told that it is over; what is
/// still under way is thrown away.
void hang_up(int fd) {
  const auto at_once = linger{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::shutdown(fd, SHUT_RDWR);
}

std::uint64_t received_by(int fd) {
  auto info = tcp_info{};
  auto size = socklen_t{sizeof info};
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return 0;
  return info.tcpi_bytes_received;
}

} // namespace

connection_watch::connection_watch(const options& x)
  : options_(x), thread_([this] { run(); }) {
  // nop
}

connection_watch::~connection_watch() {
  {
    const std::lock_guard guard{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void connection_watch::opened() {
  ++open_;
}

void connection_watch::closed() {
  --open_;
}

void connection_watch::arrived(const std::string& address, int port) {
  const std::lock_guard guard{mutex_};
  arrived_.insert_or_assign(peer{address, port}, looks_);
}

void connection_watch::hurry() {
  hurry_ = true;
}

void connection_watch::run() {
  auto lock = std::unique_lock{mutex_};
  while (!changed_.wait_for(lock, hurry_ ? period / 5 : period,
                            [this] { return over_; })) {
    lock.unlock();
    if (open_ != 0 || !since_.empty())
      look();
    lock.lock();
  }
}

void connection_watch::look() try {
  auto number = std::uint64_t{0};
  {
    const std::lock_guard guard{mutex_};
    number = ++looks_;
  }
  auto seen = std::map<peer, steady::time_point>{};
  for (const auto& entry : fs::directory_iterator{"/proc/self/fd"}) {
    const auto name = entry.path().filename().string();
    auto fd = 0;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    look_at(fd, seen);
  }
  since_ = std::move(seen);
  const std::lock_guard guard{mutex_};
  // One that arrived meanwhile may have been overlooked.
  std::erase_if(arrived_, [&](const auto& x) {
    return x.second < number && !since_.contains(x.first);
  });
} catch (const fs::filesystem_error& gone) {
  static_cast<void>(gone); // a descriptor was closed: the next look will do
}

void connection_watch::look_at(int fd,
                               std::map<peer, steady::time_point>& seen) {
  const auto held = held_descriptor{fd};
  const auto here
    = held.get() < 0 ? std::nullopt : end_of(held.get(), &::getsockname);
  if (!here || here->second != options_.port)
    return;
  const auto there = end_of(held.get(), &::getpeername);
  if (!there)
    return; // it listens, or has been hung up on
  const auto now = steady::now();
  const auto before = since_.find(*there);
  const auto since = before == since_.end() ? now : before->second;
  seen.emplace(*there, since);
  {
    const std::lock_guard guard{mutex_};
    if (arrived_.contains(*there))
      return;
  }
  if (hurry_ || now - since >= options_.patience
      || received_by(held.get()) > options_.bytes)
    hang_up(held.get());
}

} // namespace stanchion::detail
