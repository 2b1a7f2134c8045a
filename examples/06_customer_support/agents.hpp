#pragma once

#include "cases.hpp"

#include <stanchion/core/value.hpp>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace customer_support {

/// Below this the agent only proposes what it would do.
inline constexpr auto least_confidence = 0.75;

/// What a run of `support` is started with.
[[nodiscard]] stanchion::value request_of(const support_case& x);

/// Adds the agent `support`, which answers one mail with the tools of
/// `add_tools`. Its result: `category`, `confidence` and `source` of the
/// classification, `refunded` in cents, and whether it `answered`.
void add_agent(stanchion::runtime& rt);

} // namespace customer_support
