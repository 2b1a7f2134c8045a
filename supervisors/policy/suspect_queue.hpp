#pragma once

#include <stanchion/core/id.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

namespace stanchion {

/// Lets the runs that a process may have died of go on one at a time, so that
/// the next death has one suspect.
///
/// Errors:  none.
/// Threads: not synchronised; one owner.
class suspect_queue {
public:
  /// A run is suspected. True: it may go now. False: it is told by `leave`.
  /// A run that is in the queue already keeps its place.
  [[nodiscard]] bool enter(run_number run);

  /// A run is cleared, or ends, or no longer wants to go. Returns whose turn it
  /// is, if that has changed.
  [[nodiscard]] std::optional<run_number> leave(run_number run);

  /// Whose turn it is.
  [[nodiscard]] std::optional<run_number> current() const;

  /// Suspects, the current one included.
  [[nodiscard]] std::size_t size() const {
    return order_.size();
  }

private:
  std::map<std::uint64_t, run_number> order_; // the first one's turn it is
  std::unordered_map<run_number, std::uint64_t> places_;
  std::uint64_t last_place_ = 0;
};

} // namespace stanchion
