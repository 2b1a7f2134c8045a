#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/defaults.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

using namespace stanchion;

namespace fs = std::filesystem;

namespace {

sqlite::connection raw(const fs::path& path) {
  return {path, sqlite::access::write, std::chrono::seconds{5}};
}

/// A journal of two runs and a ticket, closed.
void make_journal(const temp_dir& dir) {
  const auto it = open_sqlite_store(dir.database());
  auto x = make_run(1, 3);
  x.tickets = {make_ticket("t", 1)};
  x.facts = {{"f", "text"}};
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, make_run(2, 2)) == commit_status::done);
}

std::unique_ptr<store> open_to_read(const temp_dir& dir) {
  return open_sqlite_store(dir.database(), {.read_only = true});
}

/// A process without root's rights, for as long as it lives.
class as_nobody {
public:
  as_nobody() {
    if (was_ == 0)
      (void)::seteuid(65534);
  }
  as_nobody(const as_nobody&) = delete;
  as_nobody& operator=(const as_nobody&) = delete;
  ~as_nobody() {
    if (was_ == 0)
      (void)::seteuid(0);
  }

private:
  uid_t was_ = ::geteuid();
};

} // namespace

// -- lasting ------------------------------------------------------------------

TEST_CASE("what was committed is there after closing", "[journal][sqlite]") {
  const temp_dir dir;
  std::string before;
  {
    const auto it = open_sqlite_store(dir.database());
    auto x = make_run(1, 3);
    x.records[1].body = std::string(defaults::blob_threshold * 2, 'x');
    x.tickets = {make_ticket("t", 1)};
    REQUIRE(commit(*it, x) == commit_status::done);
    before = contents(*it);
  }
  CHECK(dir.names()
        == std::vector<std::string>{"stanchion.db", "stanchion.hwm"});
  const auto it = open_sqlite_store(dir.database());
  CHECK(contents(*it) == before);
  CHECK(commit(*it, make_run(2)) == commit_status::done);
}

TEST_CASE("what is remembered outlives the process, not the machine",
          "[journal][sqlite]") {
  const temp_dir dir;
  open_sqlite_store(dir.database())->remember("run 3");
  CHECK(open_to_read(dir)->remembered() == "run 3");
  write_file(dir.database().replace_extension(".now"),
             "0d2a44ff-another-start run 3\n");
  CHECK(open_to_read(dir)->remembered().empty());
}

TEST_CASE("only the owner may read a new journal's files",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database());
  REQUIRE(commit(*it, make_run(1)) == commit_status::done);
  for (const auto& entry : fs::directory_iterator{dir.path()}) {
    INFO(entry.path());
    CHECK((fs::status(entry).permissions() & fs::perms::all)
          == (fs::perms::owner_read | fs::perms::owner_write));
  }
}

TEST_CASE("a copy of the files of a living store has every commit",
          "[journal][sqlite]") {
  const temp_dir dir;
  const temp_dir copy;
  const auto it = open_sqlite_store(dir.database());
  for (run_number n = 1; n <= 5; ++n) {
    REQUIRE(commit(*it, make_run(n, 2)) == commit_status::done);
    copy_files(dir, copy);
    const auto after_death = open_sqlite_store(copy.database());
    CHECK(contents(*after_death) == contents(*it));
    CHECK(text(after_death->verify()).empty());
  }
}

TEST_CASE("a log that a full disk kept from being moved is read",
          "[journal][sqlite]") {
  const temp_dir dir;
  const temp_dir copy;
  const auto it = open_sqlite_store(dir.database());
  for (run_number n = 1; n <= 5; ++n)
    REQUIRE(commit(*it, make_run(n, 200)) == commit_status::done);
  copy_files(dir, copy);
  // The file's header has been moved, with the size that the file was to have.
  constexpr auto size_in_pages = 28;
  auto file = std::fstream{copy.database(),
                           std::ios::binary | std::ios::in | std::ios::out};
  file.seekp(size_in_pages).write("\0\0\x7f\xff", 4);
  file.close();
  const auto after = open_sqlite_store(copy.database());
  CHECK(contents(*after) == contents(*it));
  CHECK(text(after->verify()).empty());
}

