#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace stanchion::test {

/// A directory of its own that is removed with the object.
class temporary_dir {
public:
  temporary_dir();
  temporary_dir(const temporary_dir&) = delete;
  temporary_dir& operator=(const temporary_dir&) = delete;
  ~temporary_dir();

  [[nodiscard]] const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

/// A child process that runs a function of this program and exits with what
/// it returns. Killed with the object if it still lives.
class child_process {
public:
  /// Forks: this process must have no other threads.
  explicit child_process(const std::function<int()>& main);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  /// Its exit code, or nothing if it still ran after `limit`. A death by a
  /// signal yields 128 + the signal.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit);
  void signal(int number) const;

private:
  pid_t pid_;
  std::optional<int> ended_;
};

} // namespace stanchion::test
