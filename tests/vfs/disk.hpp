#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion::test {

/// What may fail: everything that changes a file or makes it durable.
enum class disk_op : std::uint8_t {
  open,     ///< a file is opened, or made
  write,    ///< bytes are written
  truncate, ///< a file is cut
  sync,     ///< content and name become durable
  share,    ///< the memory that connections share grows
  remove,   ///< a file is removed
};

/// How it fails. The system's word for it goes with the error.
enum class disk_fault : std::uint8_t {
  no_space,    ///< nothing is done: ENOSPC
  bad_device,  ///< nothing is done: EIO. Of a sync: what was written since the
               ///< last one counts as clean from then on, and need not last
  short_write, ///< half of a write is done, then there is no space; whatever
               ///< writes no bytes fails as for `bad_device`
};

[[nodiscard]] std::string_view to_string(disk_op x);
[[nodiscard]] std::string_view to_string(disk_fault x);

/// One thing that was done to a disk: enough to say, for any moment, what is
/// durable and what is not.
struct disk_event {
  enum class what : std::uint8_t {
    found,     ///< a file was opened that was there; `bytes` is durable
    made,      ///< a file was made; its name is not durable
    wrote,     ///< `bytes` at `at`
    cut,       ///< to the size `at`
    synced,    ///< content and name
    forgot,    ///< a sync failed: what was written may last, or not
    removed,   ///< `at` is 1 if that is durable
    committed, ///< said by the test: `at` commits are acknowledged
    beside,    ///< said by the test: `file`, which SQLite does not know, now
               ///< holds `bytes`
  };

  what kind = what::found;
  std::string file; ///< its name without folders
  std::uint64_t at = 0;
  std::string bytes;
};

/// While it lives, SQLite reaches files only through it. It notes what is done,
/// and lets one chosen operation fail. Use one at a time, from one thread, and
/// close what was opened before it goes.
class disk {
public:
  disk();
  disk(const disk&) = delete;
  disk& operator=(const disk&) = delete;
  ~disk();

  // -- failing ----------------------------------------------------------------

  /// Lets `count` more operations through and fails the one after them; with
  /// `for_good` also all that follow.
  void fail_after(std::size_t count, disk_fault how, bool for_good = false);

  /// The same, with a bad device, of the syncs alone.
  void fail_sync_after(std::size_t count);

  /// Lets everything through again.
  void heal();

  /// Whether the chosen operation came and failed.
  [[nodiscard]] bool fired() const;

  /// Which one that was: `write stanchion.db-wal`.
  [[nodiscard]] std::string failed() const;

  // -- noting -----------------------------------------------------------------

  /// From now on notes what is done.
  void note();

  /// Adds something that only the test knows.
  void note(disk_event x);

  /// What was noted, oldest first.
  [[nodiscard]] const std::vector<disk_event>& events() const;
};

} // namespace stanchion::test
