#include <stanchion/core/backoff.hpp>
#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

constexpr duration longest_span = std::chrono::days{30};
constexpr duration longest_window = std::chrono::days{1};
/// Doublings beyond this change nothing: every span has reached its cap.
constexpr std::uint32_t most_doublings = 63;

bool is_share(double x) {
  return x >= 0.0 && x <= 1.0;
}

/// By division, which is exact where the rate is written as such a fraction.
bool reaches(std::uint32_t count, std::uint32_t calls, double rate) {
  return static_cast<double>(count) / static_cast<double>(calls) >= rate;
}

bool heals_with_time(breaker_state x) {
  return x == breaker_state::open || x == breaker_state::half_open;
}

} // namespace

std::string_view to_string(breaker_state x) {
  switch (x) {
  case breaker_state::closed:
    return "closed";
  case breaker_state::open:
    return "open";
  case breaker_state::half_open:
    return "half_open";
  case breaker_state::isolated:
    return "isolated";
  }
  return "invalid";
}

std::string_view to_string(breaker_result x) {
  switch (x) {
  case breaker_result::success:
    return "success";
  case breaker_result::failure:
    return "failure";
  case breaker_result::ignored:
    return "ignored";
  }
  return "invalid";
}

std::string_view to_string(breaker_cause x) {
  switch (x) {
  case breaker_cause::failures:
    return "failures";
  case breaker_cause::retry_after:
    return "retry_after";
  case breaker_cause::wait_over:
    return "wait_over";
  case breaker_cause::probe_failed:
    return "probe_failed";
  case breaker_cause::probe_lost:
    return "probe_lost";
  case breaker_cause::probes_succeeded:
    return "probes_succeeded";
  case breaker_cause::quiet:
    return "quiet";
  case breaker_cause::by_operator:
    return "by_operator";
  case breaker_cause::failure_rate:
    return "failure_rate";
  case breaker_cause::slow_calls:
    return "slow_calls";
  }
  return "invalid";
}

std::vector<std::string> validate(const breaker_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.consecutive_failures >= 1 && x.consecutive_failures <= 10'000,
                "consecutive_failures", "must be from 1 to 10000");
  found.require(is_share(x.failure_rate), "failure_rate",
                "must be from 0 to 1; 0.5 means half of the calls, 0 means "
                "that no rate opens it");
  found.require(x.minimum_calls >= 1 && x.minimum_calls <= 10'000,
                "minimum_calls", "must be from 1 to 10000");
  found.require(x.window > duration::zero() && x.window <= longest_window,
                "window", "must be longer than zero and at most a day");
  found.require(!x.slow_after || *x.slow_after > duration::zero(), "slow_after",
                "must be longer than zero; leave it out if no call is slow");
  found.require(is_share(x.slow_rate) && x.slow_rate > 0.0, "slow_rate",
                "must be more than 0 and at most 1");
  found.require(x.open_for > duration::zero(), "open_for",
                "must be longer than zero; give a span such as 10s");
  found.require(x.open_cap >= x.open_for, "open_cap",
                "is below open_for; raise open_cap or lower open_for");
  found.require(x.open_cap <= longest_span, "open_cap",
                "must be at most 30 days");
  found.require(x.probes >= 1 && x.probes <= 100, "probes",
                "must be from 1 to 100");
  found.require(x.probe_lease > duration::zero()
                  && x.probe_lease <= longest_span,
                "probe_lease",
                "must be longer than zero and at most 30 days; give a span "
                "longer than the tool's attempt timeout");
  return found.take();
}

breaker::breaker(breaker_options options)
  : options_(options), recent_(options.window) {
  // nop
}

// -- calls --------------------------------------------------------------------

admission breaker::admit(instant now) {
  if (state_ == breaker_state::closed)
    return {admitted{{generation_, 0}}, {}};
  auto changes = settle(now);
  if (state_ == breaker_state::open && now >= until_) {
    successes_ = 0;
    move_to(breaker_state::half_open, breaker_cause::wait_over, now, changes);
  }
  if (state_ == breaker_state::closed)
    return {admitted{{generation_, 0}}, std::move(changes)};
  if (state_ == breaker_state::half_open)
    return {lend(now), std::move(changes)};
  return {rejected{changes_at()}, std::move(changes)};
}

std::variant<admitted, rejected> breaker::lend(instant now) {
  if (leases_.size() + successes_ >= options_.probes)
    return rejected{changes_at()};
  leases_.push_back({++last_probe_, now + options_.probe_lease});
  last_lease_ = now;
  return admitted{{generation_, last_probe_}};
}

breaker_changes breaker::record(const breaker_permit& permit,
                                breaker_result result, instant now,
                                std::optional<instant> retry_at,
                                duration took) {
  auto changes = settle(now);
  if (permit.generation != generation_
      || (state_ == breaker_state::half_open && !give_back(permit.probe)))
    return changes;
  if (result == breaker_result::ignored)
    return changes;
  const auto failed = result == breaker_result::failure;
  const auto slow = options_.slow_after && took >= *options_.slow_after;
  recent_.add(now, {1, failed ? 1U : 0U, slow ? 1U : 0U});
  if (!failed) {
    count_success(permit, slow, now, changes);
    return changes;
  }
  ++failures_;
  if (retry_at && *retry_at > now)
    open(breaker_cause::retry_after, now, *retry_at, changes);
  else
    count_failure(permit, slow, now, changes);
  return changes;
}

