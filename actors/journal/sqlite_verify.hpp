#pragma once

#include <stanchion/actors/journal/high_water.hpp>
#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/core/store.hpp>

#include <optional>

namespace stanchion::sqlite {

/// Reads everything as of one instant and reports what is wrong; at most some
/// thousand damages are listed. `mark` is what the high-water file said before
/// the call.
[[nodiscard]] verify_report verify(connection& db,
                                   std::optional<high_water::mark> mark);

/// What the database lacks of what `mark` says was acknowledged; empty if
/// nothing.
[[nodiscard]] std::string missing_tail(connection& db, high_water::mark mark);

/// What is wrong with the last records, some hundred of them; empty if nothing.
[[nodiscard]] std::string unsound_tail(connection& db);

} // namespace stanchion::sqlite
