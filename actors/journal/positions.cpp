#include <stanchion/actors/journal/positions.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace stanchion {

namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw error{error_code::store_damaged,
              "\"" + std::string{text} + "\" names no places of the journal"};
}

std::int64_t number_of(std::string_view text) {
  auto x = std::int64_t{0};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), x);
  if (problem != std::errc{} || end != text.data() + text.size() || x < 1)
    refuse(text);
  return x;
}

} // namespace

void position_set::add(std::int64_t first, std::int64_t last) {
  auto i = ranges_.upper_bound(first);
  if (i != ranges_.begin() && std::prev(i)->second >= first - 1)
    --i; // it goes on from there
  while (i != ranges_.end() && i->first <= last + 1) {
    first = std::min(first, i->first);
    last = std::max(last, i->second);
    i = ranges_.erase(i);
  }
  ranges_.emplace(first, last);
}

void position_set::add(const position_set& x) {
  for (const auto& [first, last] : x.ranges_)
    add(first, last);
}

bool position_set::covers(std::int64_t first, std::int64_t last) const {
  const auto i = ranges_.upper_bound(first);
  return i != ranges_.begin() && std::prev(i)->second >= last;
}

std::int64_t position_set::last() const {
  return ranges_.empty() ? 0 : ranges_.rbegin()->second;
}

std::string position_set::to_text() const {
  auto text = std::string{};
  for (const auto& [first, last] : ranges_) {
    text += (text.empty() ? "" : ",") + std::to_string(first);
    if (last != first)
      text += "-" + std::to_string(last);
  }
  return text;
}

position_set position_set::parse(std::string_view text) {
  auto all = position_set{};
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(','));
    const auto dash = word.find('-');
    const auto first = number_of(word.substr(0, dash));
    const auto last = dash == std::string_view::npos
                        ? first
                        : number_of(word.substr(dash + 1));
    if (last < first)
      refuse(word);
    all.add(first, last);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return all;
}

} // namespace stanchion
