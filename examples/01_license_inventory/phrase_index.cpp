#include "phrase_index.hpp"

namespace license_inventory {

std::size_t phrase_index::add(std::string_view phrase) {
  const normal_text words{phrase};
  std::size_t at = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto id
      = word_ids_.emplace(words.word(i), word_ids_.size()).first->second;
    const auto [edge, is_new] = nodes_[at].next.emplace(id, nodes_.size());
    const auto depth = nodes_[at].depth + 1;
    at = edge->second;
    if (is_new) {
      nodes_.emplace_back();
      nodes_.back().depth = depth;
    }
  }
  if (nodes_[at].phrase == none)
    nodes_[at].phrase = phrases_++;
  return nodes_[at].phrase;
}

void phrase_index::freeze() {
  std::vector<std::size_t> queue{0}; // breadth first: fallbacks are shallower
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const auto at = queue[head];
    for (const auto& [word, child] : nodes_[at].next) {
      const auto fallback = at == 0 ? 0 : step(nodes_[at].fallback, word);
      nodes_[child].fallback = fallback;
      nodes_[child].shorter
        = nodes_[fallback].phrase != none ? fallback : nodes_[fallback].shorter;
      queue.push_back(child);
    }
  }
}

std::vector<phrase_hit> phrase_index::find(const normal_text& text) const {
  std::vector<phrase_hit> result;
  std::size_t at = 0;
  std::string word; // reused: its storage serves all look-ups
  for (std::size_t i = 0; i < text.size(); ++i) {
    word = text.word(i);
    const auto id = word_ids_.find(word);
    at = id == word_ids_.end() ? 0 : step(at, id->second);
    for (auto n = at; n != 0; n = nodes_[n].shorter)
      if (nodes_[n].phrase != none)
        result.push_back({nodes_[n].phrase, i + 1 - nodes_[n].depth, i + 1});
  }
  return result;
}

std::size_t phrase_index::step(std::size_t at, std::size_t word) const {
  for (;;) {
    const auto edge = nodes_[at].next.find(word);
    if (edge != nodes_[at].next.end())
      return edge->second;
    if (at == 0)
      return 0;
    at = nodes_[at].fallback;
  }
}

} // namespace license_inventory
