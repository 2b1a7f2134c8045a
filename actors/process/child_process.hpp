#pragma once

#include <stanchion/core/time.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

/// A limit of the system's for one process: one of `RLIMIT_…`, as
/// <sys/resource.h> numbers them, and its bound, soft and hard.
struct process_limit {
  int resource = 0;
  std::uint64_t most = 0;
};

/// A program that is to run.
struct process_options {
  /// The program, found by the PATH it is given, and its words. No shell.
  std::vector<std::string> argv;
  /// What of our environment it gets; nothing else.
  std::vector<std::string> pass_on
    = {"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"};
  /// Beside that, or in its place.
  std::map<std::string, std::string> environment = {};
  /// Where it runs; empty for where we are.
  std::filesystem::path folder = {};
  std::vector<process_limit> limits = {};
};

/// How a program ended.
struct process_end {
  /// What it returned; nothing when a signal ended it.
  std::optional<int> code;
  int signal = 0;
};

/// `exit code 1`, `signal 9`.
[[nodiscard]] std::string to_string(const process_end& x);

/// A program that runs, with pipes to its three ends. It leads a process group
/// of its own, has no file of ours but these, no signal blocked or ignored, and
/// is killed when the thread that started it ends, also because we are killed:
/// start it on one that lives as long as it may.
///
/// What it has started itself is killed with its group when it ends or this
/// object does, unless it has left the group; should we be killed (`kill -9`),
/// only the program itself is.
///
/// Threads: not synchronised; `start` also sees to the thread, see above.
/// Owns:    the process: its end kills the group and waits for the process.
class child_process {
public:
  /// Errors: `error{invalid_spec}` when it cannot be started, with the
  /// system's reason.
  [[nodiscard]] static child_process start(const process_options& x);

  child_process(child_process&& x) noexcept;
  child_process& operator=(child_process&&) = delete;
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  [[nodiscard]] pid_t pid() const {
    return pid_;
  }
  // Our ends of the pipes, which never block; -1 once closed.
  [[nodiscard]] int input() const {
    return input_;
  }
  [[nodiscard]] int output() const {
    return output_;
  }
  [[nodiscard]] int errors() const {
    return errors_;
  }
  /// Can be read from once the program has ended (`pidfd_open`).
  [[nodiscard]] int ended_fd() const {
    return ended_;
  }

  /// It reads to the end of what was written.
  void close_input();
  /// To its whole group; nothing once it has been waited for.
  void signal(int number) const;
  /// How it ended, if it has. What is left of its group is killed then.
  [[nodiscard]] std::optional<process_end> try_wait();

private:
  child_process() = default;

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  int ended_ = -1;
  std::optional<process_end> end_;
};

} // namespace stanchion
