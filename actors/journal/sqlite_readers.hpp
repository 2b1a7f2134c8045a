#pragma once

#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/core/error.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace stanchion::sqlite {

/// The error that a person gets for trouble at `path`.
[[nodiscard]] error to_error(const problem& why,
                             const std::filesystem::path& path);

/// Reading connections, lent to one thread at a time.
///
/// Threads: every member may be called from any thread.
class readers {
public:
  /// `alone` says that this process does not write: only then may a database
  /// in a directory without write permission be read as one that never changes.
  readers(std::filesystem::path path, std::chrono::milliseconds busy,
          std::size_t cache, bool alone);

  /// Opens a first connection, so that later ones share its memory even while
  /// the disk takes no writes. Throws `problem`.
  void prepare();

  /// Calls `f` with a connection. Trouble becomes an `error`, and that
  /// connection is not used again.
  template <class F>
  auto read(F f) {
    try {
      auto mine = take();
      // What is returned is made before the connection goes back.
      auto result = f(*mine);
      give(std::move(mine));
      return result;
    } catch (const problem& p) {
      throw to_error(p, path_);
    }
  }

private:
  using owned = std::unique_ptr<connection>;

  [[nodiscard]] owned take();
  [[nodiscard]] owned open() const;
  void give(owned x);

  const std::filesystem::path path_;
  const std::chrono::milliseconds busy_;
  const std::size_t cache_;
  const bool alone_;
  std::mutex mutex_;
  std::vector<owned> idle_; // guarded by mutex_
};

} // namespace stanchion::sqlite
