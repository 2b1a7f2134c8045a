#include <stanchion/core/canonical.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace stanchion {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Writes the low `count` bytes of `bits`, most significant first.
void put(uuid& to, std::size_t at, std::size_t count, std::uint64_t bits) {
  for (auto i = count; i-- > 0; bits >>= 8U)
    to.bytes[at + i] = static_cast<std::uint8_t>(bits & 0xFFU);
}

/// Sets the version and the variant of RFC 9562.
void stamp(uuid& x, unsigned version) {
  x.bytes[6] = static_cast<std::uint8_t>((x.bytes[6] & 0x0FU) | version << 4U);
  x.bytes[8] = static_cast<std::uint8_t>((x.bytes[8] & 0x3FU) | 0x80U);
}

constexpr bool has_dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/// Crockford's digits: none is mistaken for another when read aloud.
std::string base32(const std::uint8_t* bytes, std::size_t digits) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string result;
  for (std::size_t i = 0; i < digits; ++i) {
    const auto bit = i * 5;
    const auto window = static_cast<unsigned>(bytes[bit / 8] << 8U)
                        | static_cast<unsigned>(bytes[bit / 8 + 1]);
    result += alphabet[(window >> (11U - bit % 8)) & 31U];
  }
  return result;
}

} // namespace

bool uuid::nil() const {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::uint8_t x) { return x == 0; });
}

uuid make_uuid(instant now, random_source& random) {
  const auto micros
    = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(now), 0));
  uuid id;
  put(id, 0, 6, micros / 1000);
  // The 12 bits below the millisecond (RFC 9562, section 6.2, method 3).
  put(id, 6, 2, micros % 1000 * 4096 / 1000);
  put(id, 8, 8, random.next());
  stamp(id, 7);
  return id;
}

uuid derived_uuid(std::uint64_t high, std::uint64_t low) {
  // Feistel rounds map no two inputs onto one output; the six bits that the
  // stamp then takes carry no part of either number alone.
  high ^= mix64(low);
  low ^= mix64(high);
  high ^= mix64(low);
  uuid id;
  put(id, 0, 8, high);
  put(id, 8, 8, low);
  stamp(id, 8);
  return id;
}

std::string to_string(const uuid& id) {
  std::string result;
  result.reserve(36);
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (has_dash_before(i))
      result += '-';
    result += hex_digits[id.bytes[i] >> 4U];
    result += hex_digits[id.bytes[i] & 15U];
  }
  return result;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (has_dash_before(i) && text[at++] != '-')
      return std::nullopt;
    const auto high = hex_value(text[at++]);
    const auto low = hex_value(text[at++]);
    if (high < 0 || low < 0)
      return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

std::string idempotency_key(const run_id& run, std::string_view step,
                            std::uint32_t revision) {
  auto key = to_string(run);
  key.reserve(key.size() + step.size() + 12);
  key += '/';
  key += step;
  key += '/';
  key += std::to_string(revision);
  return key;
}

std::pair<run_id, step_path> place_of(std::string_view key) {
  const auto first = key.find('/');
  const auto last = key.rfind('/');
  if (first == std::string_view::npos || first == last)
    return {};
  return {parse_uuid(key.substr(0, first)).value_or(run_id{}),
          step_path{key.substr(first + 1, last - first - 1)}};
}

std::string ticket_id(const run_id& run, std::string_view step,
                      std::uint32_t revision) {
  const auto hash = sha256("ticket:" + idempotency_key(run, step, revision));
  return "T-" + base32(hash.bytes.data(), 16);
}

} // namespace stanchion

std::size_t std::hash<stanchion::uuid>::operator()(
  const stanchion::uuid& id) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, id.bytes.data(), sizeof halves);
  return stanchion::mix64(halves[0] ^ stanchion::mix64(halves[1]));
}
