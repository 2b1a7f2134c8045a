#pragma once

#include "support/journal_samples.hpp"
#include "vfs/disk.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

/// A short life of a journal that touches every table, moves its log several
/// times and is closed once on the way.
namespace stanchion::test {

/// Small pages and an eager log, so that few commits reach all of SQLite.
[[nodiscard]] sqlite_store_options small_journal();

/// Run `number`, with a record that lies on pages of its own.
[[nodiscard]] batch wide_run(run_number number);

/// What is committed, commit by commit; each of one batch or more.
[[nodiscard]] const std::vector<std::vector<batch>>& reference_commits();

/// Commits the one at that place.
[[nodiscard]] commit_status commit_reference(store& to, std::size_t place);

/// All that a store says.
[[nodiscard]] std::string answers(store& from);

/// The same after the first `count` commits, by a store without a disk.
[[nodiscard]] const std::string& reference_answers(std::size_t count);

/// The number of commits after which a store says what `from` says; the number
/// of all commits and one more if there is none.
[[nodiscard]] std::size_t commits_in(store& from);

/// Does all of it in `folder` on a disk that takes notes; every commit must be
/// acknowledged. Closes the store on the way and at the end.
void do_reference_work(const std::filesystem::path& folder, disk& on);

/// Tells the disk how the high-water file now reads.
void note_high_water(const std::filesystem::path& folder, disk& on);

} // namespace stanchion::test
