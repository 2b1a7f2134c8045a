#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace license_inventory {

/// Thin wrappers over SQLite that turn its result codes into
/// `inventory_error`.

/// Throws what the database's last failure means.
[[noreturn]] void throw_database_error(sqlite3* db, std::string_view doing);

/// Runs statements without parameters and results.
void execute(sqlite3* db, const char* sql);

/// A prepared statement. Bound texts must live until it is stepped.
class statement {
public:
  statement(sqlite3* db, const char* sql);
  ~statement();

  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind(int index, std::string_view text);
  statement& bind(int index, std::int64_t number);
  statement& bind(int index, double number);

  /// Advances to the next row; false at the end.
  bool step();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

private:
  void check(int code);

  sqlite3* db_;
  sqlite3_stmt* handle_ = nullptr;
};

/// A write transaction; rolls back unless committed.
class transaction {
public:
  explicit transaction(sqlite3* db);
  ~transaction();

  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  void commit();

private:
  sqlite3* db_;
  bool open_ = true;
};

} // namespace license_inventory
