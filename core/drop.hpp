#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/outcome.hpp>

#include <string>

/// How a guard answers `call_dropped` where no attempt is open. A run that was
/// reloaded meanwhile wants the call again and has said so: this answer, which
/// was on its way, is not for it.
namespace stanchion {

inline constexpr const char* dropped_code = "stanchion:dropped";

[[nodiscard]] inline failure dropped(std::string message) {
  return {.kind = failure_kind::cancelled,
          .effect = side_effect::not_started,
          .message = std::move(message),
          .code = dropped_code};
}

[[nodiscard]] inline bool is_dropped(const outcome& x) {
  return !x.ok() && x.why().code == dropped_code;
}

} // namespace stanchion
