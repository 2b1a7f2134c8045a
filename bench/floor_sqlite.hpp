#pragma once

#include <stanchion/core/store.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace stanchion::bench::bare {

/// The least program that writes the journal's rows: SQLite's interface, the
/// product's schema and settings, no checksums, no high-water file.
class journal {
public:
  /// Makes a journal's database below `dir` and opens it.
  explicit journal(const std::filesystem::path& dir);
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal();

  /// Writes and syncs all of it in one transaction.
  void commit(std::span<const batch* const> xs);

private:
  void run(const char* sql);
  sqlite3_stmt* prepare(std::string_view sql);
  void add(const record& x);
  void add(const run_row& x);
  void update(const run_row& x);

  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* insert_record_ = nullptr;
  sqlite3_stmt* insert_run_ = nullptr;
  sqlite3_stmt* update_run_ = nullptr;
  std::int64_t position_ = 0;
  run_number last_run_ = 0;
};

} // namespace stanchion::bench::bare
