#pragma once

#include <stanchion/actors/http/transfer.hpp>
#include <stanchion/core/time.hpp>

#include <optional>
#include <string_view>

namespace stanchion {

/// What `Retry-After` asks for, from `now` on: seconds, as some servers send
/// them also with a decimal point, or a date in any of the three forms of
/// RFC 9110 section 5.6.7; a date that is past is zero. Nothing for what is
/// neither, for a negative number and for more than a year (366 days).
[[nodiscard]] std::optional<duration> parse_retry_after(std::string_view text,
                                                        instant now);

/// The least wait that these headers ask for: `retry-after-ms`, or, where that
/// says nothing, `retry-after`.
[[nodiscard]] std::optional<duration> retry_after(const http_headers& from,
                                                  instant now);

} // namespace stanchion
