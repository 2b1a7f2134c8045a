#include <stanchion/core/backoff.hpp>
#include <stanchion/core/problem_list.hpp>

#include <algorithm>
#include <limits>

namespace stanchion {

namespace {

constexpr duration longest_cap = std::chrono::days{30};

/// By squaring: the same on every platform, unlike `std::pow`, and at most 32
/// rounds. Reaches infinity, never NaN, for a base of at least 1.
double power(double base, std::uint32_t exponent) {
  auto result = 1.0;
  for (; exponent != 0; exponent >>= 1U, base *= base)
    if ((exponent & 1U) != 0)
      result *= base;
  return result;
}

double micros(duration x) {
  return static_cast<double>(x.count());
}

/// `share`, from 0 to 1, of `x`.
duration part(double share, duration x) {
  return duration{static_cast<duration::rep>(share * micros(x))};
}

/// AWS's three: what the delay before may grow by.
constexpr double decorrelated_growth = 3.0;

duration decorrelated(const backoff_options& x, double share, duration before) {
  const auto most = std::min(
    micros(x.cap), decorrelated_growth * micros(std::max(before, x.first)));
  const auto least = micros(x.first);
  return duration{
    static_cast<duration::rep>(least + share * std::max(most - least, 0.0))};
}

} // namespace

std::string_view to_string(jitter x) {
  switch (x) {
  case jitter::none:
    return "none";
  case jitter::full:
    return "full";
  case jitter::equal:
    return "equal";
  case jitter::decorrelated:
    return "decorrelated";
  }
  return "invalid";
}

std::vector<std::string> validate(const backoff_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.first >= duration::zero(), "first",
                "must not be negative; give a span such as 500ms");
  found.require(x.factor >= 1.0 && x.factor <= 100.0, "factor",
                "must be from 1 to 100; 2 doubles each delay");
  found.require(x.cap <= longest_cap, "cap", "must be at most 30 days");
  found.require(x.cap >= x.first, "cap",
                "is below first; raise cap or lower first");
  found.require(to_string(x.jitter) != "invalid", "jitter",
                "must be none, full, equal or decorrelated");
  return found.take();
}

duration ceiling(const backoff_options& x, std::uint32_t attempt) {
  if (x.first <= duration::zero())
    return duration::zero();
  const auto grown = micros(x.first) * power(x.factor, attempt);
  if (grown < micros(x.cap))
    return duration{static_cast<duration::rep>(grown)};
  return x.cap;
}

duration delay(const backoff_options& x, std::uint32_t attempt, double unit,
               std::optional<duration> before) {
  const auto most = ceiling(x, attempt);
  const auto share = unit > 0.0 ? std::min(unit, 1.0) : 0.0;
  switch (x.jitter) {
  case jitter::none:
    break;
  case jitter::full:
    return share < 1.0 ? part(share, most) : most;
  case jitter::equal:
    return share < 1.0 ? most / 2 + part(share, most - most / 2) : most;
  case jitter::decorrelated:
    if (attempt == 0)
      return most;
    return decorrelated(x, share, before ? *before : ceiling(x, attempt - 1));
  }
  return most;
}

} // namespace stanchion
