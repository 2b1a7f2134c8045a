#include <stanchion/supervisors/policy/backoff.hpp>
#include <stanchion/supervisors/policy/detail/problem_list.hpp>

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

} // namespace

std::string_view to_string(jitter x) {
  switch (x) {
  case jitter::none:
    return "none";
  case jitter::full:
    return "full";
  }
  return "invalid";
}

std::vector<std::string> validate(const backoff_options& x,
                                  std::string_view where) {
  detail::problem_list found{where};
  found.require(x.first >= duration::zero(), "first",
                "must not be negative; give a span such as 500ms");
  found.require(x.factor >= 1.0 && x.factor <= 100.0, "factor",
                "must be from 1 to 100; 2 doubles each delay");
  found.require(x.cap <= longest_cap, "cap", "must be at most 30 days");
  found.require(x.cap >= x.first, "cap",
                "is below first; raise cap or lower first");
  found.require(to_string(x.jitter) != "invalid", "jitter",
                "must be none or full");
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

duration delay(const backoff_options& x, std::uint32_t attempt, double unit) {
  const auto most = ceiling(x, attempt);
  if (x.jitter == jitter::none || unit >= 1.0)
    return most;
  const auto share = unit > 0.0 ? unit : 0.0;
  return duration{static_cast<duration::rep>(share * micros(most))};
}

restart_backoff::restart_backoff(backoff_options options, duration quiet)
  : options_(options), quiet_(quiet) {
  // nop
}

duration restart_backoff::next(instant now, double unit) {
  if (was_quiet(now))
    failures_ = 0;
  last_delay_ = delay(options_, failures_, unit);
  last_failure_ = now;
  if (failures_ < std::numeric_limits<std::uint32_t>::max())
    ++failures_;
  return last_delay_;
}

void restart_backoff::reset() {
  failures_ = 0;
}

bool restart_backoff::was_quiet(instant now) const {
  const auto since = now - last_failure_;
  return since >= quiet_ && since / 2 >= last_delay_;
}

} // namespace stanchion
