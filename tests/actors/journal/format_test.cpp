#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/format.hpp>
#include <stanchion/actors/journal/sqlite_writer.hpp>

using namespace stanchion;

namespace fs = std::filesystem;

namespace {

using migration_list = std::vector<sqlite::migration>;

/// This program's migrations and, for the test, those of a next one.
migration_list with(const std::string& next) {
  const auto known = sqlite::migrations();
  migration_list result{known.begin(), known.end()};
  result.push_back({next});
  return result;
}

const std::string harmless = "CREATE TABLE extra(x); INSERT INTO extra "
                             "SELECT count(*) FROM records";

fs::path mark(const temp_dir& dir) {
  return dir.path() / "stanchion.hwm";
}

void write_as(const temp_dir& dir, const migration_list& list) {
  const sqlite::writer it{dir.database(), mark(dir), {}, list};
}

void make_journal(const temp_dir& dir) {
  REQUIRE(commit(*open_sqlite_store(dir.database()), make_run(1, 3))
          == commit_status::done);
}

std::vector<std::string> backups(const temp_dir& dir) {
  auto names = dir.names();
  std::erase_if(names, [](const std::string& name) {
    return name.find(".backup-") == std::string::npos;
  });
  return names;
}

std::int64_t ask(const fs::path& path, const std::string& sql) {
  sqlite::connection db{path, sqlite::access::frozen, std::chrono::seconds{1}};
  return db.integer(sql);
}

/// What takes a journal back to format 3.
const std::string without_4 = "DROP TABLE totals; "
                              "DROP INDEX tickets_past; "
                              "DROP INDEX runs_by_agent; "
                              "DROP INDEX runs_by_state; "
                              "CREATE INDEX tickets_open ON tickets(num) "
                              "WHERE state = 1; "
                              "UPDATE meta SET number = 3; "
                              "PRAGMA user_version = 3;";
/// From there to format 2.
const std::string without_3 = "DROP INDEX tickets_asked; "
                              "ALTER TABLE tickets DROP COLUMN assignee; "
                              "ALTER TABLE tickets DROP COLUMN tool; "
                              "ALTER TABLE tickets DROP COLUMN agent; "
                              "UPDATE meta SET number = 2; "
                              "PRAGMA user_version = 2;";

void take_back(const temp_dir& dir, const std::string& sql) {
  sqlite::connection db{dir.database(), sqlite::access::write,
                        std::chrono::seconds{1}};
  db.script(sql);
}

} // namespace

TEST_CASE("an empty database becomes one of the current format, unsaved",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  CHECK(ask(dir.database(), "PRAGMA user_version")
        == static_cast<std::int64_t>(sqlite::migrations().size()));
  CHECK(backups(dir).empty());
}

TEST_CASE("an older format is saved, then migrated", "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  const auto old_format = ask(dir.database(), "PRAGMA user_version");
  const auto before = contents(*open_sqlite_store(dir.database()));
  write_as(dir, with(harmless));
  CHECK(ask(dir.database(), "PRAGMA user_version") == old_format + 1);
  CHECK(ask(dir.database(), "SELECT x FROM extra") == 3);
  const auto saved = backups(dir);
  REQUIRE(saved.size() == 1);
  CHECK_THAT(saved[0], StartsWith("stanchion.db.backup-v"
                                  + std::to_string(old_format) + "-2"));
  SECTION("and the copy is a whole journal of the older format") {
    const temp_dir other;
    fs::copy(dir.path() / saved[0], other.database());
    const auto it = open_sqlite_store(other.database());
    CHECK(contents(*it) == before);
    CHECK(text(it->verify()).empty());
  }
  SECTION("and only once") {
    write_as(dir, with(harmless));
    CHECK(backups(dir).size() == 1);
  }
}

TEST_CASE("tickets of format 1 are sound in format 2, and have no terms",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  auto x = batch{};
  x.tickets = {make_ticket("open", 1), make_ticket("tree", 0)};
  REQUIRE(commit(*open_sqlite_store(dir.database()), x) == commit_status::done);
  const auto before = contents(*open_sqlite_store(dir.database()));
  take_back(dir, without_4 + without_3
                   + "ALTER TABLE tickets DROP COLUMN terms; "
                     "DROP TABLE audits; UPDATE meta SET number = 1; "
                     "PRAGMA user_version = 1");
  const auto it = open_sqlite_store(dir.database());
  CHECK(contents(*it) == before);
  CHECK(text(it->verify()).empty());
  CHECK(it->list_audits({}).empty());
}

