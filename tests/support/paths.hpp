#pragma once

#include <filesystem>
#include <string_view>

namespace stanchion::test {

/// The root of the source tree.
[[nodiscard]] std::filesystem::path source_dir();

/// Where programs were built: `program("stanchion")`, `program("00_hello")`.
[[nodiscard]] std::filesystem::path program(std::string_view name);

} // namespace stanchion::test
