#pragma once

#include "finding.hpp"
#include "normal_text.hpp"

#include <string_view>
#include <vector>

namespace license_inventory {

/// Finds every licence but GNU's: terms by their characteristic words, names
/// with version, paths in /usr/share/common-licenses, plain assertions.
///
/// Terms begin with an opening ("redistribution and use in source and binary
/// forms"); what follows, up to the next opening or 400 words, decides which
/// of the licences that open like this it is. An opening that fits none gives
/// no finding: the grant stays unexplained.
[[nodiscard]] std::vector<finding> find_licence_texts(const normal_text& text);

/// A rule about terms. Phrases are alternatives divided by `|`.
struct terms_rule {
  std::string_view licence;
  std::string_view family;
  std::string_view opening;
  std::vector<std::string_view> needs; ///< all of them behind the opening
  std::vector<std::string_view> lacks; ///< none of them
  /// Words of a long licence given in full, which may hold other openings; 0
  /// for short ones.
  std::size_t length = 0;
};

/// A rule about a phrase that by itself names a licence.
struct name_rule {
  std::string_view licence;
  std::string_view family;
  evidence_kind kind = evidence_kind::title;
  std::string_view phrases; ///< alternatives divided by `|`
};

/// The rules; of those with the same opening the first that fits wins.
[[nodiscard]] const std::vector<terms_rule>& terms_rules();
[[nodiscard]] const std::vector<name_rule>& name_rules();

} // namespace license_inventory
