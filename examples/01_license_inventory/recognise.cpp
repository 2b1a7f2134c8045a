#include "recognise.hpp"

#include "gnu_licences.hpp"
#include "holders.hpp"
#include "licence_texts.hpp"
#include "phrase_index.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace license_inventory {

namespace {

/// Phrases that grant something, whatever the licence.
constexpr auto grants = std::to_array<std::string_view>({
  "permission is hereby granted",
  "permission is granted",
  "permission is given",
  "permission to use",
  "permission to copy",
  "permission to modify",
  "permission to redistribute",
  "redistribution and use",
  "redistribution in source",
  "hereby grant",
  "hereby grants",
  "unlimited permission",
  "is free software",
  "are free software",
  "licensed under",
  "is distributed under",
  "are distributed under",
  "released under",
  "under the terms of",
  "may be freely",
  "can be freely",
  "freely distributable",
  "freely redistributable",
  "you are free to",
  "feel free to copy",
  "may be used freely",
  "may be copied",
  "may be distributed",
  "you may use copy",
});

constexpr std::size_t before_finding = 45; // words a finding explains ahead
constexpr std::size_t behind_finding = 30; // and behind
constexpr std::size_t one_grant = 40;      // words: grants this close are one
constexpr std::size_t max_shown = 5;

const phrase_index& grant_index() {
  static const phrase_index index = [] {
    phrase_index result;
    for (const auto phrase : grants)
      result.add(phrase);
    result.freeze();
    return result;
  }();
  return index;
}

// -- which findings remain ----------------------------------------------------

bool is_weak(evidence_kind kind) {
  return kind == evidence_kind::bare_name || kind == evidence_kind::one_version
         || kind == evidence_kind::reference;
}

/// The kinds of evidence present in each family.
using families = std::map<std::string, std::set<evidence_kind>>;

families kinds_by_family(const std::vector<finding>& findings) {
  families result;
  for (const auto& f : findings)
    result[f.family].insert(f.kind);
  return result;
}

/// "GPL 2" in a title beside a grant of "GPL 2 or any later version".
bool is_less_than_grant(const finding& f, const std::vector<finding>& all) {
  constexpr std::string_view only = "-only";
  if (!f.licence.ends_with(only))
    return false;
  const auto grant
    = f.licence.substr(0, f.licence.size() - only.size()) + "-or-later";
  return std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.kind == evidence_kind::grant && other.licence == grant;
  });
}

bool gives_way(const finding& f, const std::vector<finding>& findings,
               const families& all) {
  const auto& kinds = all.at(f.family);
  const auto strongest = *kinds.begin(); // the set is sorted by strength
  if (f.kind == evidence_kind::bare_name)
    return strongest != evidence_kind::bare_name;
  if (is_weak(f.kind))
    return !is_weak(strongest);
  if (f.kind == evidence_kind::title && is_less_than_grant(f, findings))
    return true;
  const bool names_terms = f.family == "MIT" || f.family == "Info-ZIP"
                           || f.family == "ISC" || f.family == "Zlib";
  return f.kind == evidence_kind::title && names_terms
         && strongest == evidence_kind::terms;
}

bool has(const std::vector<finding>& findings, std::string_view licence) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const auto& f) { return f.licence == licence; });
}

/// Licences that are parts of another one give way to the whole.
void combine_parts(std::vector<finding>& findings) {
  if (has(findings, "LicenseRef-BeOpen"))
    for (auto& f : findings)
      if (f.family == "Python")
        f.licence = "Python-2.0";
  if (has(findings, "OpenSSL"))
    for (auto& f : findings)
      if (f.family == "OpenSSL")
        f.licence = "OpenSSL";
}

std::vector<finding> remaining(std::vector<finding> findings) {
  const auto all = kinds_by_family(findings);
  const auto given = findings;
  std::erase_if(findings,
                [&](const auto& f) { return gives_way(f, given, all); });
  combine_parts(findings);
  std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.kind, a.licence)
           < std::tie(b.first, b.kind, b.licence);
  });
  std::vector<finding> result;
  std::map<std::string, std::size_t> seen;
  for (auto& f : findings) {
    const auto [at, is_new] = seen.emplace(f.licence, result.size());
    if (is_new)
      result.push_back(std::move(f));
    else if (f.kind < result[at->second].kind)
      result[at->second] = std::move(f);
  }
  return result;
}

// -- what they leave unexplained ----------------------------------------------

