#include <stanchion/core/canonical.hpp>
#include <stanchion/core/trace.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace stanchion {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& to, std::span<const std::uint8_t> bytes) {
  for (const auto x : bytes) {
    to += digits[x >> 4U];
    to += digits[x & 0xfU];
  }
}

/// Reads exactly as many digits as `to` has room for.
bool read_hex(std::string_view text, std::span<std::uint8_t> to) {
  if (text.size() != 2 * to.size())
    return false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto high = digits.find(text[2 * i]);
    const auto low = digits.find(text[2 * i + 1]);
    if (high == digits.npos || low == digits.npos)
      return false;
    to[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return true;
}

bool all_zeros(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](auto x) { return x == 0; });
}

constexpr std::size_t length = 55;

} // namespace

bool trace_id::nil() const {
  return all_zeros(bytes);
}

std::string to_string(const trace_id& x) {
  auto text = std::string{};
  append_hex(text, x.bytes);
  return text;
}

trace_id trace_of(const run_id& run) {
  return {run.bytes};
}

std::string to_string(const trace_parent& x) {
  auto text = std::string{"00-"};
  append_hex(text, x.trace.bytes);
  text += '-';
  append_hex(text, x.span);
  text += '-';
  append_hex(text, std::span{&x.flags, 1});
  return text;
}

std::optional<trace_parent> parse_traceparent(std::string_view text) {
  if (text.size() < length || text[2] != '-' || text[35] != '-'
      || text[52] != '-')
    return std::nullopt;
  auto version = std::uint8_t{0};
  auto x = trace_parent{};
  if (!read_hex(text.substr(0, 2), std::span{&version, 1})
      || !read_hex(text.substr(3, 32), x.trace.bytes)
      || !read_hex(text.substr(36, 16), x.span)
      || !read_hex(text.substr(53, 2), std::span{&x.flags, 1}))
    return std::nullopt;
  const auto fits
    = text.size() == length || (version != 0 && text[length] == '-');
  if (version == 0xff || !fits || x.trace.nil() || all_zeros(x.span))
    return std::nullopt;
  return x;
}

trace_parent span_of(const trace_id& trace, std::string_view key,
                     std::uint32_t attempt) {
  auto x = trace_parent{.trace = trace};
  auto bits = checksum64(std::string{key} + '#' + std::to_string(attempt));
  bits = std::max(bits, std::uint64_t{1}); // zeros name nothing
  for (auto& byte : x.span) {
    byte = static_cast<std::uint8_t>(bits);
    bits >>= 8U;
  }
  return x;
}

} // namespace stanchion
