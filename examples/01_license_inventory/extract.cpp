#include "extract.hpp"

#include "normal_text.hpp"
#include "spdx_names.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace license_inventory {

namespace {

constexpr double with_text = 0.95;
constexpr double without_licence = 0.9; // public domain
constexpr double without_version = 0.85;
constexpr double repaired = 0.85;
constexpr double without_text = 0.5;
constexpr double after_loss = 0.7;
constexpr std::size_t max_text_bytes = 16384;
constexpr std::size_t max_holders = 500;
constexpr std::size_t max_doubts = 20;
constexpr std::size_t max_package_bytes = 255;

record begin_record(const document& d, document_format format) {
  record result;
  result.package
    = shorten(d.package.empty() ? "unknown" : d.package, max_package_bytes);
  result.source = shorten(d.source.empty() ? "unknown" : d.source, 4000);
  result.format = format;
  return result;
}

void add_doubt(record& into, std::string doubt) {
  const auto& doubts = into.doubts;
  if (doubts.size() < max_doubts
      && std::find(doubts.begin(), doubts.end(), doubt) == doubts.end())
    into.doubts.push_back(shorten(one_line(doubt), 1000));
}

// -- machine-readable ---------------------------------------------------------

/// Families whose variants Debian names freely ("BSD-3-clause-Regents"); the
/// text decides whether a variant is the licence it is named after.
constexpr auto variant_families = std::to_array<std::string_view>(
  {"bsd", "mit", "expat", "isc", "apache", "zlib", "permissive"});

/// Interprets the short names of one document, each once.
class name_reader {
public:
  name_reader(const dep5_document& parsed, record& into) : into_{into} {
    for (const auto& licence : parsed.licences)
      texts_.emplace(key_of(licence.name), licence.text);
    for (const auto& paragraph : parsed.files)
      texts_.emplace(key_of(debian_name(paragraph.licence)),
                     paragraph.licence_text);
    std::erase_if(texts_, [](const auto& t) { return t.second.empty(); });
  }

  /// The SPDX expression for a paragraph's licence; empty if it has none.
  std::string read(const dep5_files& paragraph) {
    if (paragraph.licence.empty())
      return read_nameless(paragraph);
    if (paragraph.adopted)
      repair(paragraph, "its licence stands in the next paragraph");
    inline_text_ = paragraph.licence_text;
    return spdx_expression(paragraph.licence,
                           [&](const auto& leaf) { return name_of(leaf); });
  }

private:
  static std::string key_of(std::string_view name) {
    return lower(one_line(name));
  }

  std::string read_nameless(const dep5_files& paragraph) {
    auto licence = clear_terms_in(paragraph.licence_text);
    if (!licence.empty()) {
      repair(paragraph, "without a short name; its text is " + licence);
      return licence;
    }
    lower_to(without_text);
    add_doubt(into_, "line " + std::to_string(paragraph.line)
                       + ": files without a licence");
    return {};
  }

  void repair(const dep5_files& paragraph, const std::string& how) {
    lower_to(repaired);
    add_doubt(into_, "line " + std::to_string(paragraph.line) + ": " + how);
  }

  std::string name_of(const license_expression& leaf) {
    const auto name = debian_name(leaf);
    const auto [at, is_new] = known_.emplace(key_of(name), std::string{});
    if (is_new || (at->second.empty()))
      at->second = judge(leaf, name);
    return at->second;
  }

  std::string judge(const license_expression& leaf, const std::string& name) {
    const auto spdx = spdx_for(leaf);
    if (spdx.any_version) {
      lower_to(without_version);
      add_doubt(into_, "\"" + name + "\" does not say which version");
    }
    if (spdx.listed)
      return spdx.id;
    const auto text = text_for(leaf, name);
    const bool public_domain = spdx_name_says_public_domain(spdx.id);
    if (text.empty() && public_domain) {
      lower_to(without_licence);
      return spdx.id;
    }
    if (text.empty()) {
      lower_to(without_text);
      add_doubt(into_, "licence \"" + shorten(name, 100)
                         + "\" is unknown and its text is missing");
      return spdx.id;
    }
    if (auto variant = variant_of(name, text); !variant.empty())
      return variant;
    lower_to(public_domain ? without_licence : with_text);
    into_.texts.emplace(spdx.id, shorten(text, max_text_bytes));
    return spdx.id;
  }

