#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace customer_support {

/// One thing that was done to the outside world.
struct entry {
  std::string service; ///< `refunds` or `replies`
  std::string of;      ///< the id of the case
  std::string key;     ///< the same key is the same thing
  std::int64_t cents = 0;
};

/// What left the shop: an append-only file that knows nothing of the runtime,
/// one line an entry.
///
/// Threads: any, of one process at a time.
class books {
public:
  /// Reads what is there; the file is made with the first entry.
  explicit books(std::filesystem::path file);

  /// Writes it down unless its key is there. False if it was. Throws
  /// `std::runtime_error`, with nothing done, when that is not possible.
  bool add_once(const entry& x);

  /// In the order in which they were written.
  [[nodiscard]] std::vector<entry> entries_of(std::string_view service) const;

private:
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::vector<entry> entries_; // guarded by mutex_
  std::set<std::string> keys_; // guarded by mutex_
};

} // namespace customer_support
