#pragma once

#include <stanchion/cli/top/view.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace stanchion::top {

/// The terminal of stdin and stdout, for as long as it lives: whole, and as it
/// was before when this is gone. One a process.
///
/// Errors:  none; `open` gives nothing for a terminal that cannot do it.
/// Threads: one, whose locale is the user's meanwhile.
class screen {
public:
  [[nodiscard]] static std::unique_ptr<screen> open(bool colors);
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;
  ~screen();

  /// As large as the terminal is now.
  struct extent {
    std::size_t width = 0;
    std::size_t height = 0;
  };
  [[nodiscard]] extent size();

  /// Shows as many lines as there is room for; the cursor stands in the last
  /// line, or is hidden.
  void show(const std::vector<line>& lines, std::optional<std::size_t> cursor);

  /// A key that has been pressed; nothing when none has.
  [[nodiscard]] std::optional<key> next_key();

private:
  struct impl;
  explicit screen(std::unique_ptr<impl> x);

  std::unique_ptr<impl> impl_;
};

} // namespace stanchion::top
