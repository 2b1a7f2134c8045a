#pragma once

#include <stanchion/actors/journal/format.hpp>
#include <stanchion/actors/journal/high_water.hpp>
#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/journal/totals.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace stanchion::sqlite {

/// The one connection that writes. It alone moves the write-ahead log into the
/// database: SQLite before 3.51.3 may corrupt a file where two do.
///
/// Threads: one at a time, `last_problem` from any.
class writer {
public:
  /// Opens, or makes, and migrates the database, and compares it with the
  /// high-water file at `mark`. Throws `problem` and `error`.
  writer(std::filesystem::path path, std::filesystem::path mark,
         const sqlite_store_options& options,
         std::span<const migration> list = migrations());

  /// Moves the log into the database as far as readers allow.
  ~writer();

  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// As `store`.
  [[nodiscard]] commit_status commit(std::span<const batch* const> xs);
  [[nodiscard]] bool reopen();
  [[nodiscard]] std::string last_problem() const;

private:
  /// Where the journal ends.
  struct position {
    high_water::mark record;
    run_number run = 0;
    totals all;
  };

  void open();
  [[nodiscard]] position find_end();
  void require_tail();
  void limit_pages();
  void reopen_or_throw();
  void write(std::span<const batch* const> xs);
  void append_records(std::span<const batch* const> xs);
  [[nodiscard]] commit_status refuse(const problem& why);
  void acknowledge(position before);
  void tend_log();
  void note(const std::string& why);

  const std::filesystem::path path_;
  const std::filesystem::path mark_path_;
  const sqlite_store_options options_;
  const std::span<const migration> migrations_;
  std::unique_ptr<connection> db_; // null while it cannot be opened
  std::optional<high_water> mark_;
  position end_;
  std::size_t checkpoint_at_;
  bool broken_ = false;
  mutable std::mutex problem_mutex_;
  std::string problem_; // guarded by problem_mutex_
};

} // namespace stanchion::sqlite
