#include <stanchion/actors/journal/short_memory.hpp>

#include <fcntl.h>

#include <fstream>

namespace stanchion {

namespace {

/// Which start of the machine this is; the same word everywhere where the
/// system does not say.
const std::string& boot_id() {
  static const auto id = [] {
    auto line = std::string{};
    std::getline(std::ifstream{"/proc/sys/kernel/random/boot_id"}, line);
    return line.empty() ? std::string{"unknown"} : line;
  }();
  return id;
}

constexpr auto longest = std::size_t{4'096};

} // namespace

std::string short_memory::look(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    return {};
  const auto text = posix_file{path, O_RDONLY}.read(0, longest);
  const auto line = text.substr(0, text.find('\n'));
  const auto prefix = boot_id() + " ";
  return line.starts_with(prefix) ? line.substr(prefix.size()) : std::string{};
}

short_memory::short_memory(const std::filesystem::path& path)
  : file_{path, O_RDWR | O_CREAT} {
  // nop
}

void short_memory::write(std::string_view text) {
  // One write, so that no death falls between its parts; what an older and
  // longer line leaves behind the break is not read.
  auto line = boot_id();
  line.append(" ").append(text).append("\n");
  file_.write(0, line);
}

} // namespace stanchion
