#pragma once

#include <stanchion/actors/notifier/message.hpp>
#include <stanchion/actors/notifier/outbox.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

/// The notices of one channel that wait to be told, and which of them next: the
/// first of its kind in a group at once; what is like it and comes within the
/// window after that is told together, when the window ends. Within a group the
/// order stays.
///
/// Threads: one. Time: reads no clock.
class grouping {
public:
  explicit grouping(duration window) : window_(window) {
    // nop
  }

  /// Takes one in; does nothing for one that is known.
  void add(pending_notice x);
  /// Forgets an id, so that it may be added again.
  void forget(const std::string& id);

  /// The message to send now, if there is one; its notices wait no longer, but
  /// are known until they are forgotten. `sealed` says whether it was a message
  /// before, of an earlier program.
  struct next_message {
    message content;
    bool sealed = false;
  };
  [[nodiscard]] std::optional<next_message> next(instant now);
  /// When there may be one; nothing when none waits.
  [[nodiscard]] std::optional<instant> due(instant now) const;

  [[nodiscard]] std::size_t waiting() const;

private:
  using key = std::pair<std::string, notice_kind>;

  [[nodiscard]] bool ready(const notice& x, instant now) const;
  [[nodiscard]] message gather(std::size_t first);

  duration window_;
  std::deque<notice> queue_;                          // oldest first
  std::map<std::string, std::vector<notice>> sealed_; // by message
  std::set<std::string> ids_;                         // all that are known
  std::map<key, instant> windows_; // until when they are open
};

} // namespace stanchion
