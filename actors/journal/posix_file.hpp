#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion {

/// An open file of the operating system; closed with the object.
///
/// Errors: every member throws `std::system_error` naming the path.
class posix_file {
public:
  /// Opens `path` with the flags of open(2), always close-on-exec. A new file
  /// gets mode 0600.
  posix_file(std::filesystem::path path, int flags);
  posix_file(posix_file&& other) noexcept
    : path_{std::move(other.path_)}, fd_{std::exchange(other.fd_, -1)} {
    // nop
  }
  posix_file& operator=(posix_file&&) = delete;
  ~posix_file();

  [[nodiscard]] int fd() const {
    return fd_;
  }

  [[nodiscard]] const std::filesystem::path& path() const {
    return path_;
  }

  /// Up to `count` bytes from `offset` on; fewer at the file's end.
  [[nodiscard]] std::string read(std::uint64_t offset, std::size_t count) const;

  /// Writes all of `bytes` at `offset`; they need a `sync` to last.
  void write(std::uint64_t offset, std::string_view bytes);

  void truncate(std::uint64_t size);

  /// Makes content and size durable.
  void sync();

private:
  std::filesystem::path path_;
  int fd_;
};

/// Makes the entries of a directory durable. Throws `std::system_error`.
void sync_directory(const std::filesystem::path& path);

} // namespace stanchion
