#include "licence_texts.hpp"

#include "phrase_index.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace license_inventory {

namespace {

constexpr std::size_t reach = 400;      // words of terms behind an opening
constexpr std::size_t disclaimer = 130; // words that commonly end the terms

std::vector<std::string_view> alternatives(std::string_view phrases) {
  std::vector<std::string_view> result;
  for (;;) {
    const auto bar = phrases.find('|');
    result.push_back(phrases.substr(0, bar));
    if (bar == phrases.npos)
      return result;
    phrases.remove_prefix(bar + 1);
  }
}

/// A named licence, as a rule holds it when its licence is made up here.
struct named {
  std::string licence;
  std::string family;
  evidence_kind kind;
};

/// The numbers of the phrases of a rule in the index.
using numbers = std::vector<std::size_t>;

struct compiled_terms {
  const terms_rule* rule;
  numbers opening;
  std::vector<numbers> needs;
  std::vector<numbers> lacks;
};

/// All rules with their phrases in one index; made once, then only read.
class rule_book {
public:
  static const rule_book& instance() {
    static const rule_book book;
    return book;
  }

  phrase_index index;
  std::vector<compiled_terms> terms;
  std::vector<std::vector<named>> names; ///< by phrase number
  std::vector<bool> opens;               ///< by phrase number

private:
  rule_book() {
    for (const auto& rule : terms_rules()) {
      compiled_terms compiled{&rule, add(rule.opening), {}, {}};
      for (const auto number : compiled.opening)
        opens[number] = true;
      for (const auto phrases : rule.needs)
        compiled.needs.push_back(add(phrases));
      for (const auto phrases : rule.lacks)
        compiled.lacks.push_back(add(phrases));
      terms.push_back(std::move(compiled));
    }
    for (const auto& rule : name_rules())
      add_name(rule.phrases, {std::string{rule.licence},
                              std::string{rule.family}, rule.kind});
    add_creative_commons();
    index.freeze();
  }

  void add_name(std::string_view phrases, const named& what) {
    for (const auto number : add(phrases))
      names[number].push_back(what);
  }

  /// CC-BY and its kin: every combination of terms and version.
  void add_creative_commons() {
    struct variant {
      std::string id;
      std::string words;
      std::string letters;
    };
    const std::array<variant, 4> variants{{
      {"CC-BY-", "attribution", "by"},
      {"CC-BY-SA-", "attribution sharealike", "by sa"},
      {"CC-BY-SA-", "attribution share alike", "by sa"},
      {"CC-BY-NC-SA-", "attribution noncommercial sharealike", "by nc sa"},
    }};
    for (const auto& v : variants)
      for (const std::string version : {"1.0", "2.0", "2.5", "3.0", "4.0"}) {
        const named title{v.id + version, "CC", evidence_kind::title};
        add_name("creative commons " + v.words + " " + version, title);
        add_name("creative commons " + v.words + " license " + version, title);
        add_name(v.words + " " + version + " unported", title);
        add_name("cc " + v.letters + " " + version, title);
        add_name("creativecommons org licenses " + v.letters + " " + version,
                 title);
      }
  }

  numbers add(std::string_view phrases) {
    numbers result;
    for (const auto phrase : alternatives(phrases))
      result.push_back(index.add(phrase));
    const auto needed = 1 + *std::max_element(result.begin(), result.end());
    names.resize(std::max(names.size(), needed));
    opens.resize(std::max(opens.size(), needed));
    return result;
  }
};

bool contains(const numbers& list, std::size_t number) {
  return std::find(list.begin(), list.end(), number) != list.end();
}

/// The hits behind one opening, up to the next one.
class terms_matcher {
public:
  terms_matcher(const normal_text& text, const std::vector<phrase_hit>& hits)
    : text_{text}, hits_{hits} {
    // nop
  }

  /// Judges the opening that is the hit with this number.
  void judge(std::size_t opening, std::vector<finding>& result) {
    const auto& book = rule_book::instance();
    opening_ = opening;
    end_ = end_of_window();
    for (const auto& terms : book.terms)
      if (contains(terms.opening, hits_[opening].phrase) && fits(terms)) {
        result.push_back(found(terms));
        return;
      }
  }

private:
  /// Hits are sorted by their end, so the window is a run of them.
  [[nodiscard]] std::size_t end_of_window() const {
    const auto& book = rule_book::instance();
    const auto limit = hits_[opening_].first + reach;
    for (auto i = opening_ + 1; i < hits_.size(); ++i) {
      const auto& hit = hits_[i];
      if (hit.first >= limit)
        break;
      if (book.opens[hit.phrase] && hit.first >= hits_[opening_].last)
        return hit.first;
    }
    return limit;
  }

  [[nodiscard]] bool fits(const compiled_terms& terms) {
    last_ = hits_[opening_].last;
    return std::all_of(terms.needs.begin(), terms.needs.end(),
                       [&](const auto& need) { return has(need); })
           && std::none_of(terms.lacks.begin(), terms.lacks.end(),
                           [&](const auto& lack) { return has(lack); });
  }

  [[nodiscard]] bool has(const numbers& phrases) {
    const auto begin = hits_[opening_].first;
    for (auto i = first_hit(); i < hits_.size(); ++i) {
      const auto& hit = hits_[i];
      if (hit.last > end_ + 20)
        break;
      if (hit.first < begin || hit.first >= end_
          || !contains(phrases, hit.phrase))
        continue;
      last_ = std::max(last_, hit.last);
      return true;
    }
    return false;
  }

  /// Where hits that lie behind the opening's first word begin.
  [[nodiscard]] std::size_t first_hit() const {
    const auto begin = hits_[opening_].first;
    auto i = opening_;
    while (i > 0 && hits_[i - 1].last > begin)
      --i;
    return i;
  }

  [[nodiscard]] finding found(const compiled_terms& terms) const {
    const auto kind = evidence_kind::terms;
    const auto& hit = hits_[opening_];
    const auto end = terms.rule->length > 0
                       ? hit.first + terms.rule->length
                       : std::min(last_ + disclaimer, end_);
    const auto last = std::min(end, text_.size());
    return {std::string{terms.rule->licence},
            std::string{terms.rule->family},
            text_.excerpt(hit.first, hit.last + 4),
            kind,
            confidence_of(kind),
            hit.first,
            last};
  }

  const normal_text& text_;
  const std::vector<phrase_hit>& hits_;
  std::size_t opening_ = 0;
  std::size_t end_ = 0;
  std::size_t last_ = 0;
};

} // namespace

std::vector<finding> find_licence_texts(const normal_text& text) {
  const auto& book = rule_book::instance();
  const auto hits = book.index.find(text);
  std::vector<finding> result;
  terms_matcher matcher{text, hits};
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const auto& hit = hits[i];
    if (book.opens[hit.phrase])
      matcher.judge(i, result);
    for (const auto& name : book.names[hit.phrase])
      result.push_back(
        {name.licence, name.family,
         text.excerpt(hit.first - std::min<std::size_t>(hit.first, 3),
                      hit.last + 3),
         name.kind, confidence_of(name.kind), hit.first, hit.last});
  }
  return result;
}

} // namespace license_inventory
