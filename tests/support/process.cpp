#include "support/process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace stanchion::test {

temporary_dir::temporary_dir() {
  auto name
    = (std::filesystem::temp_directory_path() / "stanchion-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"mkdtemp failed"};
  path_ = name;
}

temporary_dir::~temporary_dir() {
  auto ignored = std::error_code{};
  std::filesystem::remove_all(path_, ignored);
}

namespace {

/// Forks with nothing left in the buffers: the child would write it again.
pid_t fork_clean() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  return fork();
}

} // namespace

child_process::child_process(const std::function<int()>& main)
  : pid_(fork_clean()) {
  if (pid_ < 0)
    throw std::runtime_error{"fork failed"};
  if (pid_ == 0)
    _exit(main());
}

child_process::~child_process() {
  if (ended_)
    return;
  signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<int> child_process::wait(std::chrono::milliseconds limit) {
  if (ended_)
    return ended_;
  const auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  auto watched = pollfd{fd, POLLIN, 0};
  const auto ready = poll(&watched, 1, static_cast<int>(limit.count()));
  close(fd);
  if (ready <= 0)
    return std::nullopt;
  auto status = 0;
  waitpid(pid_, &status, 0);
  ended_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended_;
}

void child_process::signal(int number) const {
  kill(pid_, number);
}

} // namespace stanchion::test
