#include "inventory.hpp"

#include "spdx.hpp"
#include "sqlite.hpp"
#include "text.hpp"

#include <sqlite3.h>

#include <array>
#include <string_view>
#include <thread>
#include <utility>

namespace license_inventory {

namespace {

constexpr std::int64_t application_id = 0x4C696349; // "LicI"
constexpr std::int64_t schema_version = 1;

constexpr auto schema = R"(
CREATE TABLE records(
  source TEXT PRIMARY KEY,
  package TEXT NOT NULL,
  format TEXT NOT NULL,
  confidence REAL NOT NULL,
  body TEXT NOT NULL,
  digest TEXT NOT NULL,
  updated_at TEXT NOT NULL);
CREATE TABLE licences(
  source TEXT NOT NULL REFERENCES records(source),
  position INTEGER NOT NULL,
  expression TEXT NOT NULL,
  PRIMARY KEY(source, position));
CREATE TABLE writes(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  package TEXT NOT NULL,
  digest_of_record TEXT NOT NULL,
  at TEXT NOT NULL);
CREATE TABLE repeats(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  write_id INTEGER NOT NULL REFERENCES writes(id),
  key TEXT NOT NULL,
  package TEXT NOT NULL,
  digest_of_record TEXT NOT NULL,
  at TEXT NOT NULL);
)";

std::int64_t pragma(sqlite3* db, const char* sql) {
  statement query{db, sql};
  return query.step() ? query.number(0) : 0;
}

/// WAL is set once and kept in the file; while two processes open a new file
/// at the same time SQLite may answer "busy" without having waited.
void use_wal(sqlite3* db, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds pause{10};
  for (auto waited = pause;; waited += pause) {
    try {
      execute(db, "PRAGMA journal_mode = WAL");
      return;
    } catch (const inventory_error& error) {
      if (error.fault() != inventory_fault::busy || waited > patience)
        throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

write_receipt receipt_in(const statement& row) {
  return {row.number(0), row.text(1), row.text(2), row.text(3), row.text(4)};
}

std::optional<write_receipt> find_write(sqlite3* db, std::string_view key) {
  statement query{db, "SELECT id, key, package, digest_of_record, at"
                      " FROM writes WHERE key = ?1"};
  query.bind(1, key);
  if (!query.step())
    return std::nullopt;
  return receipt_in(query);
}

void put_record(sqlite3* db, const record& r, std::string_view digest,
                std::string_view at) {
  const nlohmann::json json = r;
  const auto body = json.dump();
  const auto format = json.at("format").get<std::string>();
  statement put{db, "INSERT OR REPLACE INTO records(source, package, format,"
                    " confidence, body, digest, updated_at)"
                    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
  put.bind(1, r.source).bind(2, r.package).bind(3, format);
  put.bind(4, r.confidence).bind(5, body).bind(6, digest).bind(7, at).step();
}

void put_licences(sqlite3* db, const record& r) {
  statement clear{db, "DELETE FROM licences WHERE source = ?1"};
  clear.bind(1, r.source).step();
  std::int64_t position = 0;
  for (const auto& licence : r.licences) {
    statement put{db, "INSERT INTO licences VALUES(?1, ?2, ?3)"};
    put.bind(1, r.source).bind(2, position++).bind(3, licence).step();
  }
}

} // namespace

void to_json(nlohmann::json& out, const write_receipt& in) {
  out = {{"id", in.id},
         {"key", in.key},
         {"package", in.package},
         {"digest", in.digest},
         {"at", in.at}};
}

inventory_error::inventory_error(inventory_fault fault, const std::string& what)
  : std::runtime_error{what}, fault_{fault} {
  // nop
}

inventory::inventory(const std::filesystem::path& path,
                     inventory_options options)
  : options_{std::move(options)} {
  sqlite3* db = nullptr;
  constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                        | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE;
  const auto code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  db_.reset(db);
  const auto shown = as_utf8(path.native());
  if (db == nullptr)
    throw inventory_error{inventory_fault::storage, shown + ": no memory"};
  if (code != SQLITE_OK)
    throw_database_error(db, "opening " + shown);
  sqlite3_busy_timeout(db, static_cast<int>(options_.busy_timeout.count()));
  try {
    prepare_schema();
  } catch (const inventory_error& error) {
    throw inventory_error{error.fault(), shown + ": " + error.what()};
  }
}

inventory::~inventory() = default;

void inventory::closer::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

void inventory::prepare_schema() {
  auto* db = db_.get();
  use_wal(db, options_.busy_timeout);
  execute(db, "PRAGMA synchronous = FULL");
  transaction guard{db};
  const auto tables = pragma(db, "SELECT count(*) FROM sqlite_master");
  const auto id = pragma(db, "PRAGMA application_id");
  const auto version = pragma(db, "PRAGMA user_version");
  if (tables == 0 && id == 0) {
    execute(db, schema);
    execute(
      db,
      ("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    execute(
      db, ("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  } else if (id != application_id || version != schema_version) {
    throw inventory_error{inventory_fault::not_an_inventory,
                          "a database, but no inventory of version "
                            + std::to_string(schema_version)};
  }
  guard.commit();
}

write_receipt inventory::write(const std::string& key, const record& r) {
  const auto digest = digest_of(r);
  const std::lock_guard lock{mutex_};
  transaction guard{db_.get()};
  const auto first = find_write(db_.get(), key);
  const auto result = first ? *first : insert(key, r, digest);
  if (first)
    note_repeat(*first, r, digest);
  guard.commit();
  if (result.digest != digest)
    throw inventory_error{inventory_fault::key_reused,
                          "inventory: key " + key + " was used for "
                            + result.package + " with digest " + result.digest
                            + ", now for " + r.package + " with " + digest};
  return result;
}

write_receipt inventory::insert(const std::string& key, const record& r,
                                const std::string& digest) {
  const auto at = utc(options_.now());
  put_record(db_.get(), r, digest, at);
  put_licences(db_.get(), r);
  statement put{db_.get(), "INSERT INTO writes(key, package, digest_of_record,"
                           " at) VALUES(?1, ?2, ?3, ?4)"};
  put.bind(1, key).bind(2, r.package).bind(3, digest).bind(4, at).step();
  const auto id = sqlite3_last_insert_rowid(db_.get());
  return {id, key, r.package, digest, at};
}

void inventory::note_repeat(const write_receipt& first, const record& r,
                            const std::string& digest) {
  const auto at = utc(options_.now());
  statement put{db_.get(), "INSERT INTO repeats(write_id, key, package,"
                           " digest_of_record, at)"
                           " VALUES(?1, ?2, ?3, ?4, ?5)"};
  put.bind(1, first.id).bind(2, first.key).bind(3, r.package);
  put.bind(4, digest).bind(5, at).step();
}

std::vector<record> inventory::all() const {
  const std::lock_guard lock{mutex_};
  statement query{db_.get(), "SELECT body FROM records"
                             " ORDER BY package, source"};
  std::vector<record> result;
  while (query.step())
    try {
      result.push_back(nlohmann::json::parse(query.text(0)).get<record>());
    } catch (const nlohmann::json::exception& error) {
      throw inventory_error{inventory_fault::storage,
                            std::string{"inventory: a damaged record: "}
                              + error.what()};
    }
  return result;
}

std::optional<write_receipt> inventory::written(const std::string& key) const {
  const std::lock_guard lock{mutex_};
  return find_write(db_.get(), key);
}

std::int64_t inventory::write_count() const {
  return count("SELECT count(*) FROM writes");
}

std::int64_t inventory::repeat_count() const {
  return count("SELECT count(*) FROM repeats");
}

std::int64_t inventory::count(const char* sql) const {
  const std::lock_guard lock{mutex_};
  return pragma(db_.get(), sql);
}

} // namespace license_inventory
