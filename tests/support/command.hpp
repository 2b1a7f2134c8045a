#pragma once

#include "support/process.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace stanchion::test {

using words = std::vector<std::string>;

/// What a command said.
struct command_end {
  /// 128 + signal when one ended it; -1 when it did not end in time.
  int code = -1;
  std::string out;
  std::string err;
};

/// `command_line` with the agents of `setup`, in a process of its own. Its
/// words are followed by `--data-dir` and the directory.
///
/// Only where this process has no other threads.
class command {
public:
  command(const std::filesystem::path& data_dir, words xs,
          const std::function<void(runtime&)>& setup,
          const std::string& input = {});

  /// What it said, once it has ended.
  [[nodiscard]] command_end wait(std::chrono::milliseconds limit
                                 = std::chrono::seconds{60});
  void signal(int number) const;
  /// What it has said so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

private:
  temporary_dir files_;
  std::unique_ptr<child_process> process_;
};

} // namespace stanchion::test
