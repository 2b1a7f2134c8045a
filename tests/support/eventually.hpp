#pragma once

#include <chrono>
#include <functional>

namespace stanchion::test {

/// Asks again and again until `holds` says yes. False when it still says no
/// after `limit`: generous, for it is only spent when something is wrong.
[[nodiscard]] bool eventually(const std::function<bool()>& holds,
                              std::chrono::milliseconds limit
                              = std::chrono::seconds{30});

} // namespace stanchion::test
