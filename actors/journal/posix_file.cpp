#include <stanchion/actors/journal/posix_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stanchion {

namespace {

[[noreturn]] void fail(const char* act, const std::filesystem::path& path) {
  throw std::system_error{errno, std::generic_category(),
                          std::string{"cannot "} + act + " " + path.string()};
}

template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

} // namespace

posix_file::posix_file(std::filesystem::path path, int flags)
  : path_{std::move(path)}, fd_{uninterrupted([&] {
      return ::open(path_.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
    })} {
  if (fd_ < 0)
    fail("open", path_);
}

posix_file::~posix_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

std::string posix_file::read(std::uint64_t offset, std::size_t count) const {
  std::string result(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const auto n = uninterrupted([&] {
      return ::pread(fd_, result.data() + done, count - done,
                     static_cast<off_t>(offset + done));
    });
    if (n < 0)
      fail("read", path_);
    if (n == 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  result.resize(done);
  return result;
}

void posix_file::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = uninterrupted([&] {
      return ::pwrite(fd_, bytes.data(), bytes.size(),
                      static_cast<off_t>(offset));
    });
    if (n < 0)
      fail("write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void posix_file::truncate(std::uint64_t size) {
  const auto to = static_cast<off_t>(size);
  if (uninterrupted([&] { return ::ftruncate(fd_, to); }) != 0)
    fail("resize", path_);
}

void posix_file::sync() {
  // A failed sync must never be tried again: the kernel may have dropped the
  // pages and would then report success.
  if (::fsync(fd_) != 0)
    fail("sync", path_);
}

void sync_directory(const std::filesystem::path& path) {
  posix_file{path, O_RDONLY | O_DIRECTORY}.sync();
}

} // namespace stanchion
