#include "sqlite.hpp"

#include "inventory.hpp"

#include <sqlite3.h>

namespace license_inventory {

namespace {

inventory_fault fault_of(int code) {
  switch (code & 0xFF) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return inventory_fault::busy;
  case SQLITE_NOTADB:
    return inventory_fault::not_an_inventory;
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_READONLY:
    return inventory_fault::cannot_open;
  default:
    return inventory_fault::storage;
  }
}

} // namespace

void throw_database_error(sqlite3* db, std::string_view doing) {
  const auto code = sqlite3_extended_errcode(db);
  throw inventory_error{fault_of(code), "inventory: " + std::string{doing}
                                          + ": " + sqlite3_errmsg(db)};
}

void execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw_database_error(db, sql);
}

// -- statement ----------------------------------------------------------------

statement::statement(sqlite3* db, const char* sql) : db_{db} {
  check(sqlite3_prepare_v2(db, sql, -1, &handle_, nullptr));
}

statement::~statement() {
  sqlite3_finalize(handle_);
}

statement& statement::bind(int index, std::string_view text) {
  const auto* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

statement& statement::bind(int index, std::int64_t number) {
  check(sqlite3_bind_int64(handle_, index, number));
  return *this;
}

statement& statement::bind(int index, double number) {
  check(sqlite3_bind_double(handle_, index, number));
  return *this;
}

bool statement::step() {
  const auto code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE)
    throw_database_error(db_, sqlite3_sql(handle_));
  return code == SQLITE_ROW;
}

std::string statement::text(int column) const {
  const auto* data
    = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const auto size = sqlite3_column_bytes(handle_, column);
  return data == nullptr ? std::string{}
                         : std::string{data, static_cast<std::size_t>(size)};
}

std::int64_t statement::number(int column) const {
  return sqlite3_column_int64(handle_, column);
}

void statement::check(int code) {
  if (code != SQLITE_OK)
    throw_database_error(db_, "preparing a statement");
}

// -- transaction --------------------------------------------------------------

transaction::transaction(sqlite3* db) : db_{db} {
  execute(db, "BEGIN IMMEDIATE");
}

transaction::~transaction() {
  if (open_) // a failed rollback leaves nothing more to be done here
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void transaction::commit() {
  execute(db_, "COMMIT");
  open_ = false;
}

} // namespace license_inventory
