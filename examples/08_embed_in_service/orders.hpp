#pragma once

#include "provider.hpp"

#include <memory>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace shop {

/// Payments above this wait for a person, in cents.
inline constexpr auto largest_unattended = std::int64_t{50'000};

/// Adds the agent `order`, which takes the money for `{item, cents}` and
/// yields `{item, payment}`, and its tool `payments.charge`.
void add_orders(stanchion::runtime& rt, const std::shared_ptr<provider>& bank);

} // namespace shop
