#pragma once

#include <stanchion/actors/journal/posix_file.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace stanchion {

/// One line that outlives the process but not the machine: it is written to a
/// file and never synced. Beside it stands which start of the machine it is of,
/// so that what a machine that died left behind is not believed.
///
/// Errors:  `std::system_error` naming the path.
/// Threads: not synchronised.
class short_memory {
public:
  /// What the file at `path` says of this start of the machine; empty if it
  /// says nothing, is of another start, or is not there.
  [[nodiscard]] static std::string look(const std::filesystem::path& path);

  /// Opens the file, or makes it.
  explicit short_memory(const std::filesystem::path& path);

  /// Replaces what it says. `text` has no line break.
  void write(std::string_view text);

private:
  posix_file file_;
};

} // namespace stanchion
