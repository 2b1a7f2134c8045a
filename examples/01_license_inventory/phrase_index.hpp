#pragma once

#include "normal_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace license_inventory {

/// Where a phrase stands in a text, in words.
struct phrase_hit {
  std::size_t phrase; ///< its number in the index
  std::size_t first;
  std::size_t last; ///< one past its last word
};

/// Finds many phrases in a text at once, in one pass over its words (the
/// automaton of Aho and Corasick with words for letters).
///
/// Threads: `find` may run in several threads once all phrases are added and
///          `freeze` has been called.
class phrase_index {
public:
  /// Adds a phrase and returns its number; the same words get the same one.
  std::size_t add(std::string_view phrase);

  /// Ends adding. Call once, before the first `find`.
  void freeze();

  /// All hits, overlapping ones too, ordered by their last word.
  [[nodiscard]] std::vector<phrase_hit> find(const normal_text& text) const;

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct node {
    std::unordered_map<std::size_t, std::size_t> next; // by word id
    std::size_t fallback = 0;
    std::size_t phrase = none; // that ends here
    std::size_t shorter = 0;   // nearest fallback where a phrase ends; 0: none
    std::size_t depth = 0;
  };

  [[nodiscard]] std::size_t step(std::size_t at, std::size_t word) const;

  std::unordered_map<std::string, std::size_t> word_ids_;
  std::vector<node> nodes_{1};
  std::size_t phrases_ = 0;
};

} // namespace license_inventory
