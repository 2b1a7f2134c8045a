#pragma once

#include "finding.hpp"
#include "normal_text.hpp"

#include <vector>

namespace license_inventory {

/// Finds what a text says about GPL, LGPL, AGPL and GFDL.
///
/// Their grants differ from all others in that licence, version and "or any
/// later version" stand apart and in any order: a name is found first, the
/// version is looked for shortly behind it, then before it. A licence in full
/// is one finding, and names inside it count for nothing. A name without
/// version counts only where the words before it speak of terms, and stands
/// for any version, as the licences themselves say.
[[nodiscard]] std::vector<finding> find_gnu_licences(const normal_text& text);

} // namespace license_inventory
