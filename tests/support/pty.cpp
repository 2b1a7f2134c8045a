#include "support/pty.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace stanchion::test {

namespace {

/// After which a screen is asked for once more.
constexpr auto patience = std::chrono::milliseconds{2'000};

[[noreturn]] void become(const std::filesystem::path& program,
                         std::vector<std::string> words,
                         const std::map<std::string, std::string>& more) {
  for (const auto& [name, content] : more)
    ::setenv(name.c_str(), content.c_str(), 1);
  words.insert(words.begin(), program.string());
  auto arguments = std::vector<char*>{};
  for (auto& x : words)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  _exit(127);
}

std::chrono::milliseconds
left_until(std::chrono::steady_clock::time_point until) {
  return std::chrono::ceil<std::chrono::milliseconds>(
    until - std::chrono::steady_clock::now());
}

} // namespace

pty_process::pty_process(
  const std::filesystem::path& program, std::vector<std::string> words,
  const std::map<std::string, std::string>& environment) {
  auto size = winsize{};
  size.ws_col = 100;
  size.ws_row = 30;
  auto name = std::array<char, 64>{};
  pid_ = ::forkpty(&fd_, name.data(), nullptr, &size);
  if (pid_ < 0)
    throw std::runtime_error{"there is no terminal to be had"};
  if (pid_ == 0)
    become(program, std::move(words), environment);
  kept_open_ = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

pty_process::~pty_process() {
  if (!ended_) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(kept_open_);
  ::close(fd_);
}

void pty_process::type(const std::string& keys) const {
  if (::write(fd_, keys.data(), keys.size())
      != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error{"nobody takes the keys"};
}

bool pty_process::read_some(std::chrono::milliseconds limit) {
  auto events = pollfd{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&events, 1, static_cast<int>(limit.count())) <= 0)
    return false;
  auto bytes = std::array<char, 4'096>{};
  const auto count = ::read(fd_, bytes.data(), bytes.size());
  if (count > 0)
    written_.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

bool pty_process::shows(const std::string& text,
                        std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  auto patient = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto found = written_.find(text, seen_);
    if (found != std::string::npos) {
      seen_ = found + text.size();
      return true;
    }
    const auto left = left_until(until);
    if (left.count() <= 0)
      return false;
    static_cast<void>(read_some(std::min(left, patience)));
    if (std::chrono::steady_clock::now() >= patient) {
      repaint();
      patient += patience;
    }
  }
}

/// A screen may have been written in pieces: what was there already is not
/// written again. A new size has it written as a whole.
void pty_process::repaint() const {
  auto size = winsize{};
  ::ioctl(fd_, TIOCGWINSZ, &size);
  resize(size.ws_col, size.ws_row - 1);
  resize(size.ws_col, size.ws_row);
}

void pty_process::resize(int columns, int lines) const {
  auto size = winsize{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(lines);
  ::ioctl(fd_, TIOCSWINSZ, &size);
}

void pty_process::signal(int number) const {
  ::kill(pid_, number);
}

bool pty_process::as_shells_have_it() const {
  auto now = termios{};
  ::tcgetattr(fd_, &now);
  return (now.c_lflag & (ECHO | ICANON)) == (ECHO | ICANON);
}

std::optional<int> pty_process::wait(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  constexpr auto moment = std::chrono::milliseconds{20};
  auto status = 0;
  while (!ended_ && left_until(until).count() > 0) {
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      ended_
        = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    else
      static_cast<void>(read_some(moment)); // or it could not write
  }
  while (read_some(std::chrono::milliseconds{0}))
    continue;
  return ended_;
}

} // namespace stanchion::test