TEST_CASE("a large body is stored once", "[journal][sqlite]") {
  const temp_dir dir;
  auto x = make_run(1, 20);
  for (auto& r : x.records)
    r.body = std::string(defaults::blob_threshold * 4, 'x');
  REQUIRE(commit(*open_sqlite_store(dir.database()), x) == commit_status::done);
  CHECK(fs::file_size(dir.database()) < 6 * defaults::blob_threshold);
}

TEST_CASE("a long log is moved into the database on the way",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database(), {.checkpoint_pages = 20});
  for (run_number n = 1; n <= 200; ++n)
    REQUIRE(commit(*it, make_run(n, 5)) == commit_status::done);
  CHECK(fs::file_size(dir.path() / "stanchion.db-wal")
        < std::uintmax_t{100} * 4'096);
  CHECK(it->last_run() == 200);
}

// -- more than one at a time --------------------------------------------------

TEST_CASE("stores that read see every commit of the one that writes",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto writer
    = open_sqlite_store(dir.database(), {.checkpoint_pages = 20});
  const auto first = open_to_read(dir);
  const auto second = open_to_read(dir);
  for (run_number n = 1; n <= 50; ++n) {
    REQUIRE(commit(*writer, make_run(n, 2)) == commit_status::done);
    REQUIRE(first->last_run() == n);
    REQUIRE(second->read(n, 0).size() == 2);
  }
  CHECK(text(first->verify()).empty());
  CHECK(contents(*second) == contents(*writer));
}

TEST_CASE("threads read whole commits while another writes",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database(), {.checkpoint_pages = 20});
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  const auto look = [&] {
    run_number last = 0;
    while (!done) {
      const auto now = it->last_run();
      if (now < last || (now > 0 && it->read(now, 0).size() != 3))
        ++torn;
      last = now;
    }
  };
  std::thread one{look};
  std::thread two{look};
  for (run_number n = 1; n <= 200; ++n)
    if (commit(*it, make_run(n, 3)) != commit_status::done)
      ++torn;
  done = true;
  one.join();
  two.join();
  CHECK(torn == 0);
}

TEST_CASE("a store that reads does not write", "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  const auto before = read_file(dir.database());
  {
    const auto it = open_to_read(dir);
    const auto x = make_run(3);
    CHECK(refused([&] { (void)commit(*it, x); }).code
          == error_code::store_read_only);
    CHECK(refused([&] { (void)it->reopen(); }).code
          == error_code::store_read_only);
    CHECK(it->problem().empty());
    CHECK(text(it->verify()).empty());
  }
  CHECK(read_file(dir.database()) == before);
}

TEST_CASE("a foreign program that holds the database delays, and harms nothing",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database(), {.busy_timeout = 1ms});
  {
    auto foreign = raw(dir.database());
    foreign.script("BEGIN IMMEDIATE");
    CHECK(commit(*it, make_run(1)) == commit_status::full);
    CHECK_THAT(it->problem(), ContainsSubstring("Another program"));
    CHECK(it->list_runs({}).empty());
  }
  CHECK(commit(*it, make_run(1)) == commit_status::done);
  CHECK(it->problem().empty());
}

// -- refusals -----------------------------------------------------------------

TEST_CASE("reading a journal that does not exist says so",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto said = refused([&] { (void)open_to_read(dir); });
  CHECK(said.code == error_code::store_io);
  CHECK_THAT(said.text, ContainsSubstring(dir.database().string()));
  CHECK(dir.names().empty());
}

