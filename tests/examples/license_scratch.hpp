#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace license_inventory::test {

/// A folder of its own for one test, gone afterwards.
class scratch_folder {
public:
  scratch_folder() {
    auto name
      = (std::filesystem::temp_directory_path() / "license-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error{"cannot make " + name};
    path_ = name;
  }

  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const {
    return path_;
  }

  /// Writes a file and the folders above it.
  std::filesystem::path write(std::string_view name,
                              std::string_view bytes) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << bytes;
    return file;
  }

private:
  std::filesystem::path path_;
};

} // namespace license_inventory::test
