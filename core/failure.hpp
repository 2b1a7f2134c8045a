#pragma once

#include <stanchion/core/time.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// Whose fault it is, in the four families every agent failure falls into.
/// Append only: journaled.
enum class failure_category : std::uint8_t {
  tool = 1,      ///< an outside service or the code that speaks to it
  model = 2,     ///< a language model's answer
  workflow = 3,  ///< the run itself: stuck, out of budget, crashed
  user_data = 4, ///< the input or the permissions
};

/// What went wrong, as the caller needs to know it. Append only: journaled.
enum class failure_kind : std::uint8_t {
  timeout = 1,          ///< the attempt's time passed
  http_4xx = 2,         ///< the service refused the request
  http_5xx = 3,         ///< the service failed
  rate_limited = 4,     ///< too many requests; see `retry_after`
  overloaded = 5,       ///< the service is shedding load
  auth = 6,             ///< credentials missing or refused
  network = 7,          ///< connection refused, reset or lost
  budget_exhausted = 8, ///< a budget reached 100 %
  schema_violation = 9, ///< the answer does not fit the output schema
  malformed_output = 10,
  empty_output = 11,
  truncated = 12,
  refused = 13,       ///< a model declined
  unknown_tool = 14,  ///< no tool of that name
  bad_arguments = 15, ///< the arguments do not fit the input schema
  loop_detected = 16,
  step_limit = 17,
  deadline_exceeded = 18,
  crashed = 19,       ///< the tool's actor died while it held the call
  circuit_open = 20,  ///< the breaker is open; nothing was sent
  bulkhead_full = 21, ///< no room to wait; nothing was sent
  cancelled = 22,
  permission_denied = 23,
  invalid_input = 24,
  not_found = 25,
  conflict = 26, ///< the service's state forbids it (HTTP 409)
  nondeterminism = 27,
  internal = 28, ///< a fault of the runtime or an unclassified one
};

/// What the failed attempt may have done in the world. Set by the guard.
/// Append only: journaled.
enum class side_effect : std::uint8_t {
  not_started = 1, ///< it never left: refused, or the tool never took it
  none = 2,        ///< it was taken and provably changed nothing
  unknown = 3,     ///< nobody can say
};

/// A failed attempt or call, as a value. Never crosses an actor boundary as
/// an exception.
struct failure {
  failure_kind kind = failure_kind::internal;
  stanchion::side_effect effect = stanchion::side_effect::unknown;
  std::string message;
  /// The least time to wait, if the service said so.
  std::optional<duration> retry_after;
  /// The HTTP status; 0 where there was none.
  std::uint16_t status = 0;
  /// The provider's own code, as text; empty if it gave none.
  std::string code;
  /// The rule that gave it its kind (core/failure_rules.hpp); empty when the
  /// tool itself did.
  std::string rule;
  /// How many attempts were made.
  std::uint32_t attempts = 0;
  /// What led to this, if anything did.
  std::shared_ptr<const failure> cause;
};

[[nodiscard]] failure_category category_of(failure_kind kind);

[[nodiscard]] std::string_view to_string(failure_category x);
[[nodiscard]] std::string_view to_string(failure_kind x);
[[nodiscard]] std::string_view to_string(side_effect x);
[[nodiscard]] std::optional<failure_kind> parse_failure_kind(std::string_view);
[[nodiscard]] std::optional<side_effect> parse_side_effect(std::string_view);

/// One line for people: `timeout (side effect unknown) after 3 attempts: …`,
/// followed by the cause chain.
[[nodiscard]] std::string to_string(const failure& x);

/// Thrown into an agent by `ctx.call` and by reading a `value` wrongly. To let
/// it pass is the way to fail; to handle a failure use `ctx.try_call`.
class step_error : public std::exception {
public:
  explicit step_error(failure why);

  [[nodiscard]] const failure& why() const noexcept {
    return *why_;
  }
  [[nodiscard]] const char* what() const noexcept override;

private:
  std::shared_ptr<const failure> why_;
  std::shared_ptr<const std::string> text_;
};

/// Thrown by a tool's function to say how it failed; its actor lives on.
/// Anything else that is thrown is a crash of the tool.
class tool_error : public std::exception {
public:
  /// `effect` is what the attempt may have done; when in doubt, `unknown`.
  tool_error(failure_kind kind, side_effect effect, std::string message);

  explicit tool_error(failure why);

  [[nodiscard]] const failure& why() const noexcept {
    return *why_;
  }
  [[nodiscard]] const char* what() const noexcept override;

private:
  std::shared_ptr<const failure> why_;
};

} // namespace stanchion
