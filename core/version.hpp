#pragma once

#include <string_view>

namespace stanchion {

/// The version of the library in use, such as "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

} // namespace stanchion
