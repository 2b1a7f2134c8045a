#pragma once

#include "record.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct sqlite3;

namespace license_inventory {

/// What a write leaves behind; the same for every attempt under one key.
struct write_receipt {
  std::int64_t id = 0; ///< of the row in `writes`
  std::string key;
  std::string package;
  std::string digest; ///< of the record written
  std::string at;     ///< when, UTC

  bool operator==(const write_receipt&) const = default;
};

void to_json(nlohmann::json& out, const write_receipt& in);

struct inventory_options {
  /// How long a call waits while another process writes. Default 5 s.
  std::chrono::milliseconds busy_timeout{5000};
  /// The wall clock that stamps the rows.
  std::function<std::chrono::system_clock::time_point()> now
    = &std::chrono::system_clock::now;
};

/// What went wrong with the inventory.
enum class inventory_fault : std::uint8_t {
  cannot_open,      ///< no such folder, no permission
  not_an_inventory, ///< the file is no database, or another program's
  busy,             ///< another process held it for longer than the timeout
  key_reused,       ///< the key was used before for a different record
  storage,          ///< disk full, I/O error, damaged file
};

class inventory_error : public std::runtime_error {
public:
  inventory_error(inventory_fault fault, const std::string& what);

  [[nodiscard]] inventory_fault fault() const {
    return fault_;
  }

private:
  inventory_fault fault_;
};

/// The inventory: an SQLite database in WAL mode, synchronous FULL, so what
/// was acknowledged survives a crash of process and machine.
///
/// Tables:
///   records(package, source, format, confidence, body, digest, updated_at)
///     the latest record of each document, its key is the source
///   licences(source, position, expression)   what each record names
///   writes(id, key, package, digest_of_record, at)
///     one row for each effect: append only, the key is unique
///   repeats(id, write_id, key, package, digest_of_record, at)
///     one row for each further attempt under a key already used
/// An auditor needs only `writes` and `repeats`.
///
/// Errors:  every call throws `inventory_error`; after a throw nothing of the
///          call has taken effect, save a row in `repeats` for `key_reused`.
/// Threads: all calls may run concurrently; one connection, one mutex.
class inventory {
public:
  /// Opens the database, and makes it if it is not there.
  explicit inventory(const std::filesystem::path& path,
                     inventory_options options = {});
  ~inventory();

  inventory(const inventory&) = delete;
  inventory& operator=(const inventory&) = delete;

  /// Puts the record in, in place of an older one of the same source.
  ///
  /// Idempotent by key: the same key again changes nothing, counts as a
  /// repeat and yields the first receipt. Durable before it returns.
  write_receipt write(const std::string& key, const record& r);

  /// All records, sorted by package and source.
  [[nodiscard]] std::vector<record> all() const;

  /// What was written under a key, for whoever must know whether a write
  /// took place.
  [[nodiscard]] std::optional<write_receipt>
  written(const std::string& key) const;

  [[nodiscard]] std::int64_t write_count() const;
  [[nodiscard]] std::int64_t repeat_count() const;

private:
  struct closer {
    void operator()(sqlite3* db) const;
  };

  void prepare_schema();
  write_receipt insert(const std::string& key, const record& r,
                       const std::string& digest);
  void note_repeat(const write_receipt& first, const record& r,
                   const std::string& digest);
  [[nodiscard]] std::int64_t count(const char* sql) const;

  inventory_options options_;
  mutable std::mutex mutex_;
  std::unique_ptr<sqlite3, closer> db_; // guarded by mutex_
};

} // namespace license_inventory
