#pragma once

#include <stanchion/core/time.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stanchion {

/// A program that is to read something.
struct hook {
  std::vector<std::string> argv; ///< the program, found by PATH; no shell
  std::map<std::string, std::string> environment; ///< beside what is passed on
  std::string input;
  duration timeout = 10s;
  /// From then until it is killed.
  duration kill_after = 2s;
};

/// How it ended.
struct hook_end {
  int code = -1;       ///< -1 when it did not exit by itself
  std::string problem; ///< why not
};

/// Runs it and waits. It gets a process group of its own, of our environment
/// only PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR, an output to nowhere,
/// and our standard error. When the time is over, or `cancelled` says true,
/// which is asked several times a second, its group is asked to end, then
/// killed.
///
/// Errors:  none; what cannot be started has a `problem`.
/// Threads: any.
[[nodiscard]] hook_end run_hook(const hook& x,
                                const std::function<bool()>& cancelled);

} // namespace stanchion
