#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stanchion::test {

/// A program at a terminal of its own, where the test sits. Killed with the
/// object if it still lives.
///
/// Only where this process has no other threads.
class pty_process {
public:
  /// `environment` is added to that of this process.
  pty_process(const std::filesystem::path& program,
              std::vector<std::string> words,
              const std::map<std::string, std::string>& environment);
  pty_process(const pty_process&) = delete;
  pty_process& operator=(const pty_process&) = delete;
  ~pty_process();

  /// Presses keys.
  void type(const std::string& keys) const;
  /// Whether `text` comes within `limit`, after what was waited for before. A
  /// program that takes long is made to paint all of its screen once more.
  [[nodiscard]] bool shows(const std::string& text,
                           std::chrono::milliseconds limit
                           = std::chrono::seconds{30});
  /// All that it has written so far.
  [[nodiscard]] const std::string& written() const {
    return written_;
  }
  /// Makes the terminal another size; programs paint all of it anew.
  void resize(int columns, int lines) const;
  void signal(int number) const;
  /// Whether what is typed is echoed and read by the line, as shells have it.
  [[nodiscard]] bool as_shells_have_it() const;

  /// Its exit code, or nothing if it still ran after `limit`. A death by a
  /// signal yields 128 + the signal.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit
                                        = std::chrono::seconds{30});

private:
  void repaint() const;
  /// Reads what has come within `limit`. False when nothing has.
  bool read_some(std::chrono::milliseconds limit);

  pid_t pid_ = -1;
  int fd_ = -1;
  int kept_open_ = -1; // so that the terminal outlives the program
  std::string written_;
  std::size_t seen_ = 0;
  std::optional<int> ended_;
};

} // namespace stanchion::test
