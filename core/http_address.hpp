#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// The host of an `http://` or `https://` URL, without port, brackets or
/// credentials; empty where there is none.
[[nodiscard]] std::string host_of(std::string_view url);

/// Whether only this machine answers there: 127.0.0.0/8, `::1`, `localhost`.
[[nodiscard]] bool is_loopback(std::string_view host);

/// Why nothing confidential may be sent to `url`; nothing when it may. To other
/// machines it goes with TLS, unless `insecure`.
[[nodiscard]] std::optional<std::string> why_not_sent_to(std::string_view url,
                                                         bool insecure);

} // namespace stanchion
