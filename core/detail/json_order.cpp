#include <stanchion/core/detail/json_order.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

namespace stanchion::detail {

using nlohmann::json;

namespace {

std::partial_ordering compare(std::integral auto x, std::integral auto y) {
  if (std::cmp_less(x, y))
    return std::partial_ordering::less;
  return std::cmp_equal(x, y) ? std::partial_ordering::equivalent
                              : std::partial_ordering::greater;
}

std::partial_ordering compare(double x, double y) {
  return x <=> y;
}

/// Exact: no integer is rounded to a double on the way.
template <std::integral Int>
std::partial_ordering compare(Int x, double y) {
  if (std::isnan(y))
    return std::partial_ordering::unordered;
  constexpr double beyond = std::is_signed_v<Int> ? 0x1p63 : 0x1p64;
  constexpr double least = std::is_signed_v<Int> ? -0x1p63 : 0.0;
  if (y >= beyond)
    return std::partial_ordering::less;
  if (y < least)
    return std::partial_ordering::greater;
  const auto whole = std::trunc(y);
  const auto order = compare(x, static_cast<Int>(whole));
  return order == 0 ? compare(whole, y) : order;
}

template <std::integral Int>
std::partial_ordering compare(double x, Int y) {
  return 0 <=> compare(y, x);
}

/// Calls `f` with a number as the type that holds it.
template <class F>
auto with_number(const json& x, F f) {
  if (const auto* n = x.get_ptr<const json::number_unsigned_t*>())
    return f(*n);
  if (const auto* n = x.get_ptr<const json::number_integer_t*>())
    return f(*n);
  return f(*x.get_ptr<const double*>());
}

/// Whether two numbers have the same canonical bytes: an integer and a double
/// only where doubles are exact. Precondition: both are numbers.
bool same_number(const json& x, const json& y) {
  if (x.is_number_float() != y.is_number_float()) {
    const auto& inexact = x.is_number_float() ? x : y;
    if (std::abs(*inexact.get_ptr<const double*>()) >= exact_limit)
      return false;
  }
  return compare_numbers(x, y) == 0;
}

} // namespace

bool is_exact_integer(double x) {
  return std::abs(x) < exact_limit && x == std::trunc(x);
}

std::partial_ordering compare_numbers(const json& x, const json& y) {
  return with_number(x, [&](auto a) {
    return with_number(y, [&](auto b) { return compare(a, b); });
  });
}

bool same(const json& x, const json& y) {
  if (x.is_number() && y.is_number())
    return same_number(x, y);
  if (x.type() != y.type())
    return false;
  if (const auto* xs = x.get_ptr<const json::array_t*>()) {
    const auto* ys = y.get_ptr<const json::array_t*>();
    return std::equal(xs->begin(), xs->end(), ys->begin(), ys->end(), same);
  }
  if (const auto* xs = x.get_ptr<const json::object_t*>()) {
    const auto* ys = y.get_ptr<const json::object_t*>();
    return std::equal(xs->begin(), xs->end(), ys->begin(), ys->end(),
                      [](const auto& a, const auto& b) {
                        return a.first == b.first && same(a.second, b.second);
                      });
  }
  return x == y;
}

} // namespace stanchion::detail
