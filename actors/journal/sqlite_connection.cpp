#include <stanchion/actors/journal/sqlite_connection.hpp>

#include <sqlite3.h>

#include <cerrno>

namespace stanchion::sqlite {

namespace {

trouble classify(int system) {
  switch (system) {
  case ENOSPC:
  case EDQUOT:
    return trouble::full;
  case EACCES:
  case EPERM:
  case EROFS:
    return trouble::read_only;
  default:
    return trouble::io;
  }
}

/// `code` is extended; `system` is what the operating system said with it.
trouble classify(int code, int system) {
  // A sync that failed leaves it open what is on the disk, whatever the reason.
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
    return trouble::io;
  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return trouble::busy;
  case SQLITE_FULL:
    return trouble::full;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return trouble::damaged;
  case SQLITE_READONLY:
  case SQLITE_PERM:
    return trouble::read_only;
  case SQLITE_CONSTRAINT:
    return trouble::conflict;
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    return classify(system);
  case SQLITE_NOMEM:
  case SQLITE_PROTOCOL:
  case SQLITE_AUTH:
    return trouble::io;
  default:
    return trouble::other;
  }
}

bool names_system_error(int code) {
  const auto primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
}

[[noreturn]] void raise(sqlite3* db, int code,
                        const std::filesystem::path& path) {
  const auto system
    = names_system_error(code) && db != nullptr ? sqlite3_system_errno(db) : 0;
  auto text = path.string() + ": "
              + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  if (system != 0)
    text += " (" + std::generic_category().message(system) + ")";
  throw problem{classify(code, system), text};
}

[[noreturn]] void raise(sqlite3_stmt* statement) {
  auto* db = sqlite3_db_handle(statement);
  const auto* path = sqlite3_db_filename(db, "main");
  raise(db, sqlite3_extended_errcode(db), path == nullptr ? "" : path);
}

/// A path as SQLite's URI form takes it.
std::string uri(const std::filesystem::path& path, std::string_view query) {
  std::string result = "file:";
  for (const auto c : path.string())
    switch (c) {
    case '%':
      result += "%25";
      break;
    case '?':
      result += "%3f";
      break;
    case '#':
      result += "%23";
      break;
    default:
      result += c;
    }
  return result.append(query);
}

sqlite3* open(const std::filesystem::path& path, access how) {
  auto flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= how == access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                : SQLITE_OPEN_READONLY;
  auto name = path.string();
  if (how == access::frozen) {
    flags |= SQLITE_OPEN_URI;
    name = uri(path, "?immutable=1");
  }
  sqlite3* db = nullptr;
  const auto code = sqlite3_open_v2(name.c_str(), &db, flags, nullptr);
  if (code == SQLITE_OK)
    return db;
  try {
    raise(db, code, path);
  } catch (...) {
    sqlite3_close_v2(db);
    throw;
  }
}

int note_frames(void* to, sqlite3*, const char*, int frames) {
  *static_cast<std::size_t*>(to) = static_cast<std::size_t>(frames);
  return SQLITE_OK;
}

} // namespace

problem system_problem(const std::system_error& why) {
  return {classify(why.code().value()), why.what()};
}

// -- rows --------------------------------------------------------------------

rows::~rows() {
  sqlite3_reset(statement_);
}

bool rows::next() {
  const auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code != SQLITE_DONE)
    raise(statement_);
  return false;
}

std::int64_t rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<std::int64_t> rows::optional_integer(int column) const {
  return null(column) ? std::nullopt : std::optional{integer(column)};
}

std::string_view rows::text(int column) const {
  const auto* data = sqlite3_column_blob(statement_, column);
  const auto size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view{static_cast<const char*>(data),
                                            static_cast<std::size_t>(size)};
}

bool rows::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void rows::bind(int index, std::int64_t x) {
  if (sqlite3_bind_int64(statement_, index, x) != SQLITE_OK)
    raise(statement_);
}

void rows::bind(int index, std::string_view x) {
  const auto* data = x.data() == nullptr ? "" : x.data();
  if (sqlite3_bind_text64(statement_, index, data, x.size(), SQLITE_STATIC,
                          SQLITE_UTF8)
      != SQLITE_OK)
    raise(statement_);
}

void rows::bind(int index, bytes x) {
  const auto* data = x.data.data() == nullptr ? "" : x.data.data();
  if (sqlite3_bind_blob64(statement_, index, data, x.data.size(), SQLITE_STATIC)
      != SQLITE_OK)
    raise(statement_);
}

void rows::bind(int index, std::nullopt_t) {
  if (sqlite3_bind_null(statement_, index) != SQLITE_OK)
    raise(statement_);
}

// -- connection --------------------------------------------------------------

connection::connection(const std::filesystem::path& path, access how,
                       std::chrono::milliseconds busy)
  : db_{open(path, how)}, path_{path}, how_{how} {
  try {
    check(sqlite3_busy_timeout(db_, static_cast<int>(busy.count())));
    configure();
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
}

connection::~connection() {
  for (const auto& [sql, statement] : statements_)
    sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

void connection::configure() {
  check(sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  check(sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr));
  script("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
         "PRAGMA temp_store = MEMORY;");
  if (how_ != access::write)
    script("PRAGMA query_only = ON;");
  else if (sqlite3_db_readonly(db_, "main") != 0)
    throw problem{trouble::read_only,
                  path_.string() + ": no permission to write"};
  // In place of SQLite's own hook, which would checkpoint by itself.
  sqlite3_wal_hook(db_, note_frames, &log_frames_);
}

void connection::check(int code) const {
  if (code != SQLITE_OK)
    raise(db_, code, path_);
}

void connection::script(const std::string& sql) {
  check(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr));
}

sqlite3_stmt* connection::prepared(std::string_view sql) {
  if (const auto i = statements_.find(sql); i != statements_.end()) {
    sqlite3_clear_bindings(i->second);
    return i->second;
  }
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statements_.emplace(sql, statement);
  return statement;
}

std::int64_t connection::integer(std::string_view sql) {
  auto xs = query(sql);
  return xs.next() ? xs.integer(0) : 0;
}

std::int64_t connection::changes() const {
  return sqlite3_changes64(db_);
}

bool connection::roll_back() noexcept {
  return sqlite3_get_autocommit(db_) != 0
         || sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr)
              == SQLITE_OK;
}

bool connection::checkpoint(bool wait) {
  auto total = -1;
  auto moved = -1;
  const auto mode
    = wait ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const auto code
    = sqlite3_wal_checkpoint_v2(db_, "main", mode, &total, &moved);
  if (code != SQLITE_BUSY)
    check(code);
  // Busy with counts: all may have moved though a reader still uses the log.
  return total == moved && (code == SQLITE_OK || total >= 0);
}

void connection::copy_to(const std::filesystem::path& path) {
  connection target{path, access::write, std::chrono::milliseconds{0}};
  auto* copy = sqlite3_backup_init(target.db_, "main", db_, "main");
  if (copy == nullptr)
    raise(target.db_, sqlite3_extended_errcode(target.db_), path);
  const auto stepped = sqlite3_backup_step(copy, -1);
  const auto finished = sqlite3_backup_finish(copy);
  if (stepped != SQLITE_DONE)
    raise(target.db_, finished == SQLITE_OK ? stepped : finished, path);
}

} // namespace stanchion::sqlite
