#pragma once

#include <stanchion/actors/journal/positions.hpp>
#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/actors/journal/totals.hpp>
#include <stanchion/core/store.hpp>

#include <cstddef>

namespace stanchion::sqlite {

/// Removes what `batch::prunes` and `batch::swept` say, and notes which places
/// of the journal are empty from now on. Takes what is gone off `from`. Within
/// a transaction.
void prune(connection& db, const batch& x, totals& from);

/// The places whose records were pruned. What says so and cannot be read says
/// nothing: `verify` finds it by its checksum.
[[nodiscard]] position_set pruned_positions(connection& db);

/// See `store::find_leftovers`.
[[nodiscard]] leftovers find_leftovers(connection& db, std::size_t most);

} // namespace stanchion::sqlite
