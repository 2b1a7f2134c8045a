#pragma once

#include <stanchion/core/approval.hpp>
#include <stanchion/core/value.hpp>

#include <functional>

namespace stanchion {

/// When people are asked before a call, and on what terms.
struct approval_rule {
  /// Whether a call with these arguments needs their word; empty for always.
  /// One that throws says yes. Runs in the guard's context, once a call; must
  /// not block.
  std::function<bool(const value& arguments)> when;
  approval_options terms;
};

} // namespace stanchion
