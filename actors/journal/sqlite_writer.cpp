#include <stanchion/actors/journal/posix_file.hpp>
#include <stanchion/actors/journal/row_codec.hpp>
#include <stanchion/actors/journal/sqlite_prune.hpp>
#include <stanchion/actors/journal/sqlite_readers.hpp>
#include <stanchion/actors/journal/sqlite_verify.hpp>
#include <stanchion/actors/journal/sqlite_writer.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace stanchion::sqlite {

namespace {

namespace fs = std::filesystem;

/// Bytes to which a log that grew beside a long reader shrinks again.
constexpr auto log_limit = "67108864";
/// What SQLite takes as "no limit".
constexpr std::uint32_t any_pages = 0xfffffffe;

std::chrono::milliseconds busy_time(const sqlite_store_options& options) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
    options.busy_timeout);
}

/// A mode that SQLite falls back to silently would lose commits.
void use_log(connection& db, const fs::path& path) {
  auto mode = db.query("PRAGMA journal_mode = WAL");
  if (!mode.next() || mode.text(0) != "wal")
    throw problem{trouble::io,
                  path.string()
                    + ": its file system cannot hold a write-ahead log"};
}

fs::path beside(fs::path path, const char* ending) {
  path += ending;
  return path;
}

void set_pages(connection& db, const sqlite_store_options& options) {
  db.script("PRAGMA page_size = " + std::to_string(options.page_size)
            + "; PRAGMA cache_size = -"
            + std::to_string(options.page_cache / 1024)
            + "; PRAGMA journal_size_limit = " + log_limit);
}

/// Makes an empty journal where there is no file, all or nothing: under another
/// name first, for a process that dies halfway would leave what nobody can
/// read. Until then nothing needs to be durable.
void make_database(const fs::path& path, const sqlite_store_options& options,
                   std::span<const migration> list) {
  if (fs::exists(path))
    return;
  if (fs::exists(beside(path, "-wal")))
    throw error{error_code::store_damaged,
                path.string()
                  + " is gone, but its -wal file is there; nothing was "
                    "changed. Put the database back, or remove the -wal file "
                    "to begin anew"};
  const auto fresh = beside(path, ".new");
  for (const auto* left : {"", "-wal", "-shm", "-journal"})
    fs::remove(beside(fresh, left));
  {
    const posix_file made{fresh, O_RDWR | O_CREAT | O_EXCL}; // with our mode
  }
  {
    connection db{fresh, access::write, busy_time(options)};
    db.script("PRAGMA synchronous = OFF");
    set_pages(db, options);
    use_log(db, path);
    migrate(db, path, list);
  }
  posix_file{fresh, O_RDWR}.sync();
  fs::rename(fresh, path);
  sync_directory(path.parent_path());
}

[[noreturn]] void refuse_tail(const fs::path& path, const fs::path& mark,
                              const std::string& what) {
  throw error{error_code::store_damaged,
              path.string() + ": " + what
                + ". Put the whole database back, with its -wal file. If it "
                  "was restored from an older copy on purpose, remove "
                + mark.string()
                + " to go on from there; what was done since then is not "
                  "known any more and may be done again"};
}

} // namespace

writer::writer(fs::path path, fs::path mark,
               const sqlite_store_options& options,
               std::span<const migration> list)
  : path_{std::move(path)}, mark_path_{std::move(mark)}, options_{options},
    migrations_{list}, checkpoint_at_{options.checkpoint_pages} {
  open();
  require_tail();
}

writer::~writer() {
  try {
    // Closing the last connection empties the log and syncs the database.
    db_.reset();
    if (mark_ && !broken_)
      mark_->sync();
  } catch (...) { // NOLINT(bugprone-empty-catch)
    // The mark is a lower bound: an older one is true, too.
  }
}

// -- opening -----------------------------------------------------------------

void writer::open() {
  make_database(path_, options_, migrations_);
  db_ = std::make_unique<connection>(path_, access::write, busy_time(options_));
  set_pages(*db_, options_);
  use_log(*db_, path_);
  db_->script("PRAGMA synchronous = FULL");
  migrate(*db_, path_, migrations_);
  checkpoint_at_ = options_.checkpoint_pages;
}

writer::position writer::find_end() {
  position result;
  auto last
    = db_->query("SELECT pos, sum FROM records ORDER BY pos DESC LIMIT 1");
  if (last.next())
    result.record
      = {static_cast<std::uint64_t>(last.integer(0)), last.integer(1)};
  // Places are never given out twice, also where the last was pruned.
  const auto pruned = pruned_positions(*db_).last();
  if (static_cast<std::uint64_t>(pruned) > result.record.pos)
    result.record = {static_cast<std::uint64_t>(pruned), 0};
  result.run
    = static_cast<run_number>(db_->integer("SELECT max(num) FROM runs"));
  result.all = read_totals(*db_).value_or(totals{});
  return result;
}

