#pragma once

#include <stanchion/core/mode.hpp>

#include <filesystem>
#include <optional>

/// The file by which everything stays stopped for processes to come.
namespace stanchion::detail {

/// Who stopped everything, and why; nothing when nobody did. Whatever the file
/// says, it stops.
[[nodiscard]] std::optional<mode_setting>
read_stop(const std::filesystem::path& path);

/// Errors: `error{store_io}`.
void write_stop(const std::filesystem::path& path, const mode_setting& x);
void remove_stop(const std::filesystem::path& path);

} // namespace stanchion::detail
