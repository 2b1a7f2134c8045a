#pragma once

#include <stanchion/actors/journal/sqlite_connection.hpp>

#include <cstdint>
#include <optional>

namespace stanchion::sqlite {

/// What the rows of each table add up to as of one commit. It lies in one row,
/// which every commit writes along with what it changes: a page that goes back
/// to what it was, rows and checksums and all, then does not add up any more.
struct totals {
  std::uint64_t records = 0; ///< their number
  /// Sums of the rows' checksums, modulo 2^64.
  std::uint64_t runs = 0;
  std::uint64_t tickets = 0;
  std::uint64_t facts = 0;
  std::uint64_t audits = 0;

  bool operator==(const totals&) const = default;
};

/// What the database says; nothing if it has lost that.
[[nodiscard]] std::optional<totals> read_totals(connection& db);

/// Takes the place of what was said before. Within a transaction.
void put(connection& db, const totals& x);

} // namespace stanchion::sqlite
