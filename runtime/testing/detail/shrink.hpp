#pragma once

#include <stanchion/runtime/testing/campaign.hpp>
#include <stanchion/runtime/testing/detail/scenario.hpp>

namespace stanchion::detail {

/// Looks for less that fails by the first rule that `x` broke: fewer faults,
/// then fewer messages whose order the seed chooses. Fills in what was found,
/// its faults as text and its trace.
void shrink(const scenario& s, failing_seed& x);
/// Only fills in.
void describe(const scenario& s, failing_seed& x);

} // namespace stanchion::detail
