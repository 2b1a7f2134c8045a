#include <stanchion/core/plain_text.hpp>

namespace stanchion {

namespace {

/// How many bytes a character takes, at the start of `text`, that shows nothing
/// itself but changes how others are shown: controls from U+0080 on, marks of
/// direction, zero width. 0 for others.
std::size_t hidden(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto in = [](unsigned x, unsigned first, unsigned last) {
    return first <= x && x <= last;
  };
  if (byte(0) == 0xC2 && in(byte(1), 0x80, 0x9F))
    return 2; // U+0080 to U+009F
  if (byte(0) == 0xD8 && byte(1) == 0x9C)
    return 2; // U+061C
  if (byte(0) == 0xE2 && byte(1) == 0x80
      && (byte(2) == 0x8B || in(byte(2), 0x8E, 0x8F)
          || in(byte(2), 0xA8, 0xAE)))
    return 3; // U+200B, U+200E, U+200F, U+2028 to U+202E
  if (byte(0) == 0xE2 && byte(1) == 0x81 && in(byte(2), 0xA0, 0xAF))
    return 3; // U+2060 to U+206F
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF)
    return 3; // U+FEFF
  return 0;
}

std::string cleaned(std::string_view text, bool keep_breaks) {
  auto to = std::string{};
  for (auto i = std::size_t{0}; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto stays = keep_breaks && text[i] == '\n';
    if (const auto length = hidden(text.substr(i)); length != 0) {
      to += '?';
      i += length - 1;
    } else if ((byte < 0x20 && !stays) || byte == 0x7F) {
      to += text[i] == '\n' || text[i] == '\t' ? ' ' : '?';
    } else {
      to += text[i];
    }
  }
  return to;
}

} // namespace

std::string one_line(std::string_view text) {
  return cleaned(text, false);
}

std::string plain_text(std::string_view text) {
  return cleaned(text, true);
}

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most)
    return text;
  auto end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text + "...";
}

} // namespace stanchion
