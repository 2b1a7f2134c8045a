#include "audit.hpp"

#include "sqlite.hpp"

#include <sqlite3.h>

#include <memory>

namespace license_inventory {

std::vector<std::string> audit::written_twice() const {
  std::vector<std::string> result;
  for (const auto& [package, count] : writes)
    if (count > 1)
      result.push_back(package);
  return result;
}

audit audit_inventory(const std::filesystem::path& path) {
  audit result;
  if (!std::filesystem::exists(path))
    return result;
  sqlite3* opened = nullptr;
  const auto code
    = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db{opened,
                                                              &sqlite3_close};
  if (code != SQLITE_OK)
    throw_database_error(db.get(), "opening it for the audit");
  sqlite3_busy_timeout(db.get(), 5000);
  statement made{db.get(), "SELECT 1 FROM sqlite_master "
                           "WHERE name = 'repeats'"};
  if (!made.step())
    return result; // whoever began to make it died over it
  statement writes{db.get(), "SELECT package, count(*) FROM writes "
                             "GROUP BY package"};
  while (writes.step())
    result.writes[writes.text(0)] = writes.number(1);
  statement repeats{db.get(), "SELECT count(*) FROM repeats"};
  while (repeats.step())
    result.repeats = repeats.number(0);
  return result;
}

} // namespace license_inventory
