#pragma once

#include "record.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace license_inventory {

/// What an SPDX document says about itself.
struct spdx_document_info {
  std::string name = "license-inventory";
  /// A URI that no other document has.
  std::string document_namespace;
  /// When it was made; SPDX keeps whole seconds.
  std::chrono::system_clock::time_point created;
  std::vector<std::string> creators{"Tool: stanchion-license-inventory"};
};

/// Writes an SPDX 2.3 document about all records: a package for each with its
/// licences and copyright holders, described by the document, and the texts
/// behind every `LicenseRef-…`.
///
/// Deterministic: the same records in any order and the same info give the
/// same document. Two texts under one `LicenseRef-…` become two, the second
/// with "-2". Packages of the same name become "name", "name-2", ….
[[nodiscard]] nlohmann::ordered_json
spdx_document(std::vector<record> records, const spdx_document_info& info);

/// UTC in the form SPDX asks for: "2024-02-29T12:00:00Z".
[[nodiscard]] std::string utc(std::chrono::system_clock::time_point at);

} // namespace license_inventory
