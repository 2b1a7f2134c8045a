#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace license_inventory {

/// Confidence below this means: a person should look.
constexpr double enough_confidence = 0.8;

/// How a document was read.
enum class document_format : std::uint8_t {
  dep5,      ///< the machine-readable format
  free_form, ///< prose
};

/// What the inventory knows about one document. All strings are valid UTF-8.
struct record {
  std::string package;
  std::string source; ///< the document's path
  document_format format = document_format::free_form;
  std::vector<std::string> licences; ///< SPDX expressions; all of them apply
  std::vector<std::string> holders;
  /// The text behind each `LicenseRef-…` in `licences`, as far as it is known.
  std::map<std::string, std::string> texts;
  double confidence = 0; ///< in [0, 1]
  std::vector<std::string> doubts;
  std::string decided_by; ///< the person who completed it; empty if none did

  bool operator==(const record&) const = default;
};

void to_json(nlohmann::json& out, const record& in);

/// Errors: throws `nlohmann::json::exception` when a member is missing or of
///         another type. Validate with `record_schema` first.
void from_json(const nlohmann::json& in, record& out);

/// The JSON Schema (draft 7) of a record. It uses no regular expressions:
/// validators may evaluate them recursively, and texts are long.
[[nodiscard]] const nlohmann::json& record_schema();

/// A digest of the record's canonical JSON, 16 hexadecimal digits (FNV-1a, 64
/// bits): tells records apart, protects against nobody.
[[nodiscard]] std::string digest_of(const record& r);

/// All licences as one SPDX expression; "NOASSERTION" if there are none.
[[nodiscard]] std::string concluded_licence(const record& r);

} // namespace license_inventory