struct grant_phrase {
  std::size_t first;
  std::size_t last;
  bool explained;
};

bool follows_soon(const normal_text& text, std::size_t from,
                  std::initializer_list<std::string_view> words) {
  constexpr std::size_t soon = 5;
  for (auto i = from; i < from + soon; ++i)
    if (std::find(words.begin(), words.end(), text.word(i)) != words.end())
      return true;
  return false;
}

/// "under the same terms as above" points to a grant elsewhere, "permission
/// to use the trademark" grants nothing.
bool grants_nothing(const normal_text& text, const phrase_hit& hit) {
  const auto end = text.word(hit.last - 1);
  if (end == "under" || end == "of")
    return follows_soon(
      text, hit.last, {"same", "above", "following", "below", "these", "this"});
  return follows_soon(text, hit.last, {"trademark", "trademarks", "names"});
}

/// Whether words lie where a finding explains them; the findings are sorted.
class coverage {
public:
  explicit coverage(const std::vector<finding>& findings) {
    for (const auto& f : findings) {
      const auto begin = f.first - std::min(f.first, before_finding);
      add(begin, f.last + behind_finding);
    }
  }

  [[nodiscard]] bool covers(std::size_t word) const {
    auto at = ranges_.upper_bound(word);
    return at != ranges_.begin() && std::prev(at)->second > word;
  }

private:
  void add(std::size_t begin, std::size_t end) {
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) {
      --at;
      at->second = std::max(at->second, end);
    } else {
      ranges_.emplace(begin, end);
    }
  }

  std::map<std::size_t, std::size_t> ranges_;
};

std::vector<grant_phrase> grant_phrases(const normal_text& text,
                                        std::vector<finding> findings) {
  std::sort(findings.begin(), findings.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const coverage explained{findings};
  std::vector<grant_phrase> result;
  for (const auto& hit : grant_index().find(text)) {
    const bool known = explained.covers(hit.first) || grants_nothing(text, hit);
    if (!result.empty() && hit.first < result.back().first + one_grant)
      result.back().explained = result.back().explained || known;
    else
      result.push_back({hit.first, hit.last, known});
  }
  return result;
}

std::string words_for(const finding& f) {
  switch (f.kind) {
  case evidence_kind::one_version:
    return "shown in one version, without a word on later ones";
  case evidence_kind::bare_name:
    return "named without its version";
  default:
    return "stated weakly";
  }
}

void doubt_findings(recognition& result) {
  if (result.findings.empty())
    result.doubts.emplace_back("no licence recognised");
  for (const auto& f : result.findings)
    if (f.kind >= evidence_kind::one_version)
      result.doubts.push_back(f.licence + ": " + words_for(f) + " (\""
                              + f.evidence + "\")");
}

void doubt_grants(const normal_text& text,
                  const std::vector<grant_phrase>& phrases,
                  recognition& result) {
  std::size_t unexplained = 0;
  for (const auto& phrase : phrases) {
    if (phrase.explained)
      continue;
    if (++unexplained <= max_shown)
      result.doubts.push_back(
        "a grant that no known licence explains: \""
        + text.excerpt(phrase.first, phrase.last + 12, 120) + "\"");
  }
  if (unexplained > max_shown)
    result.doubts.push_back("and " + std::to_string(unexplained - max_shown)
                            + " more such grants");
}

double judge(const std::vector<finding>& findings,
             const std::vector<grant_phrase>& phrases) {
  if (findings.empty())
    return 0;
  double weakest = 1;
  for (const auto& f : findings)
    weakest = std::min(weakest, f.confidence);
  if (phrases.empty())
    return weakest;
  const auto explained = std::count_if(
    phrases.begin(), phrases.end(), [](const auto& p) { return p.explained; });
  return weakest * static_cast<double>(explained)
         / static_cast<double>(phrases.size());
}

} // namespace

recognition recognise(std::string_view text) {
  const normal_text words{text};
  auto findings = find_gnu_licences(words);
  auto others = find_licence_texts(words);
  std::move(others.begin(), others.end(), std::back_inserter(findings));
  const auto phrases = grant_phrases(words, findings);
  recognition result;
  result.findings = remaining(std::move(findings));
  result.holders = holders_in_text(text);
  result.confidence = judge(result.findings, phrases);
  doubt_findings(result);
  doubt_grants(words, phrases, result);
  return result;
}

} // namespace license_inventory
