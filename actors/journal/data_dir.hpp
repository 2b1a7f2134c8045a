#pragma once

#include <stanchion/actors/journal/posix_file.hpp>

#include <filesystem>

namespace stanchion {

/// The directory that holds everything durable of one runtime, and the names
/// of what lies in it.
class data_dir {
public:
  /// Names a directory; touches nothing.
  explicit data_dir(const std::filesystem::path& root);

  /// Makes the directory, mode 0700, and those above it if missing. Throws
  /// `error{store_read_only}` without the permission, `error{store_io}` where
  /// something else is in the way.
  void create() const;

  [[nodiscard]] const std::filesystem::path& root() const {
    return root_;
  }

  /// The journal, `stanchion.db`.
  [[nodiscard]] std::filesystem::path database() const;
  /// How far the journal went, `stanchion.hwm`.
  [[nodiscard]] std::filesystem::path high_water() const;
  /// Held by the owner, `lock`.
  [[nodiscard]] std::filesystem::path lock() const;
  /// Where the owner listens, `stanchion.sock`.
  [[nodiscard]] std::filesystem::path socket() const;
  /// Who may use the operator API, `tokens.json`.
  [[nodiscard]] std::filesystem::path tokens() const;
  /// Present while everything is stopped by a person, `STOP`.
  [[nodiscard]] std::filesystem::path stop() const;
  /// What the root could not commit before it gave up, `failed.json`.
  [[nodiscard]] std::filesystem::path failed() const;

private:
  std::filesystem::path root_;
};

/// Why a data directory is locked.
enum class lock_purpose {
  drive, ///< to drive runs: a death of this process counts
  edit,  ///< to write a decision or the like and leave; says nothing about runs
};

/// Makes this process the one that may write to a data directory, for as long
/// as the object lives. The system releases the lock when the process dies.
///
/// Errors:  `error{store_in_use}` naming the owner's process id;
///          `error{store_read_only}`, `error{store_io}` naming the path.
/// Threads: not synchronised.
class data_dir_lock {
public:
  /// Locks `dir`, which must exist.
  data_dir_lock(const data_dir& dir, lock_purpose purpose);

  /// Whether the last process that drove runs here ended without `mark_clean`.
  [[nodiscard]] bool last_owner_died() const {
    return died_;
  }

  /// Says that runs were stopped in order; durable on return. Only for
  /// `lock_purpose::drive`.
  void mark_clean();

private:
  posix_file file_;
  bool died_;
};

} // namespace stanchion
