// Disks that fill up and disks that break, at every place where that can show.
#include "support/catch.hpp"
#include "vfs/power_cut.hpp"
#include "vfs/reference_work.hpp"

#include <algorithm>
#include <atomic>
#include <set>

using namespace stanchion;

namespace {

using fault = disk_fault;

/// Commits runs from `first` on until one commit is refused or `last` is in.
/// Returns the number after the last run that was acknowledged.
run_number commit_until_refused(store& to, run_number first, run_number last,
                                commit_status& status) {
  for (auto n = first; n <= last; ++n) {
    status = commit(to, wide_run(n));
    if (status != commit_status::done)
      return n;
  }
  return last + 1;
}

/// What operation was made to fail, without the file.
std::string kind_of(const std::string& failed) {
  return failed.substr(0, failed.find(' '));
}

/// The reference work with operation `k` failing, as the journal does it: a
/// commit that found no space is tried again, after an I/O error the store is
/// reopened first. Adds what failed to `seen`. False when there is no such
/// operation any more.
bool work_with_failure(std::size_t k, fault how, std::set<std::string>& seen) {
  const temp_dir dir;
  disk on;
  const auto it = open_sqlite_store(dir.database(), small_journal());
  on.fail_after(k, how);
  for (std::size_t i = 0; i < reference_commits().size(); ++i) {
    const auto status = commit_reference(*it, i);
    INFO("operation " << k << ", " << on.failed() << ": " << to_string(how)
                      << ", commit " << i << ": " << it->problem());
    if (status == commit_status::done)
      continue;
    on.heal();
    REQUIRE(on.fired());
    REQUIRE(!it->problem().empty());
    if (status == commit_status::io_error) {
      REQUIRE(commit_reference(*it, i) == commit_status::io_error);
      REQUIRE(it->reopen());
    }
    REQUIRE(text(it->verify()).empty());
    const auto there = commits_in(*it);
    // A failed commit is not there, or, only where it may be in doubt, whole.
    REQUIRE(
      (there == i || (status == commit_status::io_error && there == i + 1)));
    if (there == i)
      REQUIRE(commit_reference(*it, i) == commit_status::done);
  }
  on.heal();
  REQUIRE(text(it->verify()).empty());
  REQUIRE(commits_in(*it) == reference_commits().size());
  if (on.fired())
    seen.insert(kind_of(on.failed()));
  return on.fired();
}

} // namespace

TEST_CASE("whatever operation of the disk fails, nothing acknowledged is lost",
          "[vfs]") {
  const auto how
    = GENERATE(fault::no_space, fault::bad_device, fault::short_write);
  constexpr run_number last = 4;
  auto fired = true;
  std::size_t refused_commits = 0;
  for (std::size_t k = 0; fired; ++k) {
    const temp_dir dir;
    disk on;
    {
      const auto it = open_sqlite_store(dir.database(), small_journal());
      on.fail_after(k, how);
      auto status = commit_status::done;
      const auto next = commit_until_refused(*it, 1, last, status);
      fired = on.fired();
      on.heal();
      INFO("operation " << k << ", " << on.failed() << ", commit " << next
                        << ": " << it->problem());
      if (status == commit_status::full) {
        REQUIRE(it->last_run() == next - 1);
        REQUIRE(!it->problem().empty());
      } else if (status == commit_status::io_error) {
        REQUIRE(!it->problem().empty());
        REQUIRE(commit(*it, wide_run(last + 1)) == commit_status::io_error);
        REQUIRE(it->reopen());
      }
      REQUIRE(text(it->verify()).empty());
      const auto known = it->last_run();
      REQUIRE((known == next - 1 || known == next));
      refused_commits += next <= last ? 1 : 0;
      (void)commit_until_refused(*it, known + 1, last, status);
      REQUIRE(status == commit_status::done);
      REQUIRE(text(it->verify()).empty());
    }
    const auto again = open_sqlite_store(dir.database(), small_journal());
    REQUIRE(again->last_run() == last);
    for (run_number n = 1; n <= last; ++n)
      REQUIRE(text(again->read(n, 0)) == text(wide_run(n).records));
  }
  CHECK(refused_commits > 10);
}

