#pragma once

#include <cstddef>

namespace stanchion::test {

/// While it lives, SQLite reaches files only through it, and one chosen
/// operation that changes a file or syncs it fails. Use one at a time, from
/// one thread, and close what was opened before it goes.
class fault_vfs {
public:
  enum class fault {
    no_space,   ///< a write finds no space; a sync fails as any device may
    bad_device, ///< writes and syncs report an I/O error
  };

  fault_vfs();
  fault_vfs(const fault_vfs&) = delete;
  fault_vfs& operator=(const fault_vfs&) = delete;
  ~fault_vfs();

  /// Lets `count` more operations through and fails the one after them; with
  /// `for_good` also all that follow.
  void fail_after(std::size_t count, fault how, bool for_good = false);

  /// Lets everything through again.
  void heal();

  /// Whether the chosen operation came and failed.
  [[nodiscard]] bool fired() const;
};

} // namespace stanchion::test
