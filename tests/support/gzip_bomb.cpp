#include "support/fault_server.hpp"

#include <array>
#include <cstdint>

namespace stanchion::test {

namespace {

/// Most bytes of one copy.
constexpr auto longest = std::size_t{258};

/// Writes the bits of RFC 1951.
class bit_writer {
public:
  explicit bit_writer(std::string& to) : to_(to) {
    // nop
  }

  /// The highest bit first, as codes are.
  void code(unsigned bits, unsigned count) {
    while (count-- > 0)
      bit((bits >> count) & 1U);
  }

  void finish() {
    while (used_ != 0)
      bit(0);
  }

private:
  void bit(unsigned x) {
    byte_ |= x << used_;
    if (++used_ < 8)
      return;
    to_.push_back(static_cast<char>(byte_));
    byte_ = used_ = 0;
  }

  std::string& to_;
  unsigned byte_ = 0;
  unsigned used_ = 0;
};

std::uint32_t crc_of(char c, std::size_t count) {
  auto table = std::array<std::uint32_t, 256>{};
  for (auto i = std::uint32_t{0}; i < table.size(); ++i) {
    table[i] = i;
    for (auto n = 0; n < 8; ++n)
      table[i] = (table[i] >> 1U) ^ ((table[i] & 1U) * 0xEDB88320U);
  }
  auto x = ~std::uint32_t{0};
  while (count-- > 0)
    x = table[(x ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (x >> 8U);
  return ~x;
}

void add_little_endian(std::string& to, std::uint32_t x) {
  for (auto i = 0; i < 4; ++i, x >>= 8U)
    to.push_back(static_cast<char>(x & 0xFFU));
}

} // namespace

std::string gzip_bomb(std::size_t size) {
  constexpr auto head = std::string_view{"\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10};
  const auto copies = (size + longest - 1) / longest;
  auto to = std::string{head};
  auto bits = bit_writer{to};
  bits.code(0b110, 3);      // the last block, of fixed codes
  bits.code(0x30 + 'x', 8); // the letter
  for (auto i = std::size_t{0}; i < copies; ++i)
    bits.code(0b11000101'00000, 13); // 258 bytes as the one before
  bits.code(0, 7);                   // the end
  bits.finish();
  const auto whole = 1 + copies * longest;
  add_little_endian(to, crc_of('x', whole));
  add_little_endian(to, static_cast<std::uint32_t>(whole));
  return to;
}

} // namespace stanchion::test
