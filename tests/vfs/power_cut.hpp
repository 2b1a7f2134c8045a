#pragma once

#include "vfs/disk.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stanchion::test {

/// How what was written and never synced fares when the power goes.
enum class sector_fate : std::uint8_t {
  lost,      ///< nothing of it is there
  kept,      ///< all of it is there
  torn,      ///< all but the last write, of which there are the first bytes
  reordered, ///< some writes are there whole, others not at all
  mixed, ///< each sector of each write is there, or is not, or in part; files
         ///< that grew hold anything in between
};

[[nodiscard]] std::string to_string(sector_fate x);
[[nodiscard]] const std::vector<sector_fate>& sector_fates();

/// What a disk may hold after its power was cut, as far as its events tell.
///
/// A sector is 512 bytes. What was synced is there, and so is the name of a
/// file that was synced once; a name that was removed may come back unless the
/// removal was durable.
class power_cut {
public:
  /// `seed` decides what of a failed sync reached the disk.
  explicit power_cut(std::uint64_t seed = 1);

  /// Takes the next event.
  void add(const disk_event& x);

  /// Commits that were acknowledged up to here.
  [[nodiscard]] std::uint64_t committed() const {
    return committed_;
  }

  /// The files by name; different ones with each `seed`.
  [[nodiscard]] std::map<std::string, std::string>
  files(sector_fate fate, std::uint64_t seed) const;

  /// The same of a disk that says of syncs that they are done when they are
  /// not: up to `sectors` that were synced last are as they were before.
  [[nodiscard]] std::map<std::string, std::string>
  files_of_a_liar(std::size_t sectors, std::uint64_t seed) const;

private:
  /// Bytes that were there before a synced write.
  struct replaced {
    std::string file;
    std::uint64_t at = 0;
    std::string bytes;
  };

  struct known_file {
    std::string durable;
    bool named = false;              // the name is durable
    bool removed = false;            // and may come back
    std::vector<disk_event> pending; // writes and cuts
  };

  void settle(const std::string& name, known_file& f);
  void remember(const std::string& name, const known_file& f,
                const disk_event& x);

  std::uint64_t seed_;
  std::uint64_t committed_ = 0;
  std::map<std::string, known_file> files_;
  std::map<std::string, std::vector<std::string>> beside_; // oldest first
  std::vector<replaced> before_; // of synced writes, oldest first
};

/// Writes `files` into an empty folder.
void write_files(const std::filesystem::path& folder,
                 const std::map<std::string, std::string>& files);

} // namespace stanchion::test
