#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/stop_file.hpp>
#include <stanchion/supervisors/modes/modes.hpp>

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

void write_stop(const std::filesystem::path& path, const mode_setting& x) {
  auto out = std::ofstream{path, std::ios::binary | std::ios::trunc};
  out << to_text(x) << '\n';
  out.close();
  if (!out)
    throw error{error_code::store_io,
                path.string()
                  + " could not be written: what runs is stopped, but a later "
                    "process would go on. Make space, then say it again"};
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