bool breaker::give_back(std::uint64_t probe) {
  const auto out
    = std::erase_if(leases_, [=](const lease& x) { return x.probe == probe; });
  return out != 0;
}

void breaker::count_success(const breaker_permit& permit, bool slow,
                            instant now, breaker_changes& changes) {
  if (permit.probe == 0) {
    failures_ = 0;
    if (slow)
      check_window(false, true, now, changes);
  } else if (slow)
    open_longer(breaker_cause::slow_calls, now, changes);
  else if (++successes_ >= options_.probes)
    reset(breaker_cause::probes_succeeded, now, changes);
}

void breaker::count_failure(const breaker_permit& permit, bool slow,
                            instant now, breaker_changes& changes) {
  if (permit.probe != 0)
    open_longer(breaker_cause::probe_failed, now, changes);
  else if (failures_ >= options_.consecutive_failures)
    open_longer(breaker_cause::failures, now, changes);
  else
    check_window(true, slow, now, changes);
}

void breaker::check_window(bool failed, bool slow, instant now,
                           breaker_changes& changes) {
  const auto seen = recent_.total(now);
  if (seen.calls < options_.minimum_calls)
    return;
  if (failed && options_.failure_rate > 0.0
      && reaches(seen.failed, seen.calls, options_.failure_rate))
    open_longer(breaker_cause::failure_rate, now, changes);
  else if (slow && reaches(seen.slow, seen.calls, options_.slow_rate))
    open_longer(breaker_cause::slow_calls, now, changes);
}

// -- changes of state ---------------------------------------------------------

breaker_changes breaker::open_until(instant until, instant now) {
  auto changes = settle(now);
  if (state_ == breaker_state::isolated || until <= now)
    return changes;
  if (state_ == breaker_state::open)
    until_ = std::clamp(until, until_, far_future);
  else
    open(breaker_cause::retry_after, now, until, changes);
  return changes;
}

breaker_changes breaker::isolate(instant now) {
  auto changes = settle(now);
  if (state_ != breaker_state::isolated)
    move_to(breaker_state::isolated, breaker_cause::by_operator, now, changes);
  return changes;
}

breaker_changes breaker::close(instant now) {
  auto changes = settle(now);
  if (state_ != breaker_state::closed)
    reset(breaker_cause::by_operator, now, changes);
  failures_ = 0;
  return changes;
}

breaker_changes breaker::settle(instant now) {
  breaker_changes changes;
  if (heals_with_time(state_))
    follow_clock(now);
  if (state_ == breaker_state::half_open)
    end_half_open(now, changes);
  return changes;
}

void breaker::end_half_open(instant now, breaker_changes& changes) {
  const auto end = *changes_at();
  if (now < end)
    return;
  if (!leases_.empty())
    open_longer(breaker_cause::probe_lost, end, changes);
  else if (successes_ > 0)
    reset(breaker_cause::quiet, end, changes);
  else
    open(breaker_cause::quiet, end, end + span(std::max(opened_, 1U) - 1),
         changes);
}

void breaker::follow_clock(instant now) {
  if (const auto back = seen_ - now; back > duration::zero()) {
    until_ -= back;
    last_lease_ -= back;
    for (auto& x : leases_)
      x.expires -= back;
  }
  seen_ = now;
}

void breaker::move_to(breaker_state to, breaker_cause cause, instant at,
                      breaker_changes& changes) {
  auto until = to == breaker_state::open ? std::optional{until_} : std::nullopt;
  changes.push_back(
    {state_, to, cause, at, failures_, until, recent_.total(at)});
  recent_.clear();
  if (!heals_with_time(state_))
    seen_ = at;
  state_ = to;
  leases_.clear();
  ++generation_;
}

void breaker::open(breaker_cause cause, instant at, instant until,
                   breaker_changes& changes) {
  until_ = std::min(until, far_future);
  move_to(breaker_state::open, cause, at, changes);
}

void breaker::open_longer(breaker_cause cause, instant at,
                          breaker_changes& changes) {
  const auto length = span(opened_);
  opened_ = std::min(opened_ + 1, most_doublings);
  open(cause, at, at + length, changes);
}

void breaker::reset(breaker_cause cause, instant at, breaker_changes& changes) {
  move_to(breaker_state::closed, cause, at, changes);
  failures_ = 0;
  opened_ = 0;
}

duration breaker::span(std::uint32_t opened_before) const {
  return ceiling({.first = options_.open_for,
                  .factor = 2.0,
                  .cap = options_.open_cap,
                  .jitter = jitter::none},
                 opened_before);
}

std::optional<instant> breaker::changes_at() const {
  if (state_ == breaker_state::open)
    return until_;
  if (state_ != breaker_state::half_open)
    return std::nullopt;
  return leases_.empty() ? last_lease_ + options_.probe_lease
                         : leases_.front().expires;
}

// -- views --------------------------------------------------------------------

breaker_status breaker::status(instant now) const {
  auto then = *this;
  (void)then.settle(now);
  const auto half_open = then.state_ == breaker_state::half_open;
  const auto isolated = then.state_ == breaker_state::isolated;
  return {.state = then.state_,
          .generation = then.generation_,
          .failures = then.failures_,
          .until = then.changes_at(),
          .since = isolated ? std::optional{then.seen_} : std::nullopt,
          .probes_out = then.leases_.size(),
          .probes_succeeded = half_open ? then.successes_ : 0};
}

} // namespace stanchion