TEST_CASE("a failed commit is not half there, and the next try succeeds",
          "[vfs]") {
  const auto how
    = GENERATE(fault::no_space, fault::bad_device, fault::short_write);
  std::set<std::string> seen;
  // Every third one: all kinds of operations, in all phases of a commit.
  for (std::size_t k = 0; work_with_failure(k, how, seen); k += 3)
    continue;
  CHECK(seen.contains("write"));
  CHECK(seen.contains("sync"));
}

TEST_CASE("a failed commit is not half there: every operation",
          "[.][long][vfs]") {
  const auto how
    = GENERATE(fault::no_space, fault::bad_device, fault::short_write);
  std::set<std::string> seen;
  for (std::size_t k = 0; work_with_failure(k, how, seen); ++k)
    continue;
  CHECK(seen.size() >= 2);
}

TEST_CASE("a store is opened whole or not at all while the disk fails",
          "[vfs]") {
  const auto [how, code] = GENERATE(table<fault, error_code>({
    {fault::no_space, error_code::store_full},
    {fault::bad_device, error_code::store_io},
    {fault::short_write, error_code::store_full},
  }));
  auto fired = true;
  std::set<std::string> seen;
  for (std::size_t k = 0; fired; ++k) {
    const temp_dir dir;
    disk on;
    on.fail_after(k, how);
    const auto said = refused(
      [&] { (void)open_sqlite_store(dir.database(), small_journal()); });
    fired = on.fired();
    on.heal();
    INFO("operation " << k << ", " << on.failed() << ": " << said.text);
    if (said.code) {
      seen.insert(kind_of(on.failed()));
      const auto clear
        = *said.code == code || *said.code == error_code::store_io;
      REQUIRE(clear);
      REQUIRE_THAT(said.text, ContainsSubstring("stanchion.db"));
    }
    const auto it = open_sqlite_store(dir.database(), small_journal());
    REQUIRE(commit(*it, make_run(1)) == commit_status::done);
    REQUIRE(text(it->verify()).empty());
  }
  CHECK(seen.contains("open"));
  CHECK(seen.contains("write"));
}

TEST_CASE("a store with a past is opened whole or not at all", "[vfs]") {
  const auto how = GENERATE(fault::no_space, fault::bad_device);
  const temp_dir past;
  const temp_dir log;
  {
    const auto it = open_sqlite_store(past.database(), small_journal());
    for (std::size_t i = 0; i < reference_commits().size(); ++i)
      REQUIRE(commit_reference(*it, i) == commit_status::done);
    copy_files(past, log); // with what a death leaves in the log
  }
  auto fired = true;
  std::set<std::string> seen;
  for (std::size_t k = 0; fired; ++k) {
    const temp_dir dir;
    copy_files(log, dir);
    disk on;
    on.fail_after(k, how);
    const auto said = refused(
      [&] { (void)open_sqlite_store(dir.database(), small_journal()); });
    fired = on.fired();
    on.heal();
    INFO("operation " << k << ", " << on.failed() << ": " << said.text);
    if (said.code) {
      seen.insert(kind_of(on.failed()));
      REQUIRE((*said.code == error_code::store_io
               || *said.code == error_code::store_full));
    }
    const auto it = open_sqlite_store(dir.database(), small_journal());
    REQUIRE(text(it->verify()).empty());
    REQUIRE(commits_in(*it) == reference_commits().size());
  }
  CHECK(seen.contains("open"));
}

TEST_CASE("while the disk stays broken no reopening helps, and reads go on",
          "[vfs]") {
  const temp_dir dir;
  disk on;
  {
    const auto it = open_sqlite_store(dir.database(), small_journal());
    REQUIRE(commit(*it, wide_run(1)) == commit_status::done);
    on.fail_after(0, fault::bad_device, true);
    CHECK(commit(*it, wide_run(2)) == commit_status::io_error);
    CHECK_FALSE(it->reopen());
    CHECK_THAT(it->problem(), ContainsSubstring("stanchion.db"));
    CHECK(commit(*it, wide_run(2)) == commit_status::io_error);
    CHECK(it->read(1, 0).size() == 3);
    on.heal();
    CHECK(it->reopen());
    CHECK(commit(*it, wide_run(2)) == commit_status::done);
  }
  CHECK(open_sqlite_store(dir.database())->last_run() == 2);
}

