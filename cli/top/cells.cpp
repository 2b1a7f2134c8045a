#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/top/cells.hpp>

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace stanchion::top {

namespace {

constexpr auto replacement = char32_t{0xFFFD};

/// The C library knows how wide characters are, in a locale of UTF-8. It is the
/// thread's only for as long as this lives.
class utf8_locale {
public:
  utf8_locale() {
    static const auto utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr)
      before_ = ::uselocale(utf8);
  }
  utf8_locale(const utf8_locale&) = delete;
  utf8_locale& operator=(const utf8_locale&) = delete;
  ~utf8_locale() {
    if (before_ != nullptr)
      ::uselocale(before_);
  }

  /// 0 for what joins the character before it; -1 for what cannot be shown.
  [[nodiscard]] static int width_of(char32_t c) {
    return ::wcwidth(static_cast<wchar_t>(c));
  }

private:
  locale_t before_ = nullptr;
};

/// Takes characters for as long as they fit.
class filler {
public:
  explicit filler(std::size_t columns) : left_(columns) {
    // nop
  }

  /// False when there is no room for the character. What joins the one before
  /// takes none, but a heap of it would take other lines'.
  bool take(std::string_view bytes, char32_t code) {
    constexpr auto heap = 4;
    const auto width = utf8_locale::width_of(code);
    if (width == 0)
      return joined_ >= heap || text.empty() || add(bytes, 0);
    joined_ = 0;
    if (width < 0 || (code == replacement && bytes.size() == 1))
      return left_ != 0 && add("?", 1);
    const auto columns = static_cast<std::size_t>(width);
    return columns <= left_ && add(bytes, columns);
  }

  std::string text;

private:
  bool add(std::string_view bytes, std::size_t columns) {
    text += bytes;
    left_ -= columns;
    joined_ += columns == 0 ? 1 : 0;
    return true;
  }

  std::size_t left_;
  int joined_ = 0;
};

/// Whether a byte goes on with a character.
bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// One line of `text`, and what is left of it.
std::string cut_line(std::string_view& text, std::size_t columns) {
  auto line = filler{columns};
  while (!text.empty()) {
    const auto c = first_character(text);
    const auto fits = line.take(text.substr(0, c.bytes), c.code);
    if (!fits && !line.text.empty())
      break;
    if (!fits)
      line.text = "?"; // wider than all there is
    text.remove_prefix(c.bytes);
    if (!fits)
      break;
  }
  return line.text;
}

} // namespace

character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80U)
    return {lead, 1};
  const auto bytes = lead >= 0xF0U   ? std::size_t{4}
                     : lead >= 0xE0U ? std::size_t{3}
                                     : std::size_t{2};
  if (lead < 0xC2U || lead > 0xF4U || text.size() < bytes)
    return {replacement, 1};
  auto code = static_cast<char32_t>(lead & (0x7FU >> bytes));
  for (auto i = std::size_t{1}; i < bytes; ++i) {
    if (!continues(text[i]))
      return {replacement, 1};
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, bytes};
}

void append_utf8(std::string& to, char32_t code) {
  const auto add = [&to](char32_t byte) { to += static_cast<char>(byte); };
  if (code < 0x80U)
    return add(code);
  if (code >= 0x10000U) {
    add(0xF0U | (code >> 18U));
    add(0x80U | ((code >> 12U) & 0x3FU));
  } else if (code >= 0x800U) {
    add(0xE0U | (code >> 12U));
  }
  if (code >= 0x800U)
    add(0x80U | ((code >> 6U) & 0x3FU));
  else
    add(0xC0U | (code >> 6U));
  add(0x80U | (code & 0x3FU));
}

std::size_t columns_of(std::string_view text) {
  const auto locale = utf8_locale{};
  auto columns = std::size_t{0};
  while (!text.empty()) {
    const auto c = first_character(text);
    const auto width = utf8_locale::width_of(c.code);
    columns += width < 0 ? 1 : static_cast<std::size_t>(width);
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string fitted(std::string_view text, std::size_t columns) {
  const auto clean = one_line(text);
  const auto locale = utf8_locale{};
  auto line = filler{columns};
  for (auto rest = std::string_view{clean}; !rest.empty();) {
    const auto c = first_character(rest);
    if (!line.take(rest.substr(0, c.bytes), c.code))
      break;
    rest.remove_prefix(c.bytes);
  }
  return line.text;
}

std::string padded(std::string_view text, std::size_t columns) {
  auto line = fitted(text, columns);
  line.append(columns - columns_of(line), ' ');
  return line;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  auto lines = std::vector<std::string>{};
  if (columns == 0)
    return lines;
  const auto clean = plain_text(text);
  const auto locale = utf8_locale{};
  auto rest = std::string_view{clean};
  for (;;) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    do
      lines.push_back(cut_line(line, columns));
    while (!line.empty());
    if (end == rest.size())
      return lines;
    rest.remove_prefix(end + 1);
  }
}

} // namespace stanchion::top
