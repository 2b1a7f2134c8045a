#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/api/cursor.hpp>

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace stanchion {

namespace {

constexpr auto digits = std::size_t{16};

std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  auto x = std::uint64_t{0};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), x, 16);
  return problem == std::errc{} && end == text.data() + text.size()
           ? std::optional{x}
           : std::nullopt;
}

/// Tells a cursor from other text.
std::uint64_t seal(std::uint64_t x) {
  return mix64(x ^ 0x73746e6370616765ULL);
}

} // namespace

std::string encode_cursor(run_number before) {
  return fmt::format("{:016x}{:016x}", seal(before), before ^ seal(0));
}

run_number decode_cursor(std::string_view text) {
  if (text.empty())
    return 0;
  if (text.size() == 2 * digits) {
    const auto sealed = hexadecimal(text.substr(0, digits));
    const auto hidden = hexadecimal(text.substr(digits));
    if (sealed && hidden && seal(*hidden ^ seal(0)) == *sealed)
      return *hidden ^ seal(0);
  }
  throw error{error_code::usage,
              "\"cursor\" is none that a list gave; leave it "
              "out to begin with the newest"};
}

} // namespace stanchion
