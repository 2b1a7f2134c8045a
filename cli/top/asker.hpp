#pragma once

#include <stanchion/cli/top/view.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion::top {

/// What is asked: both may take as long as they like, and throw.
struct questions {
  std::function<report()> look;
  std::function<std::string(const order&)> act; ///< what came of it
};

/// What has come back since it was taken last.
struct answers {
  std::optional<report> fresh;
  std::string trouble; ///< why there is nothing fresh
  std::vector<outcome> outcomes;
};

/// Asks on a thread of its own, one thing at a time: looks every `every`, and
/// after each order.
///
/// Threads: `told` is called on its own; the rest is for the one that made it.
class asker {
public:
  asker(questions what, duration every, std::function<void()> told);
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  ~asker();

  void ask(order x);
  [[nodiscard]] answers take();

  /// Asks nothing more. False when what is under way was left behind: its
  /// thread must not outlive the process for long.
  bool stop();

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace stanchion::top
