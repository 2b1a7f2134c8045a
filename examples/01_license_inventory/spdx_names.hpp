#pragma once

#include "expression.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// What a Debian short name is called in SPDX.
struct spdx_name {
  /// An identifier of the SPDX list, with its exception where there is one
  /// ("GPL-2.0-or-later WITH Bison-exception-2.2"), or a `LicenseRef-…`.
  std::string id;
  bool listed = false; ///< false for a `LicenseRef-…`
  /// The name leaves the version open ("GPL"); `id` then stands for any.
  bool any_version = false;
};

/// Translates one short name: Debian's spelling, its common variants ("GPL2+",
/// "BSD3", "Boost-1.0") and SPDX identifiers in any case.
[[nodiscard]] spdx_name spdx_for(const license_expression& leaf);

/// `LicenseRef-` and the name in the letters SPDX allows there; "+" is spelt
/// out, everything else becomes "-".
[[nodiscard]] std::string license_ref(std::string_view debian_name);

/// Names a leaf in an SPDX expression.
using leaf_namer = std::function<std::string(const license_expression&)>;

/// An expression in SPDX syntax; operands of the other kind go in brackets.
/// Empty for an empty expression.
[[nodiscard]] std::string spdx_expression(const license_expression& expression,
                                          const leaf_namer& name);

/// The licences in an SPDX expression, each as often as it stands there,
/// without operators and exceptions.
[[nodiscard]] std::vector<std::string>
licences_in(std::string_view spdx_expression);

/// The parts of an SPDX expression that all apply, without the brackets
/// around them: "A AND (B OR C)" → "A", "B OR C".
[[nodiscard]] std::vector<std::string>
conjuncts_of(std::string_view spdx_expression);

/// Replaces one licence by another wherever it stands in an SPDX expression.
[[nodiscard]] std::string with_licence(std::string_view spdx_expression,
                                       std::string_view from,
                                       std::string_view to);

} // namespace license_inventory
