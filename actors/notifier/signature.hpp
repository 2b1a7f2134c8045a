#pragma once

#include <stanchion/core/time.hpp>

#include <map>
#include <string>
#include <string_view>

/// Signs messages in the manner of Standard Webhooks, so that a receiver knows
/// who sent them, and when. Threads: any.
namespace stanchion {

/// HMAC-SHA256, as it is.
[[nodiscard]] std::string hmac_sha256(std::string_view key,
                                      std::string_view bytes);

/// Base64 with padding (RFC 4648).
[[nodiscard]] std::string base64(std::string_view bytes);

/// The key that a secret stands for: what follows `whsec_`, decoded, or else
/// the text itself. Errors: `invalid_spec` where that is no base64, or shorter
/// than 16 bytes.
[[nodiscard]] std::string signing_key(const std::string& secret);

/// The headers `webhook-id`, `webhook-timestamp` (seconds since 1970) and, with
/// a key, `webhook-signature`: `v1,` and the base64 of the HMAC of
/// `id.timestamp.body`.
[[nodiscard]] std::map<std::string, std::string>
signed_headers(const std::string& key, const std::string& id, instant now,
               const std::string& body);

} // namespace stanchion
