#pragma once

#include <stanchion/actors/journal/sqlite_connection.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

/// The shape of the database, and how older shapes become the current one.
namespace stanchion::sqlite {

/// Makes format n + 1 of format n, where n is its place in the list. An empty
/// database is format 0.
struct migration {
  std::string sql;
};

/// All migrations of this program; their number is the format it writes.
[[nodiscard]] std::span<const migration> migrations();

/// Looks at the file at `path` without changing it and refuses what
/// this program must not open: `error{store_newer}` for a format beyond
/// `known`, `error{store_damaged}` for what is no journal or contradicts
/// itself. Returns the format; 0 for an empty file or none.
std::uint32_t refuse_unknown(const std::filesystem::path& path,
                             std::uint32_t known);

/// Brings an open database to the format at the end of `list`, in one
/// transaction. A copy of what was there is made first, and durable: beside
/// `path`, named `<name>.backup-v<format>-<time>`; of an empty one none.
void migrate(connection& db, const std::filesystem::path& path,
             std::span<const migration> list);

} // namespace stanchion::sqlite
