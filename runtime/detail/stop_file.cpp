#include <stanchion/actors/journal/posix_file.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/stop_file.hpp>
#include <stanchion/supervisors/modes/modes.hpp>

#include <fcntl.h>

#include <fstream>
#include <iterator>
#include <system_error>

namespace stanchion::detail {

std::optional<mode_setting> read_stop(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    return std::nullopt;
  auto in = std::ifstream{path, std::ios::binary};
  auto x
    = parse_mode_setting(std::string{std::istreambuf_iterator<char>{in}, {}});
  x.mode = mode::stopped; // somebody has put it there
  return x;
}

/// Whatever of it is there stops: it is written in its place.
void write_stop(const std::filesystem::path& path, const mode_setting& x) try {
  auto file = posix_file{path, O_RDWR | O_CREAT | O_TRUNC};
  file.write(0, to_text(x) + "\n");
  file.sync();
  sync_directory(path.parent_path());
} catch (const std::system_error& e) {
  throw error{
    error_code::store_io,
    "what runs is stopped; that a later process is, too, is not sure: "
      + std::string{e.what()} + ". Make space, then say it again"};
}

void remove_stop(const std::filesystem::path& path) {
  auto failed = std::error_code{};
  std::filesystem::remove(path, failed);
  if (failed)
    throw error{error_code::store_io,
                "the stop stays: " + path.string()
                  + " cannot be removed: " + failed.message()};
}

} // namespace stanchion::detail
