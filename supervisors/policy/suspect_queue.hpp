#pragma once

#include <stanchion/core/run_control.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace stanchion {

/// Lets what a process may have died of go on one at a time, so that the next
/// death has one suspect. Whoever was alone at the fewest deaths goes first,
/// then whoever came first: a process that is killed from outside, again and
/// again and soon after its start, hits another one each time.
///
/// Errors:  none.
/// Threads: not synchronised; one owner.
class suspect_queue {
public:
  /// True: it may go now. False: it is told by `leave`. `deaths` are those at
  /// which it was alone. A suspect that is in the queue already keeps its
  /// place, and one that goes is never made to wait.
  [[nodiscard]] bool enter(const suspect& x, std::uint32_t deaths = 0);

  /// It is cleared, or ends, or no longer wants to go. Returns whose turn it
  /// is, if that has changed.
  [[nodiscard]] std::optional<suspect> leave(const suspect& x);

  /// Whose turn it is.
  [[nodiscard]] std::optional<suspect> current() const {
    return current_;
  }

  /// Suspects, the current one included.
  [[nodiscard]] std::size_t size() const {
    return places_.size();
  }

private:
  struct place {
    std::uint32_t deaths = 0;
    std::uint64_t came = 0;

    auto operator<=>(const place&) const = default;
  };

  std::optional<suspect> current_;
  std::map<place, suspect> waiting_;
  std::map<suspect, place> places_; // the current one's too
  std::uint64_t last_place_ = 0;
};

} // namespace stanchion
