#pragma once

#include <stanchion/actors/journal/posix_file.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace stanchion {

/// Remembers, beside the database, the last record that was acknowledged, so
/// that a database that lost its tail is noticed.
///
/// A lower bound: after the death of the process it is exact, after the death
/// of the machine it is at least what the last `sync` saw.
///
/// Errors:  `error{store_io}` where the system refuses.
/// Threads: not synchronised.
class high_water {
public:
  /// One acknowledged record: its position and its row's checksum.
  struct mark {
    std::uint64_t pos = 0;
    std::int64_t sum = 0;

    bool operator==(const mark&) const = default;
  };

  /// What the file at `path` says; nothing if there is none. Throws
  /// `error{store_damaged}` when neither of its two copies is sound.
  [[nodiscard]] static std::optional<mark>
  look(const std::filesystem::path& path);

  /// Opens the file, or makes it, saying `now`; durable on return.
  high_water(const std::filesystem::path& path, mark now);

  /// Takes note of `now`. Costs no sync.
  void write(mark now);

  /// Makes the last note durable.
  void sync();

private:
  posix_file file_;
  unsigned turn_ = 0; // which of the two copies is the older one
};

} // namespace stanchion