TEST_CASE("a full store writes nothing and goes on when there is space",
          "[vfs]") {
  const temp_dir dir;
  std::atomic<std::uint32_t> limit = 0;
  auto options = small_journal();
  options.page_limit = &limit;
  const auto it = open_sqlite_store(dir.database(), options);
  REQUIRE(commit(*it, wide_run(1)) == commit_status::done);
  limit = 1;
  auto status = commit_status::done;
  const auto next = commit_until_refused(*it, 2, 100, status);
  CHECK(status == commit_status::full);
  CHECK_THAT(it->problem(), ContainsSubstring("space"));
  CHECK(it->last_run() == next - 1);
  CHECK(text(it->verify()).empty());
  CHECK(it->read(1, 0).size() == 3);
  limit = 0;
  CHECK(commit(*it, wide_run(next)) == commit_status::done);
  CHECK(it->problem().empty());
  CHECK(it->read(next, 0).size() == 3);
}

TEST_CASE("a disk that stays full takes nothing, and all once there is space",
          "[vfs]") {
  for (std::size_t k = 0; k < 200; k += 7) {
    const temp_dir dir;
    disk on;
    const auto it = open_sqlite_store(dir.database(), small_journal());
    on.fail_after(k, fault::no_space, true);
    std::size_t done = 0;
    auto status = commit_status::done;
    while (done < reference_commits().size()
           && (status = commit_reference(*it, done)) == commit_status::done)
      ++done;
    INFO("operation " << k << ", " << on.failed() << ": " << it->problem());
    if (status != commit_status::done) {
      CHECK(commit_reference(*it, done) == status);
      on.heal();
      if (status == commit_status::io_error)
        REQUIRE(it->reopen());
      done = commits_in(*it);
    }
    on.heal();
    for (; done < reference_commits().size(); ++done)
      REQUIRE(commit_reference(*it, done) == commit_status::done);
    CHECK(commits_in(*it) == done);
    CHECK(text(it->verify()).empty());
  }
}

// -- a sync that failed -------------------------------------------------------

namespace {

/// The reference work with sync number `n` failing: the system then takes for
/// clean what may not be on the disk. Returns what was done to the disk;
/// nothing if there is no such sync.
std::vector<disk_event> work_with_failed_sync(std::size_t n) {
  const temp_dir dir;
  disk on;
  on.note();
  {
    const auto it = open_sqlite_store(dir.database(), small_journal());
    note_high_water(dir.path(), on);
    on.fail_sync_after(n);
    for (std::size_t i = 0; i < reference_commits().size(); ++i) {
      auto status = commit_reference(*it, i);
      if (status == commit_status::io_error) {
        REQUIRE(on.fired());
        REQUIRE(it->reopen());
        if (commits_in(*it) == i)
          status = commit_reference(*it, i);
        else
          status = commit_status::done;
      }
      REQUIRE(status == commit_status::done);
      note_high_water(dir.path(), on);
      on.note({.kind = disk_event::what::committed, .at = i + 1});
    }
  }
  return on.fired() ? on.events() : std::vector<disk_event>{};
}

std::size_t commits_after(const power_cut& cut, std::uint64_t seed) {
  const temp_dir dir;
  write_files(dir.path(), cut.files(sector_fate::lost, seed));
  const auto it = open_sqlite_store(dir.database(), small_journal());
  CHECK(text(it->verify()).empty());
  return commits_in(*it);
}

} // namespace

TEST_CASE("what is acknowledged after a failed sync does not lean on it",
          "[vfs]") {
  std::size_t tried = 0;
  for (std::size_t n = 0;; ++n) {
    const auto events = work_with_failed_sync(n);
    if (events.empty())
      break;
    power_cut cut{n};
    auto failed = false;
    for (const auto& x : events) {
      cut.add(x);
      failed = failed || x.kind == disk_event::what::forgot;
      if (!failed || x.kind != disk_event::what::committed)
        continue;
      INFO("sync " << n << ", " << cut.committed() << " acknowledged");
      const auto there = commits_after(cut, n);
      REQUIRE(there >= cut.committed());
      REQUIRE(there <= cut.committed() + 1);
      ++tried;
    }
  }
  CHECK(tried > 50);
}
