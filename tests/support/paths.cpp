#include "support/paths.hpp"

namespace stanchion::test {

std::filesystem::path source_dir() {
  return SOURCE_DIR;
}

std::filesystem::path program(std::string_view name) {
  return std::filesystem::path{BINARY_DIR} / "bin" / name;
}

} // namespace stanchion::test
