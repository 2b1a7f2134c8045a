// Disks that fill up and disks that break, at every place where that can show.
#include "actors/journal/fault_vfs.hpp"
#include "actors/journal/journal_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>

using namespace stanchion;

namespace {

using fault = fault_vfs::fault;

/// Small pages and an eager log, so that few commits reach all of SQLite.
sqlite_store_options small() {
  return {.busy_timeout = 100ms, .checkpoint_pages = 20, .page_size = 512};
}

/// Run `number`, with a record that lies on pages of its own.
batch wide_run(run_number number) {
  auto x = make_run(number, 3);
  x.records[1].body = std::string(3'000, 'b');
  return x;
}

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

} // namespace

TEST_CASE("whatever operation of the disk fails, nothing acknowledged is lost",
          "[journal][sqlite][faults]") {
  const auto how = GENERATE(fault::no_space, fault::bad_device);
  constexpr run_number last = 4;
  auto fired = true;
  std::size_t refused_commits = 0;
  for (std::size_t k = 0; fired; ++k) {
    const temp_dir dir;
    fault_vfs disk;
    {
      const auto it = open_sqlite_store(dir.database(), small());
      disk.fail_after(k, how);
      auto status = commit_status::done;
      const auto next = commit_until_refused(*it, 1, last, status);
      fired = disk.fired();
      disk.heal();
      INFO("operation " << k << ", commit " << next << ": " << it->problem());
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
    const auto again = open_sqlite_store(dir.database(), small());
    REQUIRE(again->last_run() == last);
    for (run_number n = 1; n <= last; ++n)
      REQUIRE(text(again->read(n, 0)) == text(wide_run(n).records));
  }
  CHECK(refused_commits > 10);
}

TEST_CASE("a store is opened whole or not at all while the disk fails",
          "[journal][sqlite][faults]") {
  auto fired = true;
  for (std::size_t k = 0; fired; ++k) {
    const temp_dir dir;
    fault_vfs disk;
    disk.fail_after(k, fault::bad_device);
    const auto said
      = refused([&] { (void)open_sqlite_store(dir.database(), small()); });
    fired = disk.fired();
    disk.heal();
    INFO("operation " << k << ": " << said.text);
    if (said.code)
      REQUIRE(said.code == error_code::store_io);
    const auto it = open_sqlite_store(dir.database(), small());
    REQUIRE(commit(*it, make_run(1)) == commit_status::done);
    REQUIRE(text(it->verify()).empty());
  }
}

TEST_CASE("while the disk stays broken no reopening helps, and reads go on",
          "[journal][sqlite][faults]") {
  const temp_dir dir;
  fault_vfs disk;
  {
    const auto it = open_sqlite_store(dir.database(), small());
    REQUIRE(commit(*it, wide_run(1)) == commit_status::done);
    disk.fail_after(0, fault::bad_device, true);
    CHECK(commit(*it, wide_run(2)) == commit_status::io_error);
    CHECK_FALSE(it->reopen());
    CHECK_THAT(it->problem(), ContainsSubstring("stanchion.db"));
    CHECK(commit(*it, wide_run(2)) == commit_status::io_error);
    CHECK(it->read(1, 0).size() == 3);
    disk.heal();
    CHECK(it->reopen());
    CHECK(commit(*it, wide_run(2)) == commit_status::done);
  }
  CHECK(open_sqlite_store(dir.database())->last_run() == 2);
}

TEST_CASE("a full store writes nothing and goes on when there is space",
          "[journal][sqlite][faults]") {
  const temp_dir dir;
  std::atomic<std::uint32_t> limit = 0;
  auto options = small();
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
