#include "normal_text.hpp"

#include "text.hpp"

#include <algorithm>

namespace license_inventory {

namespace {

bool is_word_character(char c) {
  return is_digit(c) || is_ascii_letter(c);
}

char at(std::string_view text, std::size_t index) {
  return index < text.size() ? text[index] : '\0';
}

/// Whether the character joins what stands around it into one word.
bool belongs_to_word(std::string_view raw, std::size_t i) {
  if (is_word_character(raw[i]))
    return true;
  if (i == 0)
    return false;
  if (raw[i] == '.')
    return is_digit(raw[i - 1]) && is_digit(at(raw, i + 1));
  return raw[i] == '+' && is_digit(raw[i - 1])
         && !is_word_character(at(raw, i + 1));
}

/// "fur-\n   nished": the length of the division; 0 if it is none.
std::size_t division(std::string_view raw, std::size_t i) {
  if (raw[i] != '-' || at(raw, i + 1) != '\n' || i == 0
      || !is_ascii_letter(raw[i - 1]))
    return 0;
  const auto next = raw.find_first_not_of(" \t*#", i + 2);
  if (next == raw.npos || raw[next] < 'a' || raw[next] > 'z')
    return 0;
  return next - i;
}

} // namespace

normal_text::normal_text(std::string_view raw) {
  words_.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size();) {
    if (!belongs_to_word(raw, i)) {
      ++i;
      continue;
    }
    const auto begin = words_.size();
    const auto raw_begin = i;
    while (i < raw.size()) {
      if (belongs_to_word(raw, i))
        words_ += raw[i++];
      else if (const auto skip = division(raw, i); skip > 0)
        i += skip;
      else
        break;
    }
    finish_word(begin, raw_begin);
  }
}

void normal_text::finish_word(std::size_t begin, std::size_t raw) {
  const auto word = lower(std::string_view{words_}.substr(begin));
  words_.resize(begin);
  if (word == "licence" || word == "licences" || word == "licenced")
    words_ += "license" + word.substr(std::string_view{"licence"}.size());
  else
    words_ += word;
  spans_.push_back({static_cast<std::uint32_t>(begin),
                    static_cast<std::uint32_t>(words_.size() - begin),
                    static_cast<std::uint32_t>(raw)});
  words_ += ' ';
}

std::string_view normal_text::word(std::size_t index) const {
  if (index >= spans_.size())
    return {};
  return std::string_view{words_}.substr(spans_[index].begin,
                                         spans_[index].length);
}

std::string normal_text::excerpt(std::size_t first, std::size_t last,
                                 std::size_t max_bytes) const {
  last = std::min(last, spans_.size());
  if (first >= last)
    return {};
  const auto& tail = spans_[last - 1];
  const auto begin = spans_[first].begin;
  return shorten(
    std::string_view{words_}.substr(begin, tail.begin + tail.length - begin),
    max_bytes);
}

std::size_t normal_text::raw_offset(std::size_t index) const {
  return index < spans_.size() ? spans_[index].raw : 0;
}

} // namespace license_inventory
