#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// Who holds the copyright, for both kinds of documents. Lists hold each
/// name once, in order, at most 500; a name has at most 200 bytes.

/// One statement ("(c) 2001-2004, Ann Author <ann@example.org>") without its
/// years and signs; empty if nobody is named.
[[nodiscard]] std::string holder_in(std::string_view statement);

/// The holders named by the value of a `Copyright:` field: one a line, and a
/// line that ends with a comma goes on in the next. Ends where terms begin.
[[nodiscard]] std::vector<std::string> holders_in(std::string_view value);

/// Whether a line of the value begins the terms of a licence: some write them
/// below the holders.
[[nodiscard]] bool holds_terms(std::string_view value);

/// The holders in free text, in lines such as "Copyright (C) 2004 Ann Author".
[[nodiscard]] std::vector<std::string> holders_in_text(std::string_view text);

} // namespace license_inventory
