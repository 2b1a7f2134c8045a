#include <stanchion/core/json_refusal.hpp>
#include <stanchion/runtime/configuration/located_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// Behind the comment that begins at `from`; nothing when it does not end.
std::optional<std::size_t> end_of_comment(std::string_view text,
                                          std::size_t from) {
  if (text[from + 1] == '/')
    return std::min(text.find('\n', from), text.size());
  const auto end = text.find("*/", from + 2);
  return end == std::string_view::npos ? std::nullopt : std::optional{end + 2};
}

/// Behind the string that begins at `from`, or the end of the text.
std::size_t end_of_string(std::string_view text, std::size_t from) {
  for (auto i = from + 1; i < text.size(); ++i)
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  return text.size();
}

bool begins_comment(std::string_view text, std::size_t i) {
  return text[i] == '/' && i + 1 < text.size()
         && (text[i + 1] == '/' || text[i + 1] == '*');
}

/// The text with blanks for comments, byte for byte. Nothing, and `open` set,
/// when one does not end.
std::optional<std::string> without_comments(std::string_view text,
                                            std::size_t& open) {
  auto plain = std::string{text};
  for (auto i = std::size_t{0}; i < text.size();) {
    if (text[i] == '"') {
      i = end_of_string(text, i);
    } else if (begins_comment(text, i)) {
      open = i;
      const auto end = end_of_comment(text, i);
      if (!end)
        return std::nullopt;
      std::replace_if(
        plain.begin() + static_cast<std::ptrdiff_t>(i),
        plain.begin() + static_cast<std::ptrdiff_t>(*end),
        [](char c) { return c != '\n'; }, ' ');
      i = *end;
    } else {
      ++i;
    }
  }
  return plain;
}

/// Walks through a text that is known to be JSON.
class locator {
public:
  /// `places` is the text with its comments, which count as characters do.
  locator(std::string_view text, std::string_view places)
    : text_(text), places_(places) {
    if (text_.starts_with("\xEF\xBB\xBF"))
      next_ = counted_ = 3; // a mark that editors do not show
  }

  located_json locate(const json& content) {
    skip_to_token();
    auto x = located_json{.content = &content, .at = place()};
    if (text_[next_] == '{')
      locate_members(x);
    else if (text_[next_] == '[')
      locate_elements(x);
    else
      skip_scalar();
    return x;
  }

private:
  void locate_members(located_json& x) {
    for (++next_; more('}');) {
      const auto key = place();
      const auto begin = next_;
      next_ = end_of_string(text_, begin);
      auto name
        = json::parse(text_.substr(begin, next_ - begin)).get<std::string>();
      auto part = locate(x.content->at(name));
      part.name = std::move(name);
      part.key = key;
      x.parts.push_back(std::move(part));
    }
  }

  void locate_elements(located_json& x) {
    for (++next_; more(']');)
      x.parts.push_back(locate(x.content->at(x.parts.size())));
  }

  /// Goes to the next part, or behind the end of what has parts.
  bool more(char end) {
    skip_to_token();
    if (text_[next_] != end)
      return true;
    ++next_;
    return false;
  }

  void skip_to_token() {
    next_ = text_.find_first_not_of(" \t\r\n,:", next_);
  }

  void skip_scalar() {
    next_
      = text_[next_] == '"'
          ? end_of_string(text_, next_)
          : std::min(text_.find_first_of(" \t\r\n,]}", next_), text_.size());
  }

  text_place place() {
    for (; counted_ < next_; ++counted_) {
      const auto c = static_cast<unsigned char>(places_[counted_]);
      if (c == '\n') {
        ++at_.line;
        at_.column = 1;
      } else if ((c & 0xC0U) != 0x80U) {
        ++at_.column;
      }
    }
    return at_;
  }

  std::string_view text_;
  std::string_view places_;
  std::size_t next_ = 0;
  std::size_t counted_ = 0; // of the bytes; `at_` is where they end
  text_place at_;
};

text_place place_of(std::string_view text, std::size_t byte) {
  auto at = text_place{};
  for (const auto each : text.substr(0, byte)) {
    const auto c = static_cast<unsigned char>(each);
    if (c == '\n')
      at = {at.line + 1, 1};
    else if ((c & 0xC0U) != 0x80U)
      ++at.column;
  }
  return at;
}

} // namespace

std::string to_string(const configuration_problem& x) {
  return "line " + std::to_string(x.at.line) + ", column "
         + std::to_string(x.at.column) + ": "
         + (x.pointer.empty() ? "" : x.pointer + ": ") + x.what;
}

const located_json* located_json::member(std::string_view name) const {
  const auto found = std::ranges::find(parts, name, &located_json::name);
  return found == parts.end() || !content->is_object() ? nullptr : &*found;
}

std::variant<located_document, configuration_problem>
read_located(std::string_view text, const json_limits& limits) {
  if (text.size() > limits.bytes)
    return configuration_problem{
      {},
      {},
      "the text has " + std::to_string(text.size()) + " bytes, where "
        + std::to_string(limits.bytes) + " are allowed"};
  auto open = std::size_t{0};
  const auto plain = without_comments(text, open);
  if (!plain)
    return configuration_problem{
      place_of(text, open), {}, "a comment that does not end; end it with */"};
  try {
    const auto whole = parse_json(*plain, limits);
    return located_document{whole, locator{*plain, text}.locate(whole.get())};
  } catch (const json_refusal& e) {
    // The byte that is wrong is the last that was read.
    return configuration_problem{
      place_of(text, std::max<std::size_t>(e.byte(), 1) - 1),
      {},
      e.complaint()};
  }
}

} // namespace stanchion
