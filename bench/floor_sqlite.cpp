#include "bench/floor_sqlite.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace stanchion::bench::bare {

namespace {

void check(sqlite3* db, bool holds) {
  if (!holds)
    throw std::runtime_error{sqlite3_errmsg(db)};
}

void finish(sqlite3* db, sqlite3_stmt* x) {
  check(db, sqlite3_step(x) == SQLITE_DONE);
  sqlite3_reset(x);
}

void bind(sqlite3_stmt* x, int i, std::string_view text) {
  sqlite3_bind_text64(x, i, text.data() == nullptr ? "" : text.data(),
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void bind(sqlite3_stmt* x, int i, const run_id& id) {
  sqlite3_bind_blob(x, i, id.bytes.data(), static_cast<int>(id.bytes.size()),
                    SQLITE_STATIC);
}

void bind(sqlite3_stmt* x, int i, const std::optional<instant>& at) {
  if (at)
    sqlite3_bind_int64(x, i, to_micros(*at));
  else
    sqlite3_bind_null(x, i);
}

template <class T>
void bind_number(sqlite3_stmt* x, int i, T n) {
  sqlite3_bind_int64(x, i, static_cast<std::int64_t>(n));
}

} // namespace

journal::journal(const std::filesystem::path& dir) {
  const auto path = data_dir{dir}.database();
  static_cast<void>(open_sqlite_store(path)); // makes the schema
  check(db_, sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
  run("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = FULL");
  run("PRAGMA wal_autocheckpoint = 4000");
  run("PRAGMA cache_size = -65536");
  begin_ = prepare("BEGIN IMMEDIATE");
  commit_ = prepare("COMMIT");
  insert_record_
    = prepare("INSERT INTO records VALUES(?, ?, ?, ?, ?, ?, ?, NULL, 0)");
  insert_run_ = prepare("INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                        "?, ?, ?, 0)");
  update_run_ = prepare("UPDATE runs SET state = ?, waiting_for = ?, "
                        "next_at = ?, updated = ? WHERE num = ?");
}

journal::~journal() {
  for (auto* x : {begin_, commit_, insert_record_, insert_run_, update_run_})
    sqlite3_finalize(x);
  sqlite3_close(db_);
}

void journal::run(const char* sql) {
  check(db_, sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

sqlite3_stmt* journal::prepare(std::string_view sql) {
  sqlite3_stmt* x = nullptr;
  check(db_, sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &x, nullptr)
               == SQLITE_OK);
  return x;
}

void journal::commit(std::span<const batch* const> xs) {
  finish(db_, begin_);
  for (const auto* x : xs) {
    for (const auto& r : x->records)
      add(r);
    for (const auto& r : x->runs) {
      if (r.number > last_run_)
        add(r);
      else
        update(r);
    }
  }
  finish(db_, commit_);
}

void journal::add(const record& x) {
  auto* s = insert_record_;
  bind_number(s, 1, ++position_);
  bind_number(s, 2, x.run);
  bind_number(s, 3, x.seq);
  bind_number(s, 4, x.kind);
  bind_number(s, 5, to_micros(x.at));
  bind(s, 6, std::string_view{x.step});
  bind(s, 7, std::string_view{x.body});
  finish(db_, s);
}

void journal::add(const run_row& x) {
  auto* s = insert_run_;
  last_run_ = x.number;
  bind_number(s, 1, x.number);
  bind(s, 2, x.id);
  bind(s, 3, std::string_view{x.agent});
  bind(s, 4, std::string_view{x.version});
  bind_number(s, 5, x.state);
  bind(s, 6, std::string_view{x.waiting_for});
  bind(s, 7, x.next_at);
  bind_number(s, 8, to_micros(x.created));
  bind_number(s, 9, to_micros(x.updated));
  bind_number(s, 10, x.parent);
  bind(s, 11, std::string_view{x.parent_step});
  bind(s, 12, std::string_view{x.submitter});
  bind(s, 13, std::string_view{x.key});
  finish(db_, s);
}

void journal::update(const run_row& x) {
  auto* s = update_run_;
  bind_number(s, 1, x.state);
  bind(s, 2, std::string_view{x.waiting_for});
  bind(s, 3, x.next_at);
  bind_number(s, 4, to_micros(x.updated));
  bind_number(s, 5, x.number);
  finish(db_, s);
}

} // namespace stanchion::bench::bare
