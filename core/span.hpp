#pragma once

#include <stanchion/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// A span such as `30s`, `5m`, `2h`, `3d`, `250ms`, `5us`, or a number of
/// seconds. Nothing when it is anything else or not positive.
[[nodiscard]] std::optional<duration> parse_span(std::string_view text);

/// `d`, which is not negative, in the largest unit that loses nothing: `90s`,
/// `2h`, `250ms`, and so that `parse_span` reads it, but for `0s`.
[[nodiscard]] std::string span_text(duration d);

} // namespace stanchion
