#pragma once

#include <stanchion/actors/http/transfer.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// Why this must not be sent; nothing if it may. Says no content of headers.
[[nodiscard]] std::optional<std::string> refusal(const transfer_request& x);

/// Where a URL leads, for people: scheme, host and port, such as
/// `https://example.com:8443`. Without what may be secret: user, password,
/// path, query.
[[nodiscard]] std::string origin_of(std::string_view url);

} // namespace stanchion
