#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// What becomes of a call that would exceed a rate. Append only: configured by
/// name.
enum class rate_excess : std::uint8_t {
  wait = 1,   ///< it waits for its turn
  reject = 2, ///< it fails at once, unless an attempt of it has left already
};

[[nodiscard]] std::string_view to_string(rate_excess x);

/// How fast attempts may leave, in two currencies. At least one is limited.
struct rate_options {
  /// Attempts within `per`. Up to 1,000,000,000; 0, the default: no limit.
  std::uint64_t requests = 0;
  /// Tokens within `per`; a tool says how many a call costs. Up to
  /// 1,000,000,000,000; 0, the default: no limit.
  std::uint64_t tokens = 0;
  /// 1 ms to 30 days; default 1 s.
  duration per = 1s;
  /// How many may leave together after a pause. 0, the default: as many as
  /// within `per`.
  std::uint64_t request_burst = 0;
  /// No call may cost more than that. 0, the default: as many as within `per`.
  std::uint64_t token_burst = 0;
  /// Default wait.
  rate_excess excess = rate_excess::wait;
  /// A call that would wait for longer fails at once. Not negative, at most 30
  /// days; default 5 min.
  duration max_wait = defaults::limit_wait;
};

/// What is wrong with `x`, field by field; empty when it may be used. `where`
/// is put before the names of the fields.
[[nodiscard]] std::vector<std::string> validate(const rate_options& x,
                                                std::string_view where = {});

/// So many at a time, refilled evenly.
///
/// Errors:  none. Allocates nothing.
/// Threads: not synchronised.
/// Time:    reads no clock. Instants never go back, except by `shift`.
class token_bucket {
public:
  /// Full. `amount` refill within `per`; at most `burst` are kept. All are
  /// positive.
  token_bucket(std::uint64_t amount, duration per, std::uint64_t burst);

  /// How long after `at` there will be `n`; zero if there are. `n` is at most
  /// the burst.
  [[nodiscard]] duration wait_for(std::uint64_t n, instant at);

  /// Takes `n`, which are there at `at`.
  void take(std::uint64_t n, instant at);

  /// What was taken was not used.
  void give_back(std::uint64_t n);

  /// The clock has stepped back.
  void shift(duration back) {
    seen_ -= back;
  }

  [[nodiscard]] std::uint64_t burst() const {
    return burst_;
  }

private:
  void refill(instant at);

  double per_micro_;
  std::uint64_t burst_;
  double level_;
  instant seen_{};
};

/// The attempt may leave.
struct rate_pass {};

/// It may leave at `at`; its turn is taken.
struct rate_turn {
  instant at;
};

/// It may not; nothing is taken.
struct rate_refused {
  /// When it is worth asking again; nothing: never, it costs too much.
  std::optional<duration> retry_after;
};

using rate_verdict = std::variant<rate_pass, rate_turn, rate_refused>;

/// Keeps the attempts of all calls of a tool within a rate of requests and one
/// of tokens. Turns are given in the order in which they are asked for, none
/// before the one before.
///
/// Errors:  none. Allocates nothing.
/// Threads: not synchronised; owned by one guard.
/// Time:    reads no clock. Should `now` step back, turns are as far away as
///          they were.
class rate_limit {
public:
  explicit rate_limit(const rate_options& options);

  /// Asks for one attempt that costs `tokens`. One that has `begun`, whose call
  /// made an attempt before, is never refused for having to wait.
  [[nodiscard]] rate_verdict ask(std::uint64_t tokens, bool begun, instant now);

  /// Asks for one attempt that is not worth waiting for. Takes nothing when it
  /// would have to wait.
  [[nodiscard]] bool try_pass(std::uint64_t tokens, instant now);

  /// The turn of such an attempt will not be used: those who ask from now on
  /// have more to share.
  void give_back(std::uint64_t tokens);

  /// Whether calls have a cost at all.
  [[nodiscard]] bool counts_tokens() const {
    return tokens_.has_value();
  }

private:
  [[nodiscard]] instant next_turn(std::uint64_t tokens, instant now);
  void take(std::uint64_t tokens, instant turn);

  rate_options options_;
  std::optional<token_bucket> requests_;
  std::optional<token_bucket> tokens_;
  instant last_turn_{};
  instant seen_{};
};

} // namespace stanchion
