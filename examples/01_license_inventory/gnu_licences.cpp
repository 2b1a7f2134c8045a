#include "gnu_licences.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace license_inventory {

namespace {

struct family {
  std::string_view name;
  std::string_view any_version; ///< what the bare name stands for
  std::array<std::string_view, 4> versions;
};

constexpr family gpl{"GPL", "GPL-1.0-or-later", {"1", "2", "3", ""}};
constexpr family lgpl{"LGPL", "LGPL-2.0-or-later", {"2", "2.1", "3", ""}};
constexpr family agpl{"AGPL", "AGPL-1.0-or-later", {"1", "3", "", ""}};
constexpr family gfdl{"GFDL", "GFDL-1.1-or-later", {"1.1", "1.2", "1.3", ""}};

constexpr std::size_t version_reach = 16; // words behind a name
constexpr std::size_t earlier_reach = 16; // words before a name
constexpr std::size_t later_reach = 12;   // words behind a version
constexpr std::size_t context_reach = 8;  // words of terms before a bare name

/// A mention of a licence's name.
struct mention {
  const family* of = nullptr;
  std::size_t first = 0;
  std::size_t last = 0;
  std::string_view glued; ///< what is glued to it: "v2+" in "gplv2+"
  bool is_reference = false;
};

struct version {
  std::string number; ///< as SPDX writes it: "2.0"
  bool or_later = false;
  std::size_t last = 0;
};

bool is_one_of(std::string_view word,
               std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string spdx_number(std::string_view number) {
  return std::string{number} + (number.find('.') == number.npos ? ".0" : "");
}

/// "v2", "2.0", "2+", "3.0+" → the version, if the family has it.
std::optional<version> number_in(const family& of, std::string_view word,
                                 std::size_t at) {
  if (word.starts_with('v') && word.size() > 1)
    word.remove_prefix(1);
  version result{{}, word.ends_with('+'), at + 1};
  if (result.or_later)
    word.remove_suffix(1);
  if (word.ends_with(".0"))
    word.remove_suffix(2);
  const auto* known = std::find(of.versions.begin(), of.versions.end(), word);
  if (word.empty() || known == of.versions.end())
    return std::nullopt;
  result.number = spdx_number(*known);
  return result;
}

class scanner {
public:
  explicit scanner(const normal_text& text) : text_{text} {
    // nop
  }

  std::vector<finding> run() {
    for (std::size_t i = 0; i < text_.size();)
      i = take(i);
    return std::move(result_);
  }

private:
  /// Looks at one word; returns where to go on.
  std::size_t take(std::size_t i) {
    const auto found = mention_at(i);
    if (!found)
      return i + 1;
    if (const auto end = end_of_full_text(*found); end > 0) {
      add_full_text(*found, end);
      return end;
    }
    const auto version = version_of(*found);
    if (version)
      add_versioned(*found, *version);
    else
      add_bare(*found);
    return found->last;
  }

  // -- names ------------------------------------------------------------------

  [[nodiscard]] std::optional<mention> mention_at(std::size_t i) const {
    const auto word = text_.word(i);
    if (is_one_of(word, {"license", "licenses"}))
      return spelt_out(i);
    for (const auto* of : {&agpl, &lgpl, &gfdl, &gpl}) {
      const auto name = lower(of->name);
      if (!word.starts_with(name))
        continue;
      const auto glued = word.substr(name.size());
      if (!glued.empty() && !number_in(*of, glued, i) && glued != "s")
        return std::nullopt;
      return mention{of, i, i + 1, glued, follows_path(i)};
    }
    return std::nullopt;
  }

  /// "gnu lesser general public license", ending at word `i`.
  [[nodiscard]] std::optional<mention> spelt_out(std::size_t i) const {
    const auto before = [&](std::size_t n) {
      return i >= n ? text_.word(i - n) : std::string_view{};
    };
    if (before(1) == "documentation" && before(2) == "free")
      return mention{&gfdl, i - 2, i + 1, {}, false};
    if (before(1) != "public" || before(2) != "general")
      return std::nullopt;
    if (is_one_of(before(3), {"lesser", "library"}))
      return mention{&lgpl, i - 3, i + 1, {}, false};
    if (before(3) == "affero")
      return mention{&agpl, i - 3, i + 1, {}, false};
    return mention{&gpl, i - 2, i + 1, {}, false};
  }

  /// Whether the word is the file name in /usr/share/common-licenses/….
  [[nodiscard]] bool follows_path(std::size_t i) const {
    return i >= 2 && text_.word(i - 1) == "licenses"
           && text_.word(i - 2) == "common";
  }

  // -- versions ---------------------------------------------------------------

  [[nodiscard]] std::optional<version> version_of(const mention& m) const {
    if (!m.glued.empty())
      if (auto v = number_in(*m.of, m.glued, m.first)) {
        v->or_later = v->or_later || says_later(m.last);
        return v;
      }
    if (m.is_reference)
      return number_in(*m.of, text_.word(m.last), m.last);
    if (stands_behind_of(m))
      if (auto v = version_before(m))
        return v;
    if (auto v = version_behind(m))
      return v;
    return version_before(m);
  }

  [[nodiscard]] std::optional<version> version_behind(const mention& m) const {
    if (auto v = number_in(*m.of, text_.word(m.last), m.last)) {
      v->or_later = v->or_later || says_later(v->last);
      return v; // "GPL 2", "GPL-2+"
    }
    for (auto i = m.last; i < m.last + version_reach; ++i) {
      if (i > m.last + 1 && mention_at(i))
        break; // "… (LGPL) version 2" is one mention, farther ones are others
      if (auto v = version_word(*m.of, i)) {
        v->or_later = v->or_later || says_later(v->last);
        return v;
      }
    }
    return std::nullopt;
  }

  /// "version 2 or later of the GNU General Public License".
  [[nodiscard]] std::optional<version> version_before(const mention& m) const {
    const auto begin = m.first - std::min(m.first, earlier_reach);
    std::optional<version> found;
    for (auto i = begin; i < m.first; ++i) {
      if (mention_at(i))
        found.reset(); // belongs to another licence
      else if (auto v = version_word(*m.of, i))
        found = v;
    }
    if (!found)
      return std::nullopt;
    found->or_later
      = found->or_later || says_later(found->last) || says_later(m.last);
    found->last = std::max(found->last, m.last);
    return found;
  }

  /// "version 2", "v 2", "v2", "versions 2".
  [[nodiscard]] std::optional<version> version_word(const family& of,
                                                    std::size_t i) const {
    const auto word = text_.word(i);
    if (is_one_of(word, {"version", "versions", "v", "ver"}))
      return number_in(of, text_.word(i + 1), i + 1);
    if (word.starts_with('v'))
      return number_in(of, word, i);
    return std::nullopt;
  }

  [[nodiscard]] bool stands_behind_of(const mention& m) const {
    auto i = m.first;
    while (i > 0 && is_one_of(text_.word(i - 1), {"gnu", "the", "s"}))
      --i;
    return i > 0 && text_.word(i - 1) == "of";
  }

  /// "or later", "or (at your option) any later version", "and newer".
  [[nodiscard]] bool says_later(std::size_t from) const {
    bool choice = false;
    for (auto i = from; i < from + later_reach && i < text_.size(); ++i) {
      const auto word = text_.word(i);
      choice = choice || is_one_of(word, {"or", "any", "and"});
      if (is_one_of(word, {"later", "newer", "greater", "higher", "above"}))
        return choice;
      if (is_one_of(word, {"gnu", "only", "gpl", "lgpl", "file", "files"}))
        return false;
    }
    return false;
  }

  // -- licences in full -------------------------------------------------------

  /// One past the licence that begins with this title; 0 if none does. A
  /// title is followed by version and date, the text by its closing words.
  [[nodiscard]] std::size_t end_of_full_text(const mention& m) const {
    constexpr std::size_t longest = 8000; // words; the longest has 5700
    constexpr std::size_t shortest = 500;
    constexpr std::size_t appendix = 500; // how to apply it
    const bool titled = text_.word(m.last) == "version"
                        && number_in(*m.of, text_.word(m.last + 1), m.last + 1)
                        && (is_date(m.last + 2) || is_date(m.last + 3));
    if (!titled)
      return 0;
    std::size_t end = 0;
    const auto limit = std::min(text_.size(), m.last + longest);
    for (auto i = m.last + shortest; i < limit; ++i) {
      const bool closing
        = text_.word(i) == "conditions" && text_.word(i - 1) == "and"
          && text_.word(i - 2) == "terms" && text_.word(i - 4) == "end";
      if (closing)
        return end_of_appendix(i + 1, std::min(text_.size(), i + appendix));
      if (text_.word(i) == "version" && is_date(i + 2))
        break; // the title of another one
      if (text_.word(i) == "addendum" && m.of == &gfdl)
        end = std::min(text_.size(), i + appendix / 2);
    }
    return end;
  }

  [[nodiscard]] std::size_t end_of_appendix(std::size_t from,
                                            std::size_t limit) const {
    for (auto i = from; i < from + 10 && i < limit; ++i)
      if (text_.word(i) == "apply")
        return limit;
    return from;
  }

  [[nodiscard]] bool is_date(std::size_t i) const {
    const auto word = text_.word(i);
    return is_one_of(word, {"february", "march", "june", "november"})
           && text_.word(i + 1).size() == 4;
  }

  // -- findings ---------------------------------------------------------------

  void add_versioned(const mention& m, const version& v) {
    auto licence = std::string{m.of->name} + "-" + v.number;
    if (m.of == &gfdl && says_no_invariants(m))
      licence += "-no-invariants";
    const auto last = std::max(m.last, v.last);
    const auto kind = m.is_reference || speaks_of_text(m)
                        ? evidence_kind::one_version
                      : speaks_of_terms(m) ? evidence_kind::grant
                                           : evidence_kind::title;
    add(m, licence + (v.or_later ? "-or-later" : "-only"), kind,
        v.or_later ? last + later_reach : last);
  }

  void add_bare(const mention& m) {
    if (m.is_reference || (speaks_of_terms(m) && !denies(m)))
      add(m, std::string{m.of->any_version}, evidence_kind::bare_name, m.last);
  }

  void add_full_text(const mention& m, std::size_t end) {
    const auto number = number_in(*m.of, text_.word(m.last + 1), m.last + 1);
    add(m, std::string{m.of->name} + "-" + number->number + "-only",
        evidence_kind::one_version, m.last + 5);
    result_.back().last = end;
  }

  [[nodiscard]] bool speaks_of_terms(const mention& m) const {
    const auto begin = m.first - std::min(m.first, context_reach);
    for (auto i = begin; i < m.first; ++i)
      if (is_one_of(text_.word(i), {"under", "terms", "licensed", "covered"}))
        return true;
    return text_.word(begin == m.first ? 0 : m.first - 1) == "license";
  }

  /// "the full text of the …", "a copy of the …": where to read it.
  [[nodiscard]] bool speaks_of_text(const mention& m) const {
    const auto begin = m.first - std::min<std::size_t>(m.first, 5);
    for (auto i = begin; i < m.first; ++i)
      if (is_one_of(text_.word(i), {"text", "copy", "texts", "copies"}))
        return true;
    return false;
  }

  /// "doesn't mean that we're distributing it under the GPL".
  [[nodiscard]] bool denies(const mention& m) const {
    const auto begin = m.first - std::min<std::size_t>(m.first, 12);
    for (auto i = begin; i < m.first; ++i)
      if (is_one_of(text_.word(i), {"not", "doesn", "isn", "unlike",
                                    "compatible", "combine", "previously"}))
        return true;
    return false;
  }

  [[nodiscard]] bool says_no_invariants(const mention& m) const {
    for (auto i = m.last; i + 1 < m.last + 40 && i < text_.size(); ++i)
      if (text_.word(i) == "no" && text_.word(i + 1) == "invariant")
        return true;
    return false;
  }

  void add(const mention& m, std::string licence, evidence_kind kind,
           std::size_t last) {
    const auto first = m.first - std::min<std::size_t>(m.first, 2);
    last = std::min(last, text_.size());
    result_.push_back({std::move(licence), std::string{m.of->name},
                       text_.excerpt(first, last), kind, confidence_of(kind),
                       first, last});
  }

  const normal_text& text_;
  std::vector<finding> result_;
};

} // namespace

std::vector<finding> find_gnu_licences(const normal_text& text) {
  return scanner{text}.run();
}

} // namespace license_inventory