TEST_CASE("a file that is no journal is refused and left alone",
          "[journal][sqlite]") {
  const auto read_only = GENERATE(false, true);
  const temp_dir dir;
  std::string bytes;
  SECTION("text") {
    bytes = "this is no database, but it is longer than a header of one, and "
            "it goes on for a while until it has more than a hundred bytes";
  }
  SECTION("a few bytes") {
    bytes = "hello";
  }
  SECTION("a header cut short") {
    bytes = std::string{"SQLite format 3\0", 16};
  }
  SECTION("zeros") {
    bytes = std::string(5'000, '\0');
  }
  SECTION("another program's database") {
    raw(dir.database()).script("CREATE TABLE mine(x)");
    bytes = read_file(dir.database());
  }
  write_file(dir.database(), bytes);
  const auto said = refused(
    [&] { (void)open_sqlite_store(dir.database(), {.read_only = read_only}); });
  CHECK(said.code == error_code::store_damaged);
  CHECK_THAT(said.text, ContainsSubstring("is not a Stanchion journal"));
  CHECK(read_file(dir.database()) == bytes);
}

TEST_CASE("an empty file becomes a journal once it is opened to write",
          "[journal][sqlite]") {
  const temp_dir dir;
  write_file(dir.database(), "");
  CHECK(refused([&] { (void)open_to_read(dir); }).code
        == error_code::store_read_only);
  CHECK(commit(*open_sqlite_store(dir.database()), make_run(1))
        == commit_status::done);
}

TEST_CASE("a journal whose maker died halfway is made anew",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto half = dir.database().string() + ".new";
  write_file(half, "half a datab");
  write_file(half + "-journal", "half a journal");
  CHECK(commit(*open_sqlite_store(dir.database()), make_run(1))
        == commit_status::done);
  CHECK_FALSE(fs::exists(half));
  CHECK_FALSE(fs::exists(half + "-journal"));
}

TEST_CASE("a log without its database is not thrown away",
          "[journal][sqlite]") {
  const temp_dir dir;
  const auto log = dir.database().string() + "-wal";
  write_file(log, "what was committed last");
  CHECK(refused([&] { (void)open_sqlite_store(dir.database()); }).code
        == error_code::store_damaged);
  CHECK(fs::file_size(log) == 23);
  CHECK_FALSE(fs::exists(dir.database()));
}

TEST_CASE("without permission the error names the path and the user",
          "[journal][sqlite]") {
  const temp_dir dir;
  SECTION("to make the journal") {
    ::chmod(dir.path().c_str(), 0555);
  }
  SECTION("to write it") {
    make_journal(dir);
    ::chmod(dir.database().c_str(), 0444);
  }
  SECTION("to write beside it") {
    make_journal(dir);
    ::chmod(dir.database().c_str(), 0666);
    ::chmod(dir.path().c_str(), 0555);
  }
  refusal said;
  {
    const as_nobody rights;
    said = refused([&] { (void)open_sqlite_store(dir.database()); });
  }
  ::chmod(dir.path().c_str(), 0755);
  CHECK(said.code == error_code::store_read_only);
  CHECK_THAT(said.text, ContainsSubstring(dir.path().string()));
  CHECK_THAT(said.text, ContainsSubstring("runs as user"));
}

TEST_CASE("a journal in a directory without write permission can be read",
          "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  const auto expected = contents(*open_to_read(dir));
  ::chmod(dir.database().c_str(), 0444);
  ::chmod(dir.path().c_str(), 0555);
  std::string seen;
  {
    const as_nobody rights;
    const auto it = open_to_read(dir);
    seen = contents(*it) + contents(*it);
  }
  ::chmod(dir.path().c_str(), 0755);
  CHECK(seen == expected + expected);
}

// -- a lost tail --------------------------------------------------------------

TEST_CASE("a journal that lost its tail is not opened for writing",
          "[journal][sqlite]") {
  const temp_dir dir;
  const temp_dir old;
  make_journal(dir);
  fs::copy(dir.database(), old.database());
  std::string expected = "the journal ends at record 5, but record 6 was";
  {
    const auto it = open_sqlite_store(dir.database());
    REQUIRE(commit(*it, make_run(3)) == commit_status::done);
    SECTION("the log was removed before it was moved") {
      fs::copy(dir.database(), old.database(),
               fs::copy_options::overwrite_existing);
    }
    SECTION("an older copy was put back") {
      // the one from before
    }
  }
  SECTION("the file was removed") {
    fs::remove(old.database());
    expected = "the journal ends at record 0, but record 6 was";
  }
  SECTION("another journal lies there") {
    fs::remove(old.database());
    auto x = make_run(9, 8);
    REQUIRE(commit(*open_sqlite_store(old.database()), x)
            == commit_status::done);
    expected = "record 6 is not the one that was acknowledged";
  }
  if (fs::exists(old.database()))
    fs::copy(old.database(), dir.database(),
             fs::copy_options::overwrite_existing);
  else
    fs::remove(dir.database());
  const auto open = [&] { (void)open_sqlite_store(dir.database()); };
  const auto said = refused(open);
  CHECK(said.code == error_code::store_damaged);
  CHECK_THAT(said.text, ContainsSubstring(expected));
  CHECK_THAT(said.text, ContainsSubstring("stanchion.hwm"));
  CHECK_THAT(text(open_to_read(dir)->verify()), ContainsSubstring(expected));
  // What the message offers to those who know what they do.
  fs::remove(dir.path() / "stanchion.hwm");
  CHECK(!refused(open).code);
}

TEST_CASE("a store does not go on over a high-water file that says nothing",
          "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  write_file(dir.path() / "stanchion.hwm", "nothing");
  CHECK(refused([&] { (void)open_sqlite_store(dir.database()); }).code
        == error_code::store_damaged);
  CHECK_THAT(text(open_to_read(dir)->verify()),
             ContainsSubstring("stanchion.hwm is damaged"));
}

TEST_CASE("reopening notices what was lost meanwhile", "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  const auto it = open_sqlite_store(dir.database());
  REQUIRE(it->reopen());
  SECTION("at the end") {
    raw(dir.database()).script("DELETE FROM records WHERE pos = 5");
  }
  SECTION("before the end") {
    raw(dir.database()).script("DELETE FROM records WHERE pos = 3");
  }
  SECTION("in a record") {
    raw(dir.database()).script("UPDATE records SET body = '1' WHERE pos = 4");
  }
  CHECK_FALSE(it->reopen());
  CHECK(!it->problem().empty());
  CHECK(commit(*it, make_run(3)) == commit_status::io_error);
}

// -- damage -------------------------------------------------------------------

TEST_CASE("verify and the reader of a damaged row agree", "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  const auto [change, damaged] = GENERATE(table<std::string, std::string>({
    {"UPDATE records SET body = '[]' WHERE pos = 2", "1: record 1 at position"},
    {"UPDATE records SET at = at + 1 WHERE pos = 2", "1: record 1 at position"},
    {"UPDATE records SET step = '' WHERE pos = 2", "1: record 1 at position"},
    {"UPDATE records SET kind = 7 WHERE pos = 2", "1: record 1 at position"},
    {"UPDATE records SET sum = sum + 1 WHERE pos = 2",
     "1: record 1 at position"},
    {"UPDATE records SET blob = x'00' WHERE pos = 2",
     "1: record 1 at position"},
    {"DELETE FROM records WHERE pos = 2",
     "0: records at position 2 are missing\n1: record 1 is missing"},
  }));
  raw(dir.database()).script(change);
  const auto it = open_sqlite_store(dir.database());
  CHECK_THAT(text(it->verify()), StartsWith(damaged));
  const auto said = refused([&] { (void)it->read(1, 0); });
  CHECK(said.code == error_code::store_damaged);
  CHECK_THAT(said.text, ContainsSubstring("run 1"));
  CHECK(it->read(2, 0).size() == 2);
  CHECK(commit(*it, make_run(3)) == commit_status::done);
}

