#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace stanchion::detail {

/// The largest number that instants and sums are kept as: both may be shifted
/// by as much again without an overflow.
inline constexpr auto far_away = std::int64_t{1} << 61U;

/// The member `key`, if it is an integer between the two, inclusive.
template <class T>
std::optional<T> integer(const nlohmann::json& from, const char* key, T least,
                         T most) {
  const auto i = from.find(key);
  if (i == from.end() || !i->is_number_integer())
    return std::nullopt;
  const auto in_range = [=](auto x) {
    return std::cmp_greater_equal(x, least) && std::cmp_less_equal(x, most);
  };
  const auto fits = i->is_number_unsigned()
                      ? in_range(i->template get<std::uint64_t>())
                      : in_range(i->template get<std::int64_t>());
  return fits ? std::optional{i->template get<T>()} : std::nullopt;
}

} // namespace stanchion::detail
