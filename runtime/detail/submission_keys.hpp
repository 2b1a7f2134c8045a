#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace stanchion::detail {

/// The keys of submissions that are on their way to the store, so that no two
/// runs get the same.
///
/// Threads: any.
class submission_keys {
public:
  submission_keys();
  /// Who still waits without blocking is forgotten.
  ~submission_keys();
  submission_keys(const submission_keys&) = delete;
  submission_keys& operator=(const submission_keys&) = delete;

  /// Takes `key` until the result's last copy is gone, which may outlive this.
  /// Blocks while somebody else has it.
  [[nodiscard]] std::shared_ptr<void> claim(const std::string& key);
  /// The same without blocking: null while somebody else has it; `when_free` is
  /// called once nobody has, by whoever lets go.
  [[nodiscard]] std::shared_ptr<void>
  try_claim(const std::string& key, std::function<void()> when_free);

private:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, std::vector<std::function<void()>>>
      taken;             // and who waits; guarded by mutex
    bool closed = false; // guarded by mutex
  };

  static std::shared_ptr<void> hold(const std::shared_ptr<state>& in,
                                    const std::string& key);

  std::shared_ptr<state> state_;
};

} // namespace stanchion::detail