TEST_CASE("a damaged run's row is shown as parked, and other rows as they are",
          "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  raw(dir.database()).script("UPDATE runs SET agent = 'other' WHERE num = 1");
  const auto it = open_to_read(dir);
  CHECK_THAT(text(it->verify()), StartsWith("1: the run's row fails"));
  CHECK(refused([&] { (void)it->find_run(1); }).code
        == error_code::store_damaged);
  std::vector<run_row> open;
  it->each_open_run([&](const run_row& x) { open.push_back(x); });
  REQUIRE(open.size() == 2);
  CHECK(open[0].number == 1);
  CHECK(open[0].state == run_state::parked);
  CHECK_THAT(open[0].waiting_for, ContainsSubstring("damaged"));
  CHECK(text(open[1]) == text(make_row(2)));
}

TEST_CASE("a damaged ticket is shown as one that nobody can decide",
          "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  raw(dir.database()).script("UPDATE tickets SET title = 'Pay?'");
  const auto it = open_to_read(dir);
  CHECK_THAT(text(it->verify()), StartsWith("1: ticket t fails"));
  CHECK(refused([&] { (void)it->find_ticket("t"); }).code
        == error_code::store_damaged);
  const auto xs = it->list_tickets({});
  REQUIRE(xs.size() == 1);
  CHECK(xs[0].reason == park_reason::store_damaged);
  CHECK(xs[0].options.empty());
}

