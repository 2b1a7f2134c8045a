#pragma once

#include "record.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace license_inventory {

struct report_options {
  /// Columns no line exceeds. Default 100; at least 40.
  std::size_t width = 100;
  /// Licences listed; the rarer ones are only counted. Default 40; 0: all.
  std::size_t max_licences = 40;
  /// Reasons shown for a document in doubt. Default 3.
  std::size_t max_reasons = 3;
};

/// A plain-text report: totals, licences by number of packages (most common
/// first, equal ones by name), then the documents in doubt with reasons.
///
/// Deterministic: depends on the records only, not on their order.
[[nodiscard]] std::string report(std::vector<record> records,
                                 report_options options = {});

} // namespace license_inventory
