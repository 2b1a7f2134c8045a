#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>

#include <algorithm>
#include <cmath>

namespace stanchion {

namespace {

std::uint32_t first_limit(const concurrency_options& x) {
  return x.adapt ? std::min(x.adapt->initial, x.most) : x.most;
}

std::vector<std::string> validate(const aimd_options& x, std::uint32_t most,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.least >= 1 && x.least <= most, "least",
                "must be from 1 to most");
  found.require(x.initial >= x.least, "initial",
                "is below least; raise initial or lower least");
  found.require(x.shrink >= 0.5 && x.shrink < 1.0, "shrink",
                "must be at least 0.5 and less than 1");
  found.require(x.slow_after > duration::zero(), "slow_after",
                "must be longer than zero");
  return found.take();
}

} // namespace

std::vector<std::string> validate(const concurrency_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.most >= 1 && x.most <= 100'000, "most",
                "must be from 1 to 100000");
  found.require(x.queue <= 1'000'000, "queue", "must be at most 1000000");
  found.require(x.max_wait >= duration::zero()
                  && x.max_wait <= std::chrono::days{30},
                "max_wait", "must not be negative, and at most 30 days");
  if (x.adapt)
    found.append(validate(*x.adapt, std::max(x.most, 1U), found.path("adapt")));
  return found.take();
}

load_sign sign_of(failure_kind kind) {
  switch (kind) {
  case failure_kind::timeout:
  case failure_kind::rate_limited:
  case failure_kind::overloaded:
    return load_sign::overloaded;
  default:
    return load_sign::nothing;
  }
}

concurrency_limit::concurrency_limit(const concurrency_options& options)
  : options_(options), limit_(first_limit(options)) {
  // nop
}

std::optional<limit_change>
concurrency_limit::report(load_sign sign, duration took, std::uint32_t in_use) {
  if (!options_.adapt || sign == load_sign::nothing)
    return std::nullopt;
  const auto& x = *options_.adapt;
  const auto before = limit_;
  if (sign == load_sign::overloaded || took > x.slow_after) {
    const auto share
      = static_cast<std::uint32_t>(std::floor(double{x.shrink} * limit_));
    limit_ = std::max(x.least, std::min(limit_ - 1, share));
  } else if (std::uint64_t{in_use} * 2 >= limit_) {
    limit_ = std::min(limit_ + 1, options_.most);
  }
  if (limit_ == before)
    return std::nullopt;
  return limit_change{before, limit_};
}

} // namespace stanchion
