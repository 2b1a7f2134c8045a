#pragma once

#include <stanchion/core/run_control.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace stanchion {

/// Lets what a process may have died of go on one at a time, so that the next
/// death has one suspect.
///
/// Errors:  none.
/// Threads: not synchronised; one owner.
class suspect_queue {
public:
  /// True: it may go now. False: it is told by `leave`. A suspect that is in
  /// the queue already keeps its place.
  [[nodiscard]] bool enter(const suspect& x);

  /// It is cleared, or ends, or no longer wants to go. Returns whose turn it
  /// is, if that has changed.
  [[nodiscard]] std::optional<suspect> leave(const suspect& x);

  /// Whose turn it is.
  [[nodiscard]] std::optional<suspect> current() const;

  /// Suspects, the current one included.
  [[nodiscard]] std::size_t size() const {
    return order_.size();
  }

private:
  std::map<std::uint64_t, suspect> order_; // the first one's turn it is
  std::map<suspect, std::uint64_t> places_;
  std::uint64_t last_place_ = 0;
};

} // namespace stanchion
