#include <stanchion/actors/notifier/signature.hpp>
#include <stanchion/core/error.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <optional>

namespace stanchion {

namespace {

const unsigned char* raw(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

/// Nothing for what is no base64.
std::optional<std::string> decoded(std::string text) {
  while (text.size() % 4 != 0)
    text += '=';
  auto to = std::string(text.size() / 4 * 3, '\0');
  const auto size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(to.data()),
                                    raw(text), static_cast<int>(text.size()));
  if (size < 0)
    return std::nullopt;
  const auto padding = std::count(text.begin(), text.end(), '=');
  to.resize(static_cast<std::size_t>(size - padding));
  return to;
}

} // namespace

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  auto to = std::array<unsigned char, 32>{};
  auto size = 0U;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(bytes),
           bytes.size(), to.data(), &size)
      == nullptr)
    throw std::bad_alloc{};
  return {reinterpret_cast<const char*>(to.data()), size};
}

std::string base64(std::string_view bytes) {
  auto to = std::string((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(to.data()),
                                    raw(bytes), static_cast<int>(bytes.size()));
  to.resize(static_cast<std::size_t>(size));
  return to;
}

std::string signing_key(const std::string& secret) {
  constexpr auto prefix = std::string_view{"whsec_"};
  constexpr auto least = std::size_t{16};
  const auto key = secret.starts_with(prefix)
                     ? decoded(secret.substr(prefix.size()))
                     : std::optional{secret};
  if (!key)
    throw error{error_code::invalid_spec,
                "the secret begins with whsec_, but what follows is no base64"};
  if (key->size() < least)
    throw error{error_code::invalid_spec,
                "the secret is shorter than 16 bytes; make one with: openssl "
                "rand -base64 32"};
  return *key;
}

std::map<std::string, std::string> signed_headers(const std::string& key,
                                                  const std::string& id,
                                                  instant now,
                                                  const std::string& body) {
  const auto seconds = std::to_string(
    std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  auto to = std::map<std::string, std::string>{{"webhook-id", id},
                                               {"webhook-timestamp", seconds}};
  if (!key.empty())
    to["webhook-signature"]
      = "v1," + base64(hmac_sha256(key, id + "." + seconds + "." + body));
  return to;
}

} // namespace stanchion
