#pragma once

#include <stanchion/core/call.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <variant>

namespace stanchion {

/// The last word about a call.
using last_word = std::variant<call_done, call_unknown>;

/// Remembers how the latest calls ended, for runs that died before they could
/// record it: to ask the tool again could repeat an effect.
///
/// Threads: not synchronised.
class kept_answers {
public:
  explicit kept_answers(std::size_t most) : most_(most) {
    // nop
  }

  void keep(last_word x) {
    if (words_.size() == most_)
      words_.pop_front();
    words_.push_back(std::move(x));
  }

  /// What was said about the attempt that `request` has on record as open;
  /// null when it is none of those kept.
  [[nodiscard]] const last_word* find(const call_request& request) const {
    if (!request.attempts.open)
      return nullptr;
    const auto found = std::find_if(
      words_.rbegin(), words_.rend(), [&request](const last_word& word) {
        return std::visit(
          [&request](const auto& x) {
            return x.attempt == request.attempts.made && x.key == request.key;
          },
          word);
      });
    return found == words_.rend() ? nullptr : &*found;
  }

private:
  std::size_t most_;
  std::deque<last_word> words_; // oldest first
};

} // namespace stanchion
