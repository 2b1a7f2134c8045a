#include <stanchion/core/error.hpp>
#include <stanchion/supervisors/guard/detail/guard_actor.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

std::vector<std::string> validate(const guard_options& x) {
  std::vector<std::string> found;
  const auto require = [&found](bool holds, const char* text) {
    if (!holds)
      found.emplace_back(text);
  };
  const auto append = [&found](const std::vector<std::string>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  require(!x.name.empty(), "name: must not be empty");
  require(static_cast<bool>(x.child), "child: is missing");
  require(x.attempt_timeout > duration::zero(),
          "attempt_timeout: must be longer than zero");
  require(x.start_deadline > duration::zero(),
          "start_deadline: must be longer than zero");
  require(x.stop_deadline > duration::zero(),
          "stop_deadline: must be longer than zero");
  require(x.hung_after >= duration::zero(), "hung_after: must not be negative");
  require(x.max_abandoned > 0, "max_abandoned: must be at least 1");
  append(validate(x.retry, "retry"));
  if (x.retry_budget)
    append(validate(*x.retry_budget, "retry_budget"));
  if (x.rate) {
    append(validate(*x.rate, "rate"));
    require(x.rate->tokens == 0 || x.cost,
            "rate.tokens: needs a function that says what a call costs");
  }
  if (x.limit)
    append(validate(*x.limit, "limit"));
  if (x.hedge)
    append(validate(*x.hedge, x.effect, x.attempt_timeout, "hedge"));
  append(validate(x.breaker, "breaker"));
  append(validate(x.restarts, "restarts"));
  append(validate(x.restart_backoff, "restart_backoff"));
  return found;
}

std::string breaker_fact(std::string_view tool) {
  return "breaker/" + std::string{tool};
}

std::string retry_budget_fact(std::string_view tool) {
  return "retry_budget/" + std::string{tool};
}

std::unique_ptr<fabric::actor> make_guard(guard_options options) {
  auto text = std::string{};
  for (const auto& problem : validate(options))
    text += (text.empty() ? "" : "; ") + problem;
  if (!text.empty())
    throw error{error_code::invalid_spec,
                "the guard of \"" + options.name + "\": " + text};
  // Or slow probes would be lost.
  options.breaker.probe_lease = std::max(
    options.breaker.probe_lease, options.attempt_timeout + options.hung_after);
  if (options.random == nullptr)
    options.random = entropy_random();
  return std::make_unique<detail::guard_actor>(std::move(options));
}

} // namespace stanchion
