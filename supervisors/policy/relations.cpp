#include <stanchion/supervisors/policy/relations.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace stanchion {

namespace {

/// `left (1s) relation right (2s): advice`.
std::string conflict(std::string_view left, duration x,
                     std::string_view relation, std::string_view right,
                     duration y, std::string_view advice) {
  return std::string{left} + " (" + to_text(x) + ") " + std::string{relation}
         + " " + std::string{right} + " (" + to_text(y)
         + "): " + std::string{advice};
}

void add(std::vector<std::string>& to, std::vector<std::string> more) {
  for (auto& x : more)
    to.push_back(std::move(x));
}

/// How many calls can end within `within`, at most; nothing for no bound.
std::optional<double> most_calls(const tool_timing& x, duration within) {
  if (!x.rate || x.rate->requests == 0)
    return std::nullopt;
  const auto& rate = *x.rate;
  const auto burst
    = rate.request_burst != 0 ? rate.request_burst : rate.requests;
  const auto spans = static_cast<double>(within.count())
                     / static_cast<double>(rate.per.count());
  return static_cast<double>(burst)
         + static_cast<double>(rate.requests) * spans;
}

} // namespace

duration sum_of_delays(const backoff_options& x, std::uint32_t n) {
  auto sum = duration::zero();
  for (auto i = std::uint32_t{0}; i < n; ++i) {
    const auto next = ceiling(x, i);
    if (next == x.cap) // from here on all are
      return sum + next * static_cast<duration::rep>(n - i);
    sum += next;
  }
  return sum;
}

std::vector<std::string> contradictions(const restart_budget_options& budget,
                                        const backoff_options& backoff) {
  auto found = std::vector<std::string>{};
  // The waits between max_restarts + 1 crashes, at their longest.
  const auto waits = sum_of_delays(backoff, budget.max_restarts);
  if (budget.max_restarts != 0 && waits >= budget.window)
    found.push_back(conflict(
      "the waits between " + std::to_string(budget.max_restarts) + " restarts",
      waits, "do not fit into", "the window of restarts", budget.window,
      "they are never counted together, so nothing ever stops; lengthen the "
      "window or shorten the backoff"));
  return found;
}

std::vector<std::string> contradictions(const tool_timing& x) {
  auto found = std::vector<std::string>{};
  if (x.idle && *x.idle >= x.attempt)
    found.push_back(conflict("idle_timeout", *x.idle, ">=", "timeout",
                             x.attempt,
                             "the attempt is given up before it is idle"));
  if (x.call && x.attempt >= *x.call)
    found.push_back(conflict("timeout", x.attempt, ">=", "call_timeout",
                             *x.call, "no attempt ever times out by itself"));
  const auto retries = x.retry.max_attempts - 1;
  const auto waits = sum_of_delays(x.retry.backoff, retries);
  if (x.call && retries != 0 && waits >= *x.call)
    found.push_back(conflict(
      "the waits between " + std::to_string(x.retry.max_attempts) + " attempts",
      waits, ">=", "call_timeout", *x.call,
      "the last ones are never made; try less often, or wait less"));
  if (x.retry.max_elapsed && retries != 0
      && x.retry.backoff.jitter == jitter::none
      && x.retry.backoff.first >= *x.retry.max_elapsed)
    found.push_back(conflict("retry.backoff.first", x.retry.backoff.first,
                             ">=", "retry.max_elapsed", *x.retry.max_elapsed,
                             "nothing is ever tried again"));
  if (x.call && x.limit && x.limit->max_wait > *x.call)
    found.push_back(conflict("limit.max_wait", x.limit->max_wait, ">",
                             "call_timeout", *x.call,
                             "the call is over before its turn"));
  if (x.call && x.rate && x.rate->max_wait > *x.call)
    found.push_back(conflict("rate.max_wait", x.rate->max_wait, ">",
                             "call_timeout", *x.call,
                             "the call is over before its turn"));
  if (x.breaker.slow_after && *x.breaker.slow_after > x.attempt)
    found.push_back(conflict("breaker.slow_after", *x.breaker.slow_after, ">",
                             "timeout", x.attempt, "no call is ever slow"));
  if (x.breaker.probe_lease >= x.breaker.open_cap)
    found.push_back(conflict("breaker.probe_lease", x.breaker.probe_lease,
                             ">=", "breaker.open_cap", x.breaker.open_cap,
                             "a probe that is lost keeps it half open for "
                             "longer than it is ever open"));
  const auto most = most_calls(x, x.breaker.window);
  if (most && x.breaker.failure_rate > 0
      && static_cast<double>(x.breaker.minimum_calls) > *most)
    found.push_back(
      "breaker.minimum_calls (" + std::to_string(x.breaker.minimum_calls)
      + ") is more than rate lets through within breaker.window ("
      + std::to_string(static_cast<std::uint64_t>(*most)) + " in "
      + to_text(x.breaker.window) + "): the failure rate never counts");
  add(found, contradictions(x.restarts, x.restart_backoff));
  return found;
}

} // namespace stanchion
