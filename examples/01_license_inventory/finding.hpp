#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace license_inventory {

/// How a text says which licence it means, the strongest first.
enum class evidence_kind : std::uint8_t {
  terms,     ///< the terms themselves, in their characteristic words
  grant,     ///< a grant that names licence and version
  title,     ///< licence and version named, without a grant around it
  reference, ///< the path of its text in /usr/share/common-licenses
  assertion, ///< a statement in free words, such as "public domain"
  /// One version of a GNU licence is shown (its path, or the whole text), but
  /// nothing says whether later ones may be taken.
  one_version,
  bare_name, ///< licence named without its version
};

/// The rule by which evidence becomes confidence, in [0, 1].
[[nodiscard]] constexpr double confidence_of(evidence_kind kind) {
  switch (kind) {
  case evidence_kind::terms:
  case evidence_kind::grant:
    return 0.95;
  case evidence_kind::title:
    return 0.9;
  case evidence_kind::reference:
  case evidence_kind::assertion:
    return 0.85;
  case evidence_kind::one_version:
    return 0.75;
  case evidence_kind::bare_name:
    return 0.5;
  }
  return 0;
}

/// One licence found in a free-form text.
struct finding {
  std::string licence;  ///< an SPDX identifier or expression
  std::string family;   ///< "GPL", "BSD", …: versions and variants share it
  std::string evidence; ///< the words it was recognised by
  evidence_kind kind = evidence_kind::bare_name;
  double confidence = 0;
  std::size_t first = 0; ///< in words of the normalised text
  std::size_t last = 0;  ///< one past the last word that belongs to it
};

} // namespace license_inventory
