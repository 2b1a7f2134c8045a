#include <stanchion/runtime/notify/run_hook.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace stanchion {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto passed_on
  = std::array{"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"};

/// Closes a descriptor in time.
class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {
    // nop
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    close();
  }
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const {
    return fd_;
  }

private:
  int fd_;
};

std::vector<std::string> environment_of(const hook& x) {
  auto all = x.environment;
  for (const auto* name : passed_on)
    if (const auto* text = std::getenv(name)) // NOLINT(concurrency-mt-unsafe)
      all.emplace(name, text);
  auto to = std::vector<std::string>{};
  for (const auto& [name, text] : all)
    to.push_back(name + "=" + text);
  return to;
}

std::vector<char*> pointers(std::vector<std::string>& to) {
  auto all = std::vector<char*>{};
  for (auto& x : to)
    all.push_back(x.data());
  all.push_back(nullptr);
  return all;
}

/// A program that runs, and how it is started and waited for.
class started {
public:
  started(const hook& x, int input) {
    auto files = posix_spawn_file_actions_t{};
    auto how = posix_spawnattr_t{};
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    auto none = sigset_t{};
    auto usual = sigset_t{};
    sigemptyset(&none);
    sigemptyset(&usual);
    for (const auto signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD})
      sigaddset(&usual, signal);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &usual);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP
                                     | POSIX_SPAWN_SETSIGMASK
                                     | POSIX_SPAWN_SETSIGDEF);
    auto words = x.argv;
    auto surroundings = environment_of(x);
    failed_
      = ::posix_spawnp(&pid_, words.front().c_str(), &files, &how,
                       pointers(words).data(), pointers(surroundings).data());
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
  }

  [[nodiscard]] int failed() const {
    return failed_;
  }

  /// How it ended, if it has.
  [[nodiscard]] std::optional<hook_end> ended() const {
    auto status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_)
      return std::nullopt;
    if (WIFEXITED(status))
      return hook_end{.code = WEXITSTATUS(status), .problem = {}};
    return hook_end{.problem
                    = "killed by signal " + std::to_string(WTERMSIG(status))};
  }

  void signal(int number) const {
    ::kill(-pid_, number);
  }

private:
  pid_t pid_ = -1;
  int failed_ = 0;
};

/// The end of a pipe from which `text`, of less than a mebibyte, can be read.
/// Negative where that cannot be had.
int readable(std::string_view text) {
  auto ends = std::array{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return -1;
  const auto from = ends[0];
  const auto to = descriptor{ends[1]};
  const auto room = ::fcntl(to.get(), F_GETPIPE_SZ);
  if (std::cmp_less(room, text.size()))
    ::fcntl(to.get(), F_SETPIPE_SZ, static_cast<int>(text.size()));
  ::fcntl(to.get(), F_SETFL, O_NONBLOCK);
  const auto n = ::write(to.get(), text.data(), text.size());
  if (std::cmp_equal(n, text.size()))
    return from;
  ::close(from);
  return -1;
}

} // namespace

hook_end run_hook(const hook& x, const std::function<bool()>& cancelled) {
  constexpr auto moment = 20; // ms
  auto input = descriptor{readable(x.input)};
  if (input.get() < 0)
    return {.problem = "no pipe can be had"};
  const auto program = started{x, input.get()};
  if (program.failed() != 0)
    return {.problem = "cannot be started: "
                       + std::generic_category().message(program.failed())};
  input.close();
  auto end = steady::now() + x.timeout;
  auto asked = false;
  for (;;) {
    if (auto result = program.ended())
      return asked ? hook_end{.problem = "no end within " + to_text(x.timeout)}
                   : *std::move(result);
    if (!asked && (steady::now() >= end || cancelled())) {
      asked = true;
      end = steady::now() + x.kill_after;
      program.signal(SIGTERM);
    } else if (asked && steady::now() >= end) {
      program.signal(SIGKILL);
    }
    ::poll(nullptr, 0, moment);
  }
}

} // namespace stanchion
