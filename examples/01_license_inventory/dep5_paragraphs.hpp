#pragma once

#include "dep5.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace license_inventory {

/// One field of a paragraph.
struct field {
  std::string name; ///< folded to lower case
  std::string value;
  std::size_t line = 0;
};

/// Fields between two blank lines.
struct paragraph {
  std::vector<field> fields;

  /// The first field with this name; null if there is none.
  [[nodiscard]] const field* find(std::string_view name) const;
};

/// Cuts a text into paragraphs and reports what departs from the form.
[[nodiscard]] std::vector<paragraph>
read_paragraphs(std::string_view text, std::vector<dep5_problem>& problems);

/// "License : GPL-2" → {"license", "GPL-2"}, the name as the format spells it,
/// in lower case; an empty name if the line begins no field.
[[nodiscard]] std::pair<std::string, std::string_view>
split_field(std::string_view line);

} // namespace license_inventory