TEST_CASE("tickets of format 2 are found by what they are about in format 3",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  auto x = batch{};
  x.tickets = {make_ticket("one", 1), make_ticket("two", 1)};
  x.tickets[1].context = R"({"agent":"pay"})";
  x.tickets[1].terms.assignee = "ann";
  REQUIRE(commit(*open_sqlite_store(dir.database()), x) == commit_status::done);
  take_back(dir, without_4 + without_3);
  const auto it = open_sqlite_store(dir.database());
  CHECK(text(it->verify()).empty());
  const auto found = it->list_tickets(
    {.states = {ticket_state::open}, .agent = "pay", .assignee = "ann"});
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "two");
}

TEST_CASE("the rows of format 3 are added up in format 4",
          "[journal][format]") {
  const temp_dir dir;
  for (run_number n = 1; n <= 40; ++n) {
    auto x = make_run(n, 2);
    x.tickets = {make_ticket("t" + std::to_string(n), n)};
    x.facts = {{"f" + std::to_string(n), "text"}};
    x.audits = {{.by = "ann", .act = "mode.set", .subject = "refund"}};
    REQUIRE(commit(*open_sqlite_store(dir.database()), x)
            == commit_status::done);
  }
  take_back(dir, without_4);
  const auto it = open_sqlite_store(dir.database());
  CHECK(text(it->verify()).empty());
  CHECK(ask(dir.database(), "SELECT records FROM totals") == 80);
}

TEST_CASE("runs and past tickets of format 3 are found in format 4",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  auto x = batch{};
  x.tickets = {make_ticket("open", 1), make_ticket("past", 1)};
  x.tickets[1].state = ticket_state::withdrawn;
  REQUIRE(commit(*open_sqlite_store(dir.database()), x) == commit_status::done);
  const auto before = contents(*open_sqlite_store(dir.database()));
  take_back(dir, without_4);
  const auto it = open_sqlite_store(dir.database());
  CHECK(contents(*it) == before);
  CHECK(text(it->verify()).empty());
  const auto row = it->find_run(1);
  REQUIRE(row);
  CHECK(it->list_runs({.states = {row->state}, .agent = row->agent}).size()
        == 1);
  const auto found = it->list_tickets({.states = {ticket_state::withdrawn}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "past");
}

TEST_CASE("a migration that fails leaves the older format, saved and usable",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  CHECK_THROWS_AS(write_as(dir, with("CREATE TABLE extra(x); nonsense")),
                  sqlite::problem);
  CHECK(backups(dir).size() == 1);
  const auto it = open_sqlite_store(dir.database());
  CHECK(it->read(1, 0).size() == 3);
  CHECK(text(it->verify()).empty());
  CHECK(ask(dir.database(),
            "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'")
        == 0);
}

TEST_CASE("a newer format is refused and its files stay as they are",
          "[journal][format]") {
  const auto read_only = GENERATE(false, true);
  const auto known = sqlite::migrations().size();
  const temp_dir dir;
  make_journal(dir);
  write_as(dir, with(harmless));
  SECTION("closed") {
    // as it is
  }
  SECTION("with its number in the log only") {
    const temp_dir copy;
    {
      sqlite::connection db{dir.database(), sqlite::access::write,
                            std::chrono::seconds{1}};
      const auto named = [](std::size_t n) {
        return "UPDATE meta SET number = " + std::to_string(n)
               + "; PRAGMA user_version = " + std::to_string(n);
      };
      db.script(named(known));
      REQUIRE(db.checkpoint(true));
      db.script(named(known + 1));
      copy_files(dir, copy);
    }
    copy_files(copy, dir);
    REQUIRE(fs::file_size(dir.path() / "stanchion.db-wal") > 0);
  }
  const auto log = dir.path() / "stanchion.db-wal";
  const auto before = read_file(dir.database()) + read_file(log);
  const auto said = refused(
    [&] { (void)open_sqlite_store(dir.database(), {.read_only = read_only}); });
  CHECK(said.code == error_code::store_newer);
  CHECK_THAT(said.text,
             ContainsSubstring("has format " + std::to_string(known + 1)));
  CHECK_THAT(said.text,
             ContainsSubstring("formats up to " + std::to_string(known)));
  CHECK(read_file(dir.database()) + read_file(log) == before);
}

TEST_CASE("a journal that contradicts itself about its format is refused",
          "[journal][format]") {
  const temp_dir dir;
  make_journal(dir);
  const std::string change = GENERATE(
    "PRAGMA user_version = 0", "UPDATE meta SET number = 9", "DELETE FROM meta",
    "PRAGMA application_id = 7", "PRAGMA user_version = -1");
  {
    sqlite::connection db{dir.database(), sqlite::access::write,
                          std::chrono::seconds{1}};
    db.script(change);
  }
  CHECK(refused([&] { (void)open_sqlite_store(dir.database()); }).code
        == error_code::store_damaged);
}