  [[nodiscard]] std::string_view text_for(const license_expression& leaf,
                                          const std::string& name) const {
    if (const auto at = texts_.find(key_of(name)); at != texts_.end())
      return at->second;
    if (!inline_text_.empty())
      return inline_text_;
    const auto at = texts_.find(key_of(leaf.name));
    return at == texts_.end() ? std::string_view{} : at->second;
  }

  /// The listed licence whose variant this is, by name and by text; or empty.
  [[nodiscard]] static std::string variant_of(const std::string& name,
                                              std::string_view text) {
    const auto folded = lower(name);
    const bool may_be
      = std::any_of(variant_families.begin(), variant_families.end(),
                    [&](auto family) { return folded.starts_with(family); });
    return may_be ? clear_terms_in(text) : std::string{};
  }

  /// The listed licence a text holds the terms of, if it holds just one.
  [[nodiscard]] static std::string clear_terms_in(std::string_view text) {
    const auto found = recognise(text);
    const bool clear = found.findings.size() == 1 && found.confidence >= 0.9;
    const bool terms
      = clear && found.findings.front().kind == evidence_kind::terms;
    return terms ? found.findings.front().licence : std::string{};
  }

  [[nodiscard]] static bool spdx_name_says_public_domain(std::string_view id) {
    return lower(id).starts_with("licenseref-public-domain")
           || lower(id) == "licenseref-pd";
  }

  void lower_to(double confidence) {
    into_.confidence = std::min(into_.confidence, confidence);
  }

  record& into_;
  std::unordered_map<std::string, std::string> texts_; // by folded name
  std::unordered_map<std::string, std::string> known_; // by folded name
  std::string_view inline_text_;
};

void add_holders(record& into, const dep5_document& parsed) {
  std::unordered_set<std::string_view> seen;
  for (const auto& paragraph : parsed.files)
    for (const auto& holder : paragraph.holders)
      if (into.holders.size() < max_holders && seen.insert(holder).second)
        into.holders.push_back(holder);
}

void add_problems(record& into, const dep5_document& parsed) {
  for (const auto& problem : parsed.problems) {
    if (!problem.loses_information)
      continue;
    into.confidence = std::min(into.confidence, after_loss);
    add_doubt(into,
              "line " + std::to_string(problem.line) + ": " + problem.what);
  }
}

// -- prose --------------------------------------------------------------------

/// The raw text around a finding, for licences SPDX has no text of.
std::string raw_text(const std::string& text, const normal_text& words,
                     const finding& f) {
  constexpr std::size_t before = 25; // words
  constexpr std::size_t behind = 25;
  const auto first = f.first - std::min(f.first, before);
  const auto last = f.last + behind;
  const auto begin = words.raw_offset(first);
  const auto end = last < words.size() ? words.raw_offset(last) : text.size();
  return shorten(trim(text.substr(begin, end - begin)), max_text_bytes);
}

} // namespace

record record_from(const document& d, const dep5_document& parsed) {
  auto result = begin_record(d, document_format::dep5);
  result.confidence = 1;
  name_reader names{parsed, result};
  std::unordered_set<std::string> seen;
  for (const auto& paragraph : parsed.files) {
    const auto licence = names.read(paragraph);
    if (licence.empty())
      continue;
    for (auto& part : conjuncts_of(licence))
      if (seen.insert(part).second)
        result.licences.push_back(std::move(part));
  }
  add_holders(result, parsed);
  add_problems(result, parsed);
  if (result.licences.empty()) {
    result.confidence = 0;
    add_doubt(result, "no licence found");
  }
  return result;
}

record record_from(const document& d, const recognition& recognised) {
  auto result = begin_record(d, document_format::free_form);
  const normal_text words{d.text};
  for (const auto& f : recognised.findings) {
    result.licences.push_back(f.licence);
    if (f.licence.starts_with("LicenseRef-"))
      result.texts.emplace(f.licence, raw_text(d.text, words, f));
  }
  result.holders = recognised.holders;
  result.confidence = recognised.confidence;
  for (const auto& doubt : recognised.doubts)
    add_doubt(result, doubt);
  return result;
}

record extract(const document& d) {
  auto result = looks_like_dep5(d.text) ? record_from(d, parse_dep5(d.text))
                                        : record_from(d, recognise(d.text));
  for (const auto& note : d.notes)
    add_doubt(result, note);
  return result;
}

} // namespace license_inventory
