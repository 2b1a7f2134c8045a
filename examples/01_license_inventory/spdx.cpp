#include "spdx.hpp"

#include "spdx_names.hpp"
#include "text.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace license_inventory {

namespace {

using json = nlohmann::ordered_json;

constexpr auto list_version = "3.25"; // of the SPDX list our names are from
constexpr auto document_id = "SPDXRef-DOCUMENT";

/// The `LicenseRef-…` of one document, each with one text.
class license_refs {
public:
  /// The identifier under which this text is kept.
  std::string id_for(const std::string& wanted, const std::string& text) {
    const auto [at, is_new] = ids_.emplace(std::pair{wanted, text}, "");
    if (is_new)
      at->second = unused(wanted);
    texts_[at->second] = text;
    return at->second;
  }

  [[nodiscard]] json infos() const {
    auto result = json::array();
    for (const auto& [id, text] : texts_)
      result.push_back({{"licenseId", id},
                        {"name", id.substr(prefix.size())},
                        {"extractedText", text}});
    return result;
  }

private:
  static constexpr std::string_view prefix = "LicenseRef-";

  [[nodiscard]] std::string unused(const std::string& wanted) const {
    auto result = wanted;
    for (std::size_t n = 2; texts_.contains(result); ++n)
      result = wanted + "-" + std::to_string(n);
    return result;
  }

  std::map<std::pair<std::string, std::string>, std::string> ids_;
  std::map<std::string, std::string> texts_;
};

/// A package's name in the letters an SPDX identifier may have.
std::string id_letters(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool allowed
      = is_ascii_letter(c) || is_digit(c) || c == '.' || c == '-';
    result += c == '+' ? "plus" : std::string(1, allowed ? c : '-');
  }
  return result;
}

std::string copyright_text(const record& r) {
  std::string result;
  for (const auto& holder : r.holders)
    result += (result.empty() ? "" : "\n") + holder;
  return result.empty() ? "NOASSERTION" : result;
}

/// Makes the document, package by package.
class document_writer {
public:
  void add(const record& r) {
    const auto id = unused_id("SPDXRef-Package-" + id_letters(r.package));
    const auto licence = renamed_licence(r);
    json package{{"SPDXID", id},
                 {"name", r.package},
                 {"downloadLocation", "NOASSERTION"},
                 {"filesAnalyzed", false},
                 {"licenseConcluded",
                  is_concluded(r) ? licence : std::string{"NOASSERTION"}},
                 {"licenseDeclared", licence},
                 {"copyrightText", copyright_text(r)},
                 {"sourceInfo", "read from " + r.source}};
    if (const auto comment = comment_on(r); !comment.empty())
      package["licenseComments"] = comment;
    packages_.push_back(std::move(package));
    relationships_.push_back({{"spdxElementId", document_id},
                              {"relatedSpdxElement", id},
                              {"relationshipType", "DESCRIBES"}});
  }

  json finish(const spdx_document_info& info) {
    json result{{"spdxVersion", "SPDX-2.3"},
                {"dataLicense", "CC0-1.0"},
                {"SPDXID", document_id},
                {"name", info.name},
                {"documentNamespace", info.document_namespace},
                {"creationInfo",
                 {{"created", utc(info.created)},
                  {"creators", info.creators},
                  {"licenseListVersion", list_version}}},
                {"packages", std::move(packages_)}};
    if (auto infos = refs_.infos(); !infos.empty())
      result["hasExtractedLicensingInfos"] = std::move(infos);
    result["relationships"] = std::move(relationships_);
    return result;
  }

private:
  /// A conclusion is what we are sure of, or what a person decided.
  [[nodiscard]] static bool is_concluded(const record& r) {
    return r.confidence >= enough_confidence || !r.decided_by.empty();
  }

  [[nodiscard]] static std::string comment_on(const record& r) {
    std::string result;
    if (!r.decided_by.empty())
      result = "decided by " + r.decided_by;
    for (const auto& doubt : r.doubts)
      result += (result.empty() ? "" : "; ") + doubt;
    return result;
  }

  std::string renamed_licence(const record& r) {
    auto result = concluded_licence(r);
    for (const auto& licence : licences_in(result)) {
      if (!licence.starts_with("LicenseRef-"))
        continue;
      const auto text = r.texts.find(licence);
      const auto id = refs_.id_for(
        licence, text == r.texts.end() ? "NOASSERTION" : text->second);
      result = with_licence(result, licence, id);
    }
    return result;
  }

  std::string unused_id(const std::string& wanted) {
    auto result = wanted;
    for (std::size_t n = 2; !ids_.insert(result).second; ++n)
      result = wanted + "-" + std::to_string(n);
    return result;
  }

  license_refs refs_;
  std::set<std::string> ids_;
  json packages_ = json::array();
  json relationships_ = json::array();
};

} // namespace

nlohmann::ordered_json spdx_document(std::vector<record> records,
                                     const spdx_document_info& info) {
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.package, a.source) < std::tie(b.package, b.source);
  });
  document_writer writer;
  for (const auto& r : records)
    writer.add(r);
  return writer.finish(info);
}

std::string utc(std::chrono::system_clock::time_point at) {
  const auto seconds = std::chrono::system_clock::to_time_t(
    std::chrono::floor<std::chrono::seconds>(at));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const auto length
    = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

} // namespace license_inventory
