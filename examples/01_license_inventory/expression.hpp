#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// What a `License:` field says: a tree over short names.
///
/// A leaf is a name with, perhaps, an exception ("GPL-2+ with OpenSSL
/// exception"). An inner node holds at least two operands.
struct license_expression {
  enum class kind : std::uint8_t {
    name,   ///< one licence
    all_of, ///< "and": every one of them applies
    any_of, ///< "or": the user chooses
  };

  kind what = kind::name;
  std::string name;      ///< of a leaf; empty only in an empty expression
  std::string exception; ///< of a leaf: the words between with and exception
  std::vector<license_expression> operands;

  [[nodiscard]] bool empty() const {
    return what == kind::name && name.empty();
  }

  bool operator==(const license_expression&) const = default;
};

/// The outcome of reading an expression: never fails, but may complain.
struct parsed_expression {
  license_expression expression;
  std::vector<std::string> problems;
};

/// Reads the grammar of the machine-readable format:
///
///   expression = either { "," [ "and" | "or" ] either }
///   either     = both { "or" both }
///   both       = leaf { "and" leaf }
///   leaf       = name [ "with" words [ "exception" ] ] | "(" expression ")"
///
/// So "and" binds more tightly than "or", and a comma less than both: "A or
/// B, and C" means (A or B) and C. A comma without a word takes the next
/// word that follows a comma or stands before it. "and/or" counts as "or".
/// Operators are read in any case; brackets are tolerated up to 32 deep.
[[nodiscard]] parsed_expression parse_expression(std::string_view text);

/// The leaves from left to right.
[[nodiscard]] std::vector<license_expression>
leaves(const license_expression& expression);

/// The short name as Debian writes it: "GPL-2+ with OpenSSL exception".
[[nodiscard]] std::string debian_name(const license_expression& leaf);

} // namespace license_inventory
