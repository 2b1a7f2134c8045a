#include <stanchion/core/canonical.hpp>

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace stanchion {

namespace {

struct free_context {
  void operator()(EVP_MD_CTX* x) const noexcept {
    EVP_MD_CTX_free(x);
  }
};

using context_ptr = std::unique_ptr<EVP_MD_CTX, free_context>;

/// Looked up once, and kept until the process ends: fetching costs more than
/// hashing a record.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (fetched == nullptr)
    throw std::bad_alloc{};
  return fetched;
}

/// A context that has hashed before starts again without an allocation.
EVP_MD_CTX* start_context() {
  thread_local const context_ptr context{EVP_MD_CTX_new()};
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) != 1)
    throw std::bad_alloc{};
  return context.get();
}

} // namespace

digest sha256(std::string_view bytes) {
  digest result;
  auto* context = start_context();
  if (EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1
      || EVP_DigestFinal_ex(context, result.bytes.data(), nullptr) != 1)
    throw std::bad_alloc{};
  return result;
}

std::string to_string(const digest& x) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  result.reserve(2 * x.bytes.size());
  for (const auto byte : x.bytes) {
    result += hex[byte >> 4U];
    result += hex[byte & 15U];
  }
  return result;
}

std::uint64_t checksum64(std::string_view bytes) {
  const auto hash = sha256(bytes);
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < sizeof result; ++i)
    result = result << 8U | hash.bytes[i];
  return result;
}

} // namespace stanchion
