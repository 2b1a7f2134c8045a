#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/rate_limit.hpp>

#include <algorithm>
#include <cmath>

namespace stanchion {

namespace {

constexpr duration longest_span = std::chrono::days{30};
constexpr std::uint64_t most_requests = 1'000'000'000;
constexpr std::uint64_t most_tokens = 1'000'000'000'000;

std::optional<token_bucket> bucket(std::uint64_t amount, duration per,
                                   std::uint64_t burst) {
  if (amount == 0)
    return std::nullopt;
  return token_bucket{amount, per, burst == 0 ? amount : burst};
}

} // namespace

std::string_view to_string(rate_excess x) {
  switch (x) {
  case rate_excess::wait:
    return "wait";
  case rate_excess::reject:
    return "reject";
  }
  return "invalid";
}

std::vector<std::string> validate(const rate_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.requests > 0 || x.tokens > 0, "requests",
                "must be positive, or else tokens; both 0 limit nothing");
  found.require(x.requests <= most_requests, "requests",
                "must be at most 1000000000");
  found.require(x.tokens <= most_tokens, "tokens",
                "must be at most 1000000000000");
  found.require(x.per >= 1ms && x.per <= longest_span, "per",
                "must be from 1ms to 30 days");
  found.require(x.request_burst <= most_requests, "request_burst",
                "must be at most 1000000000");
  found.require(x.token_burst <= most_tokens, "token_burst",
                "must be at most 1000000000000");
  found.require(to_string(x.excess) != "invalid", "excess",
                "must be wait or reject");
  found.require(x.max_wait >= duration::zero() && x.max_wait <= longest_span,
                "max_wait", "must not be negative, and at most 30 days");
  return found.take();
}

// -- one bucket ---------------------------------------------------------------

token_bucket::token_bucket(std::uint64_t amount, duration per,
                           std::uint64_t burst)
  : per_micro_(static_cast<double>(amount) / static_cast<double>(per.count())),
    burst_(burst), level_(static_cast<double>(burst)) {
  // nop
}

void token_bucket::refill(instant at) {
  const auto since = static_cast<double>((at - seen_).count());
  level_ = std::min(static_cast<double>(burst_), level_ + since * per_micro_);
  seen_ = at;
}

duration token_bucket::wait_for(std::uint64_t n, instant at) {
  // Less than a microsecond's worth is the error of the reckoning.
  constexpr auto error = 1e-3;
  refill(at);
  const auto missing = (static_cast<double>(n) - level_) / per_micro_;
  return missing <= error
           ? duration::zero()
           : duration{static_cast<duration::rep>(std::ceil(missing - error))};
}

void token_bucket::take(std::uint64_t n, instant at) {
  refill(at);
  level_ -= static_cast<double>(n);
}

void token_bucket::give_back(std::uint64_t n) {
  level_
    = std::min(static_cast<double>(burst_), level_ + static_cast<double>(n));
}

// -- both ---------------------------------------------------------------------

rate_limit::rate_limit(const rate_options& options)
  : options_(options),
    requests_(bucket(options.requests, options.per, options.request_burst)),
    tokens_(bucket(options.tokens, options.per, options.token_burst)) {
  // nop
}

instant rate_limit::next_turn(std::uint64_t tokens, instant now) {
  if (const auto back = seen_ - now; back > duration::zero()) {
    last_turn_ -= back;
    if (requests_)
      requests_->shift(back);
    if (tokens_)
      tokens_->shift(back);
  }
  seen_ = now;
  const auto from = std::max(now, last_turn_);
  auto wait = duration::zero();
  if (requests_)
    wait = requests_->wait_for(1, from);
  if (tokens_)
    wait = std::max(wait, tokens_->wait_for(tokens, from));
  return from + wait;
}

void rate_limit::take(std::uint64_t tokens, instant turn) {
  if (requests_)
    requests_->take(1, turn);
  if (tokens_)
    tokens_->take(tokens, turn);
  last_turn_ = turn;
}

rate_verdict rate_limit::ask(std::uint64_t tokens, bool begun, instant now) {
  if (tokens_ && tokens > tokens_->burst())
    return rate_refused{};
  const auto turn = next_turn(tokens, now);
  const auto wait = turn - now;
  const auto in_time
    = options_.excess == rate_excess::wait && wait <= options_.max_wait;
  if (wait > duration::zero() && !begun && !in_time)
    return rate_refused{wait};
  take(tokens, turn);
  if (wait <= duration::zero())
    return rate_pass{};
  return rate_turn{turn};
}

bool rate_limit::try_pass(std::uint64_t tokens, instant now) {
  if (next_turn(tokens, now) > now)
    return false;
  take(tokens, now);
  return true;
}

void rate_limit::give_back(std::uint64_t tokens) {
  if (requests_)
    requests_->give_back(1);
  if (tokens_)
    tokens_->give_back(tokens);
}

} // namespace stanchion
