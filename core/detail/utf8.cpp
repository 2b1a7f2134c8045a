#include <stanchion/core/detail/utf8.hpp>

#include <cstdint>

namespace stanchion::detail {

namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// What the first byte announces: the length, and the range of the second byte
/// that keeps overlong forms, surrogates and numbers past U+10FFFF out.
struct announcement {
  std::size_t length;
  std::uint8_t low;
  std::uint8_t high;
};

constexpr announcement announced_by(std::uint8_t first) {
  if (first < 0x80)
    return {1, 0, 0};
  if (first < 0xC2 || first > 0xF4)
    return {0, 0, 0};
  if (first < 0xE0)
    return {2, 0x80, 0xBF};
  if (first < 0xF0)
    return {3, static_cast<std::uint8_t>(first == 0xE0 ? 0xA0 : 0x80),
            static_cast<std::uint8_t>(first == 0xED ? 0x9F : 0xBF)};
  return {4, static_cast<std::uint8_t>(first == 0xF0 ? 0x90 : 0x80),
          static_cast<std::uint8_t>(first == 0xF4 ? 0x8F : 0xBF)};
}

} // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty())
    return 0;
  const auto [length, low, high]
    = announced_by(static_cast<std::uint8_t>(text[0]));
  if (length < 2)
    return length;
  if (text.size() < length)
    return 0;
  const auto second = static_cast<std::uint8_t>(text[1]);
  if (second < low || second > high)
    return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (!is_continuation(text[i]))
      return 0;
  return length;
}

std::string to_valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0)
      result += "\xEF\xBF\xBD";
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string clip(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes)
    return std::string{text};
  while (bytes > 0 && is_continuation(text[bytes]))
    --bytes;
  return std::string{text.substr(0, bytes)} + "…";
}

} // namespace stanchion::detail