TEST_CASE("a damaged fact is not taken for one", "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  raw(dir.database()).script("UPDATE facts SET text = 'txet'");
  const auto it = open_to_read(dir);
  CHECK_THAT(text(it->verify()), StartsWith("0: fact 'f' fails"));
  CHECK(refused([&] { (void)it->find_fact("f"); }).code
        == error_code::store_damaged);
}

TEST_CASE("a damaged or missing blob damages the runs that use it",
          "[journal][sqlite]") {
  const temp_dir dir;
  {
    const auto it = open_sqlite_store(dir.database());
    auto x = make_run(1, 2);
    x.records[1].body = std::string(defaults::blob_threshold * 2, 'x');
    REQUIRE(commit(*it, x) == commit_status::done);
  }
  const std::string change
    = GENERATE("UPDATE blobs SET bytes = x'00'", "DELETE FROM blobs",
               "UPDATE blobs SET hash = x'00'");
  raw(dir.database()).script(change);
  const auto it = open_to_read(dir);
  CHECK_THAT(text(it->verify()),
             ContainsSubstring("1: record 1 at position 2"));
  CHECK(refused([&] { (void)it->read(1, 0); }).code
        == error_code::store_damaged);
}

TEST_CASE("verify goes on past a page that cannot be read",
          "[journal][sqlite]") {
  const temp_dir dir;
  {
    const auto it = open_sqlite_store(dir.database());
    for (run_number n = 1; n <= 100; ++n)
      REQUIRE(commit(*it, make_run(n, 3)) == commit_status::done);
  }
  auto bytes = read_file(dir.database());
  const auto page
    = raw(dir.database())
        .integer("SELECT rootpage FROM sqlite_schema WHERE name = 'records'");
  bytes.replace(static_cast<std::size_t>(page - 1) * 4'096, 4'096, 4'096, 'x');
  write_file(dir.database(), bytes);
  const auto it = open_to_read(dir);
  const auto report = it->verify();
  CHECK(report.runs == 100);
  CHECK_THAT(text(report), ContainsSubstring("records cannot be read"));
  CHECK(refused([&] { (void)it->read(1, 0); }).code
        == error_code::store_damaged);
  CHECK(it->list_runs({}).size() == 50);
}

TEST_CASE("an index is read where the cost must not grow with finished runs",
          "[journal][sqlite]") {
  const temp_dir dir;
  make_journal(dir);
  raw(dir.database()).script("DROP INDEX runs_open");
  const auto it = open_to_read(dir);
  CHECK(refused([&] { it->each_open_run([](const run_row&) {}); }).code
        == error_code::store_damaged);
}

// -- pruning ------------------------------------------------------------------

namespace {

batch ended_run(run_number number, std::string body = "{}") {
  auto x = make_run(number, 3);
  x.runs[0].state = run_state::completed;
  x.records[1].body = std::move(body);
  x.records[2].kind = record_kind::completed;
  return x;
}

commit_status prune(store& in, std::vector<run_number> runs) {
  batch x;
  x.prunes = std::move(runs);
  return commit(in, x);
}

/// Two runs that are open, and one between them that has ended last of all.
void make_ended_last(store& in) {
  REQUIRE(commit(in, make_run(1)) == commit_status::done);
  REQUIRE(commit(in, make_run(3)) == commit_status::done);
  REQUIRE(commit(in, ended_run(2)) == commit_status::done);
}

} // namespace

TEST_CASE("a journal whose last record was pruned opens and goes on",
          "[journal][sqlite][prune]") {
  const temp_dir dir;
  {
    const auto it = open_sqlite_store(dir.database());
    make_ended_last(*it);
    REQUIRE(prune(*it, {2}) == commit_status::done);
    CHECK(text(it->verify()).empty());
  }
  const auto it = open_sqlite_store(dir.database());
  CHECK(text(it->verify()).empty());
  auto more = batch{};
  more.records = {make_record(3, 1)};
  REQUIRE(commit(*it, more) == commit_status::done);
  CHECK(raw(dir.database()).integer("SELECT max(pos) FROM records") == 6);
  CHECK(text(it->verify()).empty());
}

TEST_CASE("after a prune a lost record is still found",
          "[journal][sqlite][prune]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database());
  REQUIRE(commit(*it, ended_run(1)) == commit_status::done);
  REQUIRE(commit(*it, make_run(2, 3)) == commit_status::done);
  REQUIRE(prune(*it, {1}) == commit_status::done);
  REQUIRE(text(it->verify()).empty());
  auto says = std::string{};
  SECTION("one beside those that were pruned") {
    raw(dir.database()).script("DELETE FROM records WHERE pos = 4");
    says = "records at position 4 are missing";
  }
  SECTION("one of those that were pruned is there again") {
    raw(dir.database())
      .script("INSERT INTO records SELECT 2, 9, 0, kind, at, step, body, blob, "
              "sum FROM records WHERE pos = 4");
    says = "was pruned, and is there";
  }
  SECTION("what says that they were pruned") {
    raw(dir.database()).script("DELETE FROM facts WHERE key LIKE 'pruned/%'");
    says = "records at position 1 to 3 are missing";
  }
  CHECK_THAT(text(it->verify()), ContainsSubstring(says));
}

TEST_CASE("a journal that ends before its mark is refused after a prune, too",
          "[journal][sqlite][prune]") {
  const temp_dir dir;
  {
    const auto it = open_sqlite_store(dir.database());
    make_ended_last(*it);
    REQUIRE(prune(*it, {2}) == commit_status::done);
    auto more = batch{};
    more.records = {make_record(3, 1)};
    REQUIRE(commit(*it, more) == commit_status::done);
  }
  raw(dir.database()).script("DELETE FROM records WHERE pos = 6");
  CHECK(refused([&] { (void)open_sqlite_store(dir.database()); }).code
        == error_code::store_damaged);
}

TEST_CASE("what pruned runs alone had is left over, and then swept",
          "[journal][sqlite][prune]") {
  const temp_dir dir;
  const auto it = open_sqlite_store(dir.database());
  const auto own = std::string(defaults::blob_threshold + 1, 'a');
  const auto shared = std::string(defaults::blob_threshold + 1, 'b');
  REQUIRE(commit(*it, ended_run(1, own)) == commit_status::done);
  REQUIRE(commit(*it, ended_run(2, shared)) == commit_status::done);
  REQUIRE(commit(*it, ended_run(3, shared)) == commit_status::done);
  CHECK(it->find_leftovers(9).names.empty());
  REQUIRE(prune(*it, {1, 2}) == commit_status::done);
  auto x = batch{};
  x.swept = it->find_leftovers(9);
  REQUIRE(x.swept.names.size() == 1);
  SECTION("nobody needs it") {
    REQUIRE(commit(*it, x) == commit_status::done);
    CHECK(raw(dir.database()).integer("SELECT count(*) FROM blobs") == 1);
  }
  SECTION("a run needs it again meanwhile") {
    REQUIRE(commit(*it, ended_run(4, own)) == commit_status::done);
    REQUIRE(commit(*it, x) == commit_status::done);
    CHECK(it->read(4, 0).at(1).body == own);
  }
  CHECK(it->read(3, 0).at(1).body == shared);
  CHECK(text(it->verify()).empty());
}
