#pragma once

#include <nlohmann/json_fwd.hpp>

#include <compare>

namespace stanchion::detail {

/// Doubles below this hold every integer exactly.
inline constexpr double exact_limit = 0x1p53;

/// Whether the canonical form writes `x` as an integer.
[[nodiscard]] bool is_exact_integer(double x);

/// Orders two numbers exactly, rounding neither; unordered where one is NaN.
/// Precondition: both are numbers.
[[nodiscard]] std::partial_ordering compare_numbers(const nlohmann::json& x,
                                                    const nlohmann::json& y);

/// Whether two documents have the same canonical bytes.
[[nodiscard]] bool same(const nlohmann::json& x, const nlohmann::json& y);

} // namespace stanchion::detail
