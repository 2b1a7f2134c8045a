#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// A text reduced to what licence texts have in common: its words.
///
/// Words are runs of ASCII letters and digits in lower case; a dot between
/// digits ("2.1") and a plus behind one ("2+") belong to the word. Everything
/// else, comment signs, quotes and line ends above all, only separates, and a
/// word divided at a line end is joined. "licence" is spelt "license".
class normal_text {
public:
  explicit normal_text(std::string_view raw);

  /// Number of words.
  [[nodiscard]] std::size_t size() const {
    return spans_.size();
  }

  /// A word; an empty one outside the text.
  [[nodiscard]] std::string_view word(std::size_t index) const;

  /// The words [first, last), one blank between two, at most `max_bytes`.
  [[nodiscard]] std::string excerpt(std::size_t first, std::size_t last,
                                    std::size_t max_bytes = 160) const;

  /// Where a word begins in the raw text.
  [[nodiscard]] std::size_t raw_offset(std::size_t index) const;

private:
  struct span {
    std::uint32_t begin;
    std::uint32_t length;
    std::uint32_t raw;
  };

  void finish_word(std::size_t begin, std::size_t raw);

  std::string words_; // one blank between two
  std::vector<span> spans_;
};

} // namespace license_inventory
