#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace stanchion {

namespace {

constexpr auto columns = std::size_t{72};
constexpr auto gutter = std::string_view{"  > "};

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// Columns that a character takes at most, by its first byte.
std::size_t width_of(char first) {
  return static_cast<unsigned char>(first) < 0x80U ? 1 : 2;
}

/// The bytes of `text` that fit on a line of so many columns; at least one
/// character.
std::size_t fitting(std::string_view text, std::size_t room) {
  auto used = std::size_t{0};
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    if (!begins_character(text[i]))
      continue;
    used += width_of(text[i]);
    if (used > room && i > 0)
      return i;
  }
  return text.size();
}

/// The same, but no word is broken that need not be.
std::size_t fitting_words(std::string_view text, std::size_t room) {
  const auto most = fitting(text, room);
  if (most == text.size())
    return most;
  const auto blank = text.rfind(' ', most);
  return blank == std::string_view::npos || blank == 0 ? most : blank;
}

/// One line of somebody else's, or as much of it as a list has room for.
std::string in_quotes(const std::string& line) {
  constexpr auto longest = std::size_t{60};
  const auto part = fitting(line, longest);
  return "\"" + line.substr(0, part) + (part < line.size() ? "\"..." : "\"");
}

void quote_line(std::ostream& to, std::string_view line) {
  do {
    const auto part = fitting(line, columns - gutter.size());
    to << gutter << line.substr(0, part) << '\n';
    line.remove_prefix(part);
  } while (!line.empty());
}

} // namespace

void quote(std::ostream& to, std::string_view text) {
  const auto plain = plain_text(text);
  auto rest = std::string_view{plain};
  for (auto end = rest.find('\n'); end != std::string_view::npos;
       end = rest.find('\n')) {
    quote_line(to, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  quote_line(to, rest);
}

std::string wrapped(std::string_view text, std::size_t indent) {
  auto to = std::string{};
  const auto plain = one_line(text);
  for (auto rest = std::string_view{plain}; !rest.empty();) {
    const auto part = fitting_words(rest, columns - indent);
    if (!to.empty())
      to.append("\n").append(indent, ' ');
    to += rest.substr(0, part);
    rest.remove_prefix(part);
    if (rest.starts_with(' '))
      rest.remove_prefix(1);
  }
  return to;
}

std::string speaker_at(const json& doc, std::string_view at) {
  const auto parts = doc.find("untrusted");
  if (parts == doc.end() || !parts->is_array())
    return {};
  for (const auto& each : *parts) {
    const auto place = text_of(each, "at");
    const auto below
      = at.starts_with(place)
        && (at.size() == place.size() || at[place.size()] == '/');
    if (!place.empty() && below)
      return text_of(each, "from");
  }
  return {};
}

std::string speaker_text(std::string_view speaker) {
  const auto colon = speaker.find(':');
  const auto kind = speaker.substr(0, colon);
  const auto name = colon == std::string_view::npos
                      ? std::string{}
                      : one_line(speaker.substr(colon + 1));
  if (kind == "user_input")
    return "who started the run says";
  if (kind == "tool")
    return "the tool " + name + " says";
  if (kind == "person")
    return name + " says";
  return kind == "program" ? "the program says" : "the agent says";
}

std::string shown_title(const json& ticket) {
  const auto title = one_line(text_of(ticket, "title"));
  return speaker_at(ticket, "/title").empty() ? title : in_quotes(title);
}

std::string shown_wait(const json& run, const char* member) {
  const auto text = one_line(text_of(run, member));
  if (speaker_at(run, "/" + std::string{member}).empty())
    return text;
  // The first and the last of these are ours, whatever stands between them.
  constexpr auto before = std::string_view{"a person: "};
  const auto begin = text.find(before);
  const auto end = text.rfind(" (ticket ");
  if (begin == std::string::npos || end == std::string::npos
      || end < begin + before.size())
    return in_quotes(text);
  const auto first = begin + before.size();
  return text.substr(0, first) + in_quotes(text.substr(first, end - first))
         + text.substr(end);
}

} // namespace stanchion
