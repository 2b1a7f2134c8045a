#include <stanchion/actors/journal/sqlite_readers.hpp>

#include <unistd.h>

#include <string>

namespace stanchion::sqlite {

namespace {

namespace fs = std::filesystem;

error_code code_of(trouble x) {
  switch (x) {
  case trouble::full:
    return error_code::store_full;
  case trouble::damaged:
  case trouble::other: // our own statements fit any schema that is whole
    return error_code::store_damaged;
  case trouble::read_only:
    return error_code::store_read_only;
  case trouble::conflict:
    return error_code::run_conflict;
  default:
    return error_code::store_io;
  }
}

std::string advice(trouble x) {
  switch (x) {
  case trouble::busy:
    return "Another program holds the database; let it finish";
  case trouble::full:
    return "Make space on its file system";
  case trouble::damaged:
  case trouble::other:
    return "Run 'journal verify' to see what is damaged, or put a backup in "
           "its place";
  case trouble::read_only:
    return "This process runs as user " + std::to_string(::geteuid())
           + "; give that user the file and its directory";
  case trouble::conflict:
    return "Nothing of the commit was written";
  default:
    return "Look at the system's log for what its disk reports";
  }
}

/// Whether the path has no log beside it that a frozen view would miss.
bool has_no_log(const fs::path& path) {
  auto log = path;
  log += "-wal";
  std::error_code ignored;
  return !fs::exists(log, ignored) || fs::file_size(log, ignored) == 0;
}

} // namespace

error to_error(const problem& why, const fs::path& path) {
  auto text = std::string{why.what()};
  if (text.find(path.string()) == std::string::npos)
    text = path.string() + ": " + text;
  return error{code_of(why.kind()), text + ". " + advice(why.kind())};
}

readers::readers(fs::path path, std::chrono::milliseconds busy,
                 std::size_t cache, bool alone)
  : path_{std::move(path)}, busy_{busy}, cache_{cache}, alone_{alone} {
  // nop
}

void readers::prepare() {
  give(open());
}

readers::owned readers::take() {
  {
    const std::lock_guard lock{mutex_};
    if (!idle_.empty()) {
      auto result = std::move(idle_.back());
      idle_.pop_back();
      return result;
    }
  }
  return open();
}

readers::owned readers::open() const {
  const auto cache
    = "PRAGMA cache_size = -" + std::to_string(cache_ / 1024) + ";";
  try {
    auto result = std::make_unique<connection>(path_, access::read, busy_);
    result->script(cache);
    (void)result->integer("SELECT count(*) FROM sqlite_schema");
    return result;
  } catch (const problem& p) {
    // Reading beside a writer takes shared memory, which a directory without
    // write permission refuses. Without a log nobody writes.
    const auto refused
      = p.kind() == trouble::io || p.kind() == trouble::read_only;
    if (!alone_ || !refused || !has_no_log(path_))
      throw;
    auto result = std::make_unique<connection>(path_, access::frozen, busy_);
    result->script(cache);
    return result;
  }
}

void readers::give(owned x) {
  if (x->how() == access::frozen)
    return; // somebody with more rights may have begun to write
  const std::lock_guard lock{mutex_};
  idle_.push_back(std::move(x));
}

} // namespace stanchion::sqlite
