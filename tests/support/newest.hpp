#pragma once

#include <string>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace stanchion::test {

/// What the newest run came to: its result, or else its state.
[[nodiscard]] std::string newest_result(runtime& rt);

} // namespace stanchion::test
