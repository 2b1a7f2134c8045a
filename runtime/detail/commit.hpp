#pragma once

#include <stanchion/core/store.hpp>

namespace stanchion::detail {

/// Makes `x` durable before anything is started. Throws `error{store_full}` or
/// `error{store_io}`.
void commit_or_throw(store& in, const batch& x);

} // namespace stanchion::detail
