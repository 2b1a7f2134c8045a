#pragma once

#include "finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// What could be made out of a free-form text.
struct recognition {
  /// Each licence once, with its best evidence; in order of appearance.
  std::vector<finding> findings;
  std::vector<std::string> holders;
  double confidence = 0; ///< in the whole result, in [0, 1]
  /// Why the confidence is not full, in words for a person.
  std::vector<std::string> doubts;
};

/// Recognises licences in a free-form copyright file.
///
/// Weaker evidence gives way to stronger evidence of the same family: a bare
/// "GPL" to a grant of GPL 2, a title to terms.
///
/// Confidence = the weakest remaining finding's confidence × the share of
/// granting phrases ("permission is hereby granted", "licensed under", …)
/// that a finding explains. A text without findings has 0.
///
/// Time: linear in the text.
[[nodiscard]] recognition recognise(std::string_view text);

} // namespace license_inventory
