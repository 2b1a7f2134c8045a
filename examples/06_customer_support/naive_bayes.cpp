#include "naive_bayes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace customer_support {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

std::string lowered(std::string_view text) {
  auto result = std::string{text};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::size_t index_of(category x) {
  return static_cast<std::size_t>(x);
}

/// Divides by the sum, which is not 0.
scores shares_of(scores x) {
  const auto sum = std::accumulate(x.begin(), x.end(), 0.0);
  for (auto& one : x)
    one /= sum;
  return x;
}

struct marks {
  category of;
  std::vector<std::string_view> texts;
};

const std::vector<marks>& all_marks() {
  static const auto all = std::vector<marks>{
    {category::refund,
     {"refund", "money back", "sent it back", "cancel", "return",
      "charged for two", "twice", "zurückgeschickt", "geld zurück",
      "rückerstattung"}},
    {category::delivery,
     {"parcel", "package", "tracking", "deliver", "courier", "arrived", "ship",
      "paket", "sendung"}},
    {category::damage,
     {"broke", "crack", "scratch", "defect", "leak", "does not work", "missing",
      "kaputt", "zerbrochen"}},
    {category::invoice,
     {"invoice", "bill", "receipt", "reciept", "vat", "rechnung"}},
    {category::account,
     {"account", "password", "log in", "login", "newsletter", "konto",
      "anmelden"}},
    {category::feedback,
     {"thank", "great", "worst", "star", "rude", "shame", "vielen dank"}}};
  return all;
}

} // namespace

std::vector<std::string> words_of(std::string_view text) {
  auto words = std::vector<std::string>{};
  auto word = std::string{};
  const auto end_word = [&] {
    if (word.size() > 1)
      words.push_back(word);
    word.clear();
  };
  for (const auto raw : text) {
    const auto c = lower(raw);
    if (is_letter(c))
      word += c;
    else if (c != '\'')
      end_word();
  }
  end_word();
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

naive_bayes::naive_bayes(const std::vector<labelled_text>& training) {
  for (const auto& x : training) {
    const auto i = index_of(x.label);
    texts_.at(i) += 1;
    for (const auto& word : words_of(x.text)) {
      counts_[word].at(i) += 1;
      words_.at(i) += 1;
    }
  }
}

scores naive_bayes::classify(std::string_view text) const {
  auto logs = scores{};
  for (auto i = std::size_t{0}; i < logs.size(); ++i)
    logs.at(i) = std::log(texts_.at(i) + 1);
  const auto vocabulary = static_cast<double>(counts_.size());
  for (const auto& word : words_of(text)) {
    const auto found = counts_.find(word);
    if (found == counts_.end())
      continue;
    for (auto i = std::size_t{0}; i < logs.size(); ++i)
      logs.at(i)
        += std::log((found->second.at(i) + 1) / (words_.at(i) + vocabulary));
  }
  const auto most = *std::max_element(logs.begin(), logs.end());
  for (auto& x : logs)
    x = std::exp(x - most); // no underflow: the largest becomes 1
  return shares_of(logs);
}

scores by_marks(std::string_view text) {
  const auto where = lowered(text);
  auto found = scores{};
  found.fill(1.0 / static_cast<double>(categories.size()));
  for (const auto& [of, texts] : all_marks())
    for (const auto& mark : texts)
      if (where.find(mark) != where.npos)
        found.at(index_of(of)) += 1;
  return shares_of(found);
}

} // namespace customer_support
