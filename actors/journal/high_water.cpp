#include <stanchion/actors/journal/high_water.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>

#include <array>
#include <string>
#include <string_view>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

// Two copies in different sectors, written in turn: a torn write spoils one.
constexpr std::string_view magic = "STNCHWM1";
constexpr std::size_t copy_size = 32;
constexpr std::uint64_t copy_distance = 512;

void append(std::string& to, std::uint64_t x) {
  for (unsigned i = 0; i < 64; i += 8)
    to.push_back(static_cast<char>((x >> i) & 0xffU));
}

std::uint64_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t result = 0;
  for (unsigned i = 0; i < 8; ++i)
    result |= std::uint64_t{static_cast<unsigned char>(bytes[offset + i])}
              << (8 * i);
  return result;
}

std::string encode(high_water::mark x) {
  std::string result{magic};
  append(result, x.pos);
  append(result, static_cast<std::uint64_t>(x.sum));
  append(result, checksum64(result));
  return result;
}

std::optional<high_water::mark> decode(std::string_view bytes) {
  if (bytes.size() != copy_size || !bytes.starts_with(magic)
      || number_at(bytes, 24) != checksum64(bytes.substr(0, 24)))
    return std::nullopt;
  return high_water::mark{number_at(bytes, 8),
                          static_cast<std::int64_t>(number_at(bytes, 16))};
}

[[noreturn]] void refuse(const std::system_error& why) {
  throw error{error_code::store_io, why.what()};
}

/// The file appears with its first content or not at all.
posix_file make(const fs::path& path, high_water::mark now) {
  auto fresh = path;
  fresh += ".new";
  {
    posix_file file{fresh, O_RDWR | O_CREAT | O_TRUNC};
    file.write(0, encode(now));
    file.write(copy_distance, encode(now));
    file.sync();
  }
  fs::rename(fresh, path);
  sync_directory(path.parent_path());
  return posix_file{path, O_RDWR};
}

posix_file open_or_make(const fs::path& path, high_water::mark now) try {
  return fs::exists(path) ? posix_file{path, O_RDWR} : make(path, now);
} catch (const std::system_error& e) {
  refuse(e);
}

} // namespace

std::optional<high_water::mark> high_water::look(const fs::path& path) try {
  if (!fs::exists(path))
    return std::nullopt;
  const posix_file file{path, O_RDONLY};
  const auto first = decode(file.read(0, copy_size));
  const auto second = decode(file.read(copy_distance, copy_size));
  if (!first && !second)
    throw error{error_code::store_damaged,
                path.string()
                  + " is damaged: it no longer says how far the journal went. "
                    "Run 'journal verify'; if the journal is whole, remove "
                    "this file to go on without the check"};
  if (!first || !second)
    return first ? first : second;
  return first->pos >= second->pos ? first : second;
} catch (const std::system_error& e) {
  refuse(e);
}

high_water::high_water(const fs::path& path, mark now)
  : file_{open_or_make(path, now)} {
  write(now);
  write(now);
  sync();
}

void high_water::write(mark now) try {
  file_.write(turn_ * copy_distance, encode(now));
  turn_ = 1 - turn_;
} catch (const std::system_error& e) {
  refuse(e);
}

void high_water::sync() try {
  file_.sync();
} catch (const std::system_error& e) {
  refuse(e);
}

} // namespace stanchion
