#pragma once

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>
#include <string_view>

/// How words that are not Stanchion's own are shown, so that nobody takes them
/// for its own.
namespace stanchion {

using nlohmann::json;

/// `text` behind a gutter, `  > `, on each of its lines: long lines are broken
/// at 72 columns, so that no terminal breaks them into lines without it.
/// Control characters are shown as `?`.
void quote(std::ostream& to, std::string_view text);

/// Text in lines of at most 72 columns, the first of which begins at the column
/// `indent`, as do all others, behind blanks.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

/// Who speaks at a place in a ticket's document; empty for Stanchion.
[[nodiscard]] std::string speaker_at(const json& ticket, std::string_view at);

/// Whose words they are, as people are told.
[[nodiscard]] std::string speaker_text(std::string_view speaker);

/// A ticket's title on one line: in quotes, and no longer than 60 characters,
/// where it is somebody else's.
[[nodiscard]] std::string shown_title(const json& ticket);

} // namespace stanchion
