#include <stanchion/cli/unix_socket.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

/// An address has room for some 100 bytes only. A path of any length is reached
/// through the open directory that it lies in.
class address {
public:
  explicit address(const fs::path& path)
    : dir_{::open(fs::absolute(path).parent_path().c_str(),
                  O_PATH | O_DIRECTORY | O_CLOEXEC)} {
    if (dir_ < 0)
      refuse("cannot open the directory of " + path.string());
    const auto text = "/proc/self/fd/" + std::to_string(dir_) + "/"
                      + path.filename().string();
    content_.sun_family = AF_UNIX;
    if (text.size() >= sizeof content_.sun_path) {
      ::close(dir_);
      errno = ENAMETOOLONG;
      refuse("cannot use the socket " + path.string());
    }
    std::memcpy(content_.sun_path, text.c_str(), text.size() + 1);
  }
  address(const address&) = delete;
  address& operator=(const address&) = delete;
  ~address() {
    ::close(dir_);
  }

  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&content_);
  }
  [[nodiscard]] static socklen_t size() {
    return sizeof(sockaddr_un);
  }

private:
  int dir_;
  sockaddr_un content_{};
};

int make_socket() {
  const auto fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    refuse("cannot make a socket");
  return fd;
}

/// Whether a failed connect says that nobody listens.
bool nobody_there(int code) {
  return code == ECONNREFUSED || code == ENOENT || code == ENOTDIR;
}

} // namespace

// -- stream_socket ------------------------------------------------------------

stream_socket::~stream_socket() {
  if (fd_ >= 0)
    ::close(fd_);
}

void stream_socket::set_timeout(std::chrono::milliseconds x) const {
  const auto time = timeval{.tv_sec = x.count() / 1'000,
                            .tv_usec = x.count() % 1'000 * 1'000};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

bool stream_socket::fill() {
  auto bytes = std::array<char, 4'096>{};
  for (;;) {
    const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0)
      ahead_.append(bytes.data(), static_cast<std::size_t>(got));
    if (got >= 0)
      return got > 0;
    if (errno != EINTR)
      refuse("cannot read from the socket");
  }
}

std::optional<std::string> stream_socket::read_line(std::size_t limit) {
  auto searched = std::size_t{0};
  for (;;) {
    const auto end = ahead_.find('\n', searched);
    if (end != std::string::npos && end <= limit) {
      auto line = ahead_.substr(0, end);
      ahead_.erase(0, end + 1);
      if (line.ends_with('\r'))
        line.pop_back();
      return line;
    }
    if (ahead_.size() > limit)
      throw std::length_error{"a line is too long"};
    searched = ahead_.size();
    if (!fill())
      return std::nullopt;
  }
}

std::string stream_socket::read(std::size_t count) {
  while (ahead_.size() < count && fill()) {
    // nop
  }
  auto bytes = ahead_.substr(0, count);
  ahead_.erase(0, bytes.size());
  return bytes;
}

void stream_socket::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EINTR)
      refuse("cannot write to the socket");
  }
}

bool stream_socket::hung_up() const {
  auto events = pollfd{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  return ::poll(&events, 1, 0) > 0 && events.revents != 0;
}

unsigned stream_socket::peer_user() const {
  auto who = ucred{};
  auto size = socklen_t{sizeof who};
  if (::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    refuse("cannot tell who is at the socket");
  return who.uid;
}

void stream_socket::interrupt() const {
  ::shutdown(fd_, SHUT_RDWR);
}

std::optional<stream_socket> connect_to(const fs::path& path) {
  if (!fs::is_directory(fs::absolute(path).parent_path()))
    return std::nullopt;
  auto socket = stream_socket{make_socket()};
  const auto to = address{path};
  while (::connect(socket.fd(), to.get(), address::size()) != 0) {
    if (nobody_there(errno))
      return std::nullopt;
    if (errno != EINTR)
      refuse("cannot reach " + path.string());
  }
  return socket;
}

// -- listening_socket ---------------------------------------------------------

listening_socket::listening_socket(fs::path path)
  : path_{std::move(path)}, fd_{make_socket()},
    wake_{::eventfd(0, EFD_CLOEXEC)} {
  // Nobody may connect before the mode is right: made under another name.
  const auto fresh = fs::path{path_.string() + ".new"};
  constexpr auto backlog = 64;
  try {
    fs::remove(fresh);
    const auto at = address{fresh};
    if (::bind(fd_, at.get(), address::size()) != 0
        || ::chmod(fresh.c_str(), S_IRUSR | S_IWUSR) != 0
        || ::listen(fd_, backlog) != 0 || wake_ < 0)
      refuse("cannot listen at " + path_.string());
    fs::rename(fresh, path_);
  } catch (...) {
    ::close(fd_);
    ::close(wake_);
    throw;
  }
}

listening_socket::~listening_socket() {
  auto ignored = std::error_code{};
  fs::remove(path_, ignored);
  ::close(fd_);
  ::close(wake_);
}

std::optional<stream_socket> listening_socket::accept() const {
  for (;;) {
    auto events
      = std::array<pollfd, 2>{{{.fd = fd_, .events = POLLIN, .revents = 0},
                               {.fd = wake_, .events = POLLIN, .revents = 0}}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
      refuse("cannot wait at " + path_.string());
    if (events[1].revents != 0)
      return std::nullopt;
    if (events[0].revents == 0)
      continue;
    const auto fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0)
      return stream_socket{fd};
    if (errno == EMFILE || errno == ENFILE)
      ::poll(nullptr, 0, 100); // until somebody hangs up
  }
}

void listening_socket::close() const {
  const auto one = std::uint64_t{1};
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

} // namespace stanchion