void writer::require_tail() {
  if (const auto mark = high_water::look(mark_path_))
    if (const auto what = missing_tail(*db_, *mark); !what.empty())
      refuse_tail(path_, mark_path_, what);
  end_ = find_end();
  mark_.emplace(mark_path_, end_.record);
}

bool writer::reopen() {
  std::string why;
  try {
    reopen_or_throw();
    broken_ = false;
    note({});
    return true;
  } catch (const problem& p) {
    why = to_error(p, path_).what();
  } catch (const std::system_error& e) {
    why = to_error(system_problem(e), path_).what();
  } catch (const std::exception& e) {
    why = e.what();
  }
  broken_ = true;
  note(why);
  return false;
}

void writer::reopen_or_throw() {
  mark_.reset();
  db_.reset();
  open();
  // After a failed sync the system may take pages for clean that never reached
  // the disk. This writes what the log holds once more, and syncs that.
  if (!db_->checkpoint(true))
    throw problem{trouble::busy,
                  path_.string() + ": a reader keeps the log from being moved"};
  if (const auto what = missing_tail(*db_, end_.record); !what.empty())
    refuse_tail(path_, mark_path_, what);
  if (const auto what = unsound_tail(*db_); !what.empty())
    throw problem{trouble::damaged, path_.string() + ": " + what};
  require_tail();
}

// -- writing -----------------------------------------------------------------

commit_status writer::commit(std::span<const batch* const> xs) {
  if (broken_)
    return commit_status::io_error;
  const auto before = end_;
  try {
    limit_pages();
    db_->run("BEGIN IMMEDIATE");
    write(xs);
    db_->run("COMMIT");
  } catch (const problem& p) {
    end_ = before;
    return refuse(p);
  } catch (...) {
    end_ = before;
    broken_ = !db_->roll_back();
    throw;
  }
  acknowledge(before);
  return commit_status::done;
}

void writer::limit_pages() {
  if (options_.page_limit == nullptr)
    return;
  const auto limit = options_.page_limit->load();
  db_->script("PRAGMA max_page_count = "
              + std::to_string(limit == 0 ? any_pages : limit));
}

void writer::write(std::span<const batch* const> xs) {
  const auto before = end_.all;
  append_records(xs);
  auto& all = end_.all;
  for (const auto* x : xs) {
    for (const auto& row : x->runs) {
      all.runs += put(*db_, row, row.number > end_.run);
      end_.run = std::max(end_.run, row.number);
    }
    for (const auto& t : x->tickets)
      all.tickets += put(*db_, t);
    for (const auto& f : x->facts)
      all.facts += put(*db_, f);
    for (const auto& a : x->audits)
      all.audits += put(*db_, a);
    if (!x->prunes.empty() || !x->swept.names.empty())
      prune(*db_, *x, all);
  }
  if (all != before)
    put(*db_, all);
}

void writer::append_records(std::span<const batch* const> xs) {
  std::vector<const record*> records;
  for (const auto* x : xs)
    for (const auto& r : x->records)
      records.push_back(&r);
  if (records.empty())
    return;
  const auto first = end_.record.pos + 1;
  const auto sum = append(*db_, static_cast<std::int64_t>(first), records);
  end_.record = {first + records.size() - 1, sum};
  end_.all.records += records.size();
}

commit_status writer::refuse(const problem& why) {
  const auto explained = to_error(why, path_);
  const auto undone = db_->roll_back();
  note(explained.what());
  const auto harmless = why.kind() == trouble::full
                        || why.kind() == trouble::busy
                        || why.kind() == trouble::conflict;
  broken_ = !undone || !harmless;
  if (broken_)
    return commit_status::io_error;
  if (why.kind() == trouble::conflict)
    throw error{explained};
  return commit_status::full;
}

/// What is durable stays acknowledged, whatever goes wrong from here on; that
/// shows in the next commit.
void writer::acknowledge(position before) {
  try {
    note({});
    if (end_.record != before.record)
      mark_->write(end_.record);
    if (db_->log_frames() >= checkpoint_at_)
      tend_log();
  } catch (const problem& p) {
    broken_ = p.kind() != trouble::full && p.kind() != trouble::busy;
    note(to_error(p, path_).what());
  } catch (const std::exception& e) {
    broken_ = true;
    note(e.what());
  }
}

void writer::tend_log() {
  const auto all = db_->checkpoint(false);
  checkpoint_at_
    = options_.checkpoint_pages + (all ? std::size_t{0} : db_->log_frames());
  mark_->sync();
}

std::string writer::last_problem() const {
  const std::lock_guard lock{problem_mutex_};
  return problem_;
}

void writer::note(const std::string& why) {
  const std::lock_guard lock{problem_mutex_};
  problem_ = why;
}

} // namespace stanchion::sqlite
