#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// What `stanchion init` writes.
namespace stanchion {

struct project_file {
  std::string name;
  std::string text;
};

/// A configuration with a scripted model, which runs without a network.
[[nodiscard]] std::vector<project_file> configured_project();
/// A C++ program, built with CMake against an installed Stanchion.
[[nodiscard]] std::vector<project_file> cpp_project();

/// Makes the folder if it is missing. Errors: `usage`, with nothing written,
/// when one of the files is there already; `store_io` when the operating system
/// says no.
void write_project(const std::filesystem::path& folder,
                   const std::vector<project_file>& files);

} // namespace stanchion
