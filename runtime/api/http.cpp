#include <stanchion/runtime/api/http.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace stanchion {

std::string http_request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

std::string http_request::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string{} : found->second;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  auto parts = std::vector<std::string_view>{};
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

std::string percent_encoded(std::string_view text) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto to = std::string{};
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      to += c;
      continue;
    }
    to += '%';
    to += digits[byte >> 4U];
    to += digits[byte & 15U];
  }
  return to;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  auto to = std::string{};
  while (!text.empty()) {
    if (text.front() != '%') {
      to += text.front();
      text.remove_prefix(1);
      continue;
    }
    auto byte = 0U;
    if (text.size() < 3
        || std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr
             != text.data() + 3)
      return std::nullopt;
    to += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return to;
}

std::optional<http_target> parse_target(std::string_view text) {
  if (!text.starts_with('/'))
    return std::nullopt;
  auto target = http_target{};
  const auto mark = text.find('?');
  for (const auto part : split(text.substr(1, mark - 1), '/')) {
    auto plain = percent_decoded(part);
    if (!plain)
      return std::nullopt;
    target.path.push_back(std::move(*plain));
  }
  if (mark == std::string_view::npos)
    return target;
  for (const auto pair : split(text.substr(mark + 1), '&')) {
    const auto equals = pair.find('=');
    auto key = percent_decoded(pair.substr(0, equals));
    auto x = percent_decoded(
      equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!key || !x)
      return std::nullopt;
    target.query.insert_or_assign(std::move(*key), std::move(*x));
  }
  return target;
}

} // namespace stanchion
