#include "provider.hpp"

#include <condition_variable>
#include <fstream>
#include <system_error>
#include <utility>

namespace shop {

provider::provider(std::filesystem::path file, stanchion::duration takes)
  : file_(std::move(file)), takes_(takes) {
  // nop
}

void provider::charge(const std::string& key, std::int64_t cents,
                      const std::stop_token& stop) {
  {
    const std::lock_guard guard{mutex_};
    write("asked " + key);
    if (!has_paid(key))
      write("paid " + key + " " + std::to_string(cents));
  }
  auto own = std::mutex{};
  auto lock = std::unique_lock{own};
  auto answer = std::condition_variable_any{};
  answer.wait_for(lock, stop, takes_, [] { return false; });
}

bool provider::has_paid(const std::string& key) const {
  auto in = std::ifstream{file_};
  auto line = std::string{};
  while (std::getline(in, line))
    if (line.starts_with("paid " + key + " "))
      return true;
  return false;
}

void provider::write(const std::string& line) const {
  auto out = std::ofstream{file_, std::ios::app};
  out << line << std::endl;
  if (!out)
    throw std::system_error{std::make_error_code(std::errc::io_error),
                            file_.string()};
}

} // namespace shop
