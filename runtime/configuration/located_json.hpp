#pragma once

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// A place in a text as editors count it: from 1, and columns in characters.
struct text_place {
  std::size_t line = 1;
  std::size_t column = 1;

  auto operator<=>(const text_place&) const = default;
};

/// Something wrong in a configuration.
struct configuration_problem {
  text_place at;
  std::string pointer; ///< RFC 6901; empty for the whole
  std::string what;    ///< what is wrong, and what would fit

  bool operator==(const configuration_problem&) const = default;
};

/// `line 12, column 5: /agents/support/modle: unknown key; …`
[[nodiscard]] std::string to_string(const configuration_problem& x);

/// A value that knows where in a text it stands.
struct located_json {
  const json* content = nullptr; ///< never null; part of a `located_document`
  text_place at;                 ///< where it begins
  std::string name;              ///< of a member of an object
  text_place key;                ///< where that begins
  /// Members of an object in the order of the text, or elements of an array.
  std::vector<located_json> parts;

  /// Null where there is none.
  [[nodiscard]] const located_json* member(std::string_view name) const;
};

/// A document with the place of each of its values.
struct located_document {
  value whole; ///< what `root` and its parts point into
  located_json root;
};

/// What a configuration may be. A person has written it.
inline constexpr auto configuration_limits
  = json_limits{.depth = 64, .bytes = std::size_t{1} << 20U};

/// Reads JSON among which comments may stand, `// …` to the end of a line and
/// `/* … */`. Refuses what `parse_json` does, with the place.
///
/// Errors:  none. Threads: any.
[[nodiscard]] std::variant<located_document, configuration_problem>
read_located(std::string_view text,
             const json_limits& limits = configuration_limits);

} // namespace stanchion
