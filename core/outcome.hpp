#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/value.hpp>

#include <variant>

namespace stanchion {

/// How a call ended, as `ctx.try_call` yields it: a value with its source, or
/// a failure. An unknown side effect never gets here; it parks the run.
///
/// Threads: immutable.
class outcome {
public:
  /// Succeeded; `x.source()` says where the value came from.
  outcome(value x);
  outcome(failure why);

  [[nodiscard]] bool ok() const {
    return std::holds_alternative<value>(content_);
  }
  explicit operator bool() const {
    return ok();
  }

  /// The value. Throws `step_error` with the failure when there is none.
  [[nodiscard]] const value& get() const;

  /// The failure. Precondition: `!ok()`.
  [[nodiscard]] const failure& why() const;

private:
  std::variant<value, failure> content_;
};

} // namespace stanchion
