#pragma once

#include <stanchion/core/call.hpp>

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

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
    if (words_.size() < most_) {
      words_.push_back(std::move(x));
      return;
    }
    words_[oldest_] = std::move(x);
    oldest_ = (oldest_ + 1) % most_;
  }

  /// What was said about the attempt that `request` has on record as open;
  /// null when it is none of those kept.
  [[nodiscard]] const last_word* find(const call_request& request) const {
    if (!request.attempts.open)
      return nullptr;
    const auto is_about_it = [&request](const auto& x) {
      return x.attempt == request.attempts.made && x.key == request.key;
    };
    // Latest first: a call that a person reopened counts from one again.
    for (auto left = words_.size(); left > 0; --left) {
      const auto& word = words_[(oldest_ + left - 1) % words_.size()];
      if (std::visit(is_about_it, word))
        return &word;
    }
    return nullptr;
  }

private:
  std::size_t most_;
  std::vector<last_word> words_; // a ring
  std::size_t oldest_ = 0;       // once it is full
};

} // namespace stanchion
