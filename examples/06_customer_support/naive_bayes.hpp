#pragma once

#include "cases.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace customer_support {

/// The different words of a text, in lower case, sorted. A word is two or more
/// ASCII letters or bytes of other ones; apostrophes inside it are left out.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// Tells categories by their words: multinomial naive Bayes with Laplace
/// smoothing, each word counted once a text.
///
/// Its scores are the posterior of that model, P(category | words): it knows no
/// grammar and no meaning, and words it was not trained with say nothing.
///
/// Threads: immutable.
class naive_bayes {
public:
  explicit naive_bayes(const std::vector<labelled_text>& training);

  /// The prior, for a text without a known word.
  [[nodiscard]] scores classify(std::string_view text) const;

  [[nodiscard]] std::size_t vocabulary() const {
    return counts_.size();
  }

private:
  using tally = std::array<double, categories.size()>;

  std::map<std::string, tally, std::less<>> counts_; // texts with the word
  tally words_{};                                    // sums of the above
  tally texts_{};
};

/// Something simpler, for when that does not answer: each category has a few
/// marks, and its score is its share of the marks that are found. One more,
/// which all share, keeps a lone mark from being certain.
[[nodiscard]] scores by_marks(std::string_view text);

} // namespace customer_support
