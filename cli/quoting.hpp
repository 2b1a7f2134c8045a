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

/// Who speaks at a place in a ticket's or a run's document; empty for
/// Stanchion.
[[nodiscard]] std::string speaker_at(const json& doc, std::string_view at);

/// Whose words they are, as people are told.
[[nodiscard]] std::string speaker_text(std::string_view speaker);

/// A ticket's title on one line: in quotes, and no longer than 60 characters,
/// where it is somebody else's.
[[nodiscard]] std::string shown_title(const json& ticket);

/// What a run waits for on one line, as its `member` says it (`waiting_for` or
/// `why`): a ticket's title in it as `shown_title` shows one.
[[nodiscard]] std::string shown_wait(const json& run, const char* member);

} // namespace stanchion
