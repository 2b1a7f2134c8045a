#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace license_inventory {

/// What the inventory's own log of writes says. Knows nothing of runs and
/// journals, so it can contradict them.
struct audit {
  /// Rows in `writes` per package; all are at least 1.
  std::map<std::string, std::int64_t> writes;
  /// Further attempts under a key already used; none had an effect.
  std::int64_t repeats = 0;

  /// Packages written more than once.
  [[nodiscard]] std::vector<std::string> written_twice() const;
  [[nodiscard]] bool has(const std::string& package) const {
    return writes.contains(package);
  }
};

/// Reads the tables `writes` and `repeats`, nothing else. An inventory that is
/// not there, or not made to the end, is empty. May be called while another
/// process writes.
///
/// Errors: throws `inventory_error`.
[[nodiscard]] audit audit_inventory(const std::filesystem::path& path);

} // namespace license_inventory
