#pragma once

#include <string_view>

namespace license_inventory {

/// The part of the SPDX licence list (3.25) that Debian's names lead to, GNU's
/// licences apart: their names follow rules, see `spdx_for`.

/// The identifier for a short name in lower case; empty if there is none.
[[nodiscard]] std::string_view listed_id(std::string_view folded_name);

/// The exception behind the words between "with" and "exception", for a
/// licence: some have one identifier for each version. Empty if unknown.
[[nodiscard]] std::string_view exception_id(std::string_view words,
                                            std::string_view licence_id);

} // namespace license_inventory
