#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace stanchion {

/// How a journal in one SQLite file is opened.
struct sqlite_store_options {
  /// Never writes; `commit` throws `error{store_read_only}`. May be used while
  /// another process writes. Default: opens for writing, and makes the file if
  /// there is none; the caller holds a `data_dir_lock`.
  bool read_only = false;
  /// How long to wait for a foreign program, such as a backup, that holds the
  /// database. Rounded down to milliseconds; default 5 s.
  duration busy_timeout = 5s;
  /// Pages in the write-ahead log at which a commit moves them into the
  /// database. Larger: fewer, longer pauses and a longer log. >= 1; default
  /// 4,000, which is 16 MiB.
  std::size_t checkpoint_pages = 4'000;
  /// Memory for pages of the writing connection, in bytes; default 64 MiB. A
  /// reading one may take an eighth of it, and there are at most as many as
  /// threads that read at the same time.
  std::size_t page_cache = std::size_t{64} << 20U;
  /// Bytes of a page in a database that does not exist yet: a power of two
  /// from 512 to 65,536. Default 4,096.
  std::uint32_t page_size = 4'096;
  /// Pages that the database may grow to, read before each commit; a commit
  /// that needs more ends `full`. 0 or null, the default: no limit. Must
  /// outlive the store.
  const std::atomic<std::uint32_t>* page_limit = nullptr;
};

/// Opens the journal at `path`; see `docs/formats/journal.md`. Its high-water
/// file lies beside it, with the extension `.hwm`.
///
/// Errors, all with the path and what to do:
/// `store_read_only`  no permission
/// `store_io`         no such file (to read), or the system refuses
/// `store_newer`      written by a newer program; nothing was touched
/// `store_damaged`    no journal, or its tail is lost
/// `store_full`       no space to make or to migrate it
///
/// An older format is migrated, after a backup beside it.
[[nodiscard]] std::unique_ptr<store>
open_sqlite_store(const std::filesystem::path& path,
                  const sqlite_store_options& options = {});

} // namespace stanchion
