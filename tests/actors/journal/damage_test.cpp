// Every byte of a small journal is changed, one at a time.
#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace stanchion;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t page_size = 512;

/// All kinds of rows, on as few pages as will hold them.
void make_journal(const temp_dir& dir) {
  const auto it = open_sqlite_store(dir.database(), {.page_size = page_size});
  auto x = make_run(1, 2);
  x.runs[0].key = "k";
  x.runs[0].next_at = from_micros(7);
  x.tickets = {make_ticket("t", 1)};
  x.facts = {{"f", "text"}};
  x.tickets[0].terms = {.digest = "ab", .needed = 2};
  x.audits = {{.at = from_micros(5),
               .by = "ann",
               .act = "mode.set",
               .subject = "refund",
               .reason = "tests",
               .before = "1",
               .after = "2"}};
  auto y = make_run(2, 2);
  y.records[1].kind = record_kind::completed;
  y.runs[0].state = run_state::completed;
  y.runs[0].parent = 1;
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, y) == commit_status::done);
}

/// All that the store says, also by its indexes.
std::string answers(store& from) {
  auto result = contents(from) + from.find_fact("f");
  result += text(from.find_run(make_row(1).id));
  result += text(from.find_run("refund", "k"));
  result += text(from.list_runs({.parent = 1}));
  result += text(from.find_ticket("t"));
  result += text(from.list_tickets({.states = {ticket_state::open}}));
  for (const auto& x : from.list_audits({.subject = "refund"}))
    result += nlohmann::json(x).dump();
  return result + text(from.list_tickets({.run = 1}));
}

/// What happened when a changed journal was used.
enum class fate { refused, reported, the_same, wrong };

fate use(const fs::path& path, const std::string& expected) try {
  const auto it = open_sqlite_store(path, {.read_only = true});
  if (!it->verify().damages.empty())
    return fate::reported;
  return answers(*it) == expected ? fate::the_same : fate::wrong;
} catch (const error&) {
  return fate::refused;
}

/// Bytes of `bytes` from `first` on, every `stride`th up to `last`.
struct places {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t stride = 1;
};

/// Changes one byte after the other. Returns the places where the journal then
/// says something else, and nobody is told.
std::vector<std::size_t> unnoticed(const temp_dir& dir, int flip,
                                   const places& where) {
  const auto whole = read_file(dir.database());
  const auto expected
    = answers(*open_sqlite_store(dir.database(), {.read_only = true}));
  std::fstream file{dir.database(),
                    std::ios::binary | std::ios::in | std::ios::out};
  const auto put = [&](std::size_t at, int byte) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte)).flush();
  };
  std::size_t noticed = 0;
  std::vector<std::size_t> wrong;
  const auto last = std::min(where.last, whole.size());
  for (auto i = where.first; i < last; i += where.stride) {
    put(i, whole[i] ^ flip);
    const auto result = use(dir.database(), expected);
    put(i, whole[i]);
    if (result == fate::wrong)
      wrong.push_back(i);
    noticed += result == fate::the_same ? 0 : 1;
  }
  CHECK(noticed > 20);
  CHECK(read_file(dir.database()) == whole);
  return wrong;
}

/// The page that holds the rows of the table `name`.
places page_of(const temp_dir& dir, const std::string& name) {
  sqlite::connection db{dir.database(), sqlite::access::frozen,
                        std::chrono::seconds{1}};
  const auto page = static_cast<std::size_t>(db.integer(
    "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'"));
  return {(page - 1) * page_size, page * page_size, 1};
}

} // namespace

TEST_CASE("no changed byte in a page of rows goes unnoticed",
          "[journal][sqlite][damage]") {
  const auto [name, stride] = GENERATE(table<std::string, std::size_t>({
    {"records", 1},
    {"runs", 4},
    {"tickets", 4},
    {"audits", 1},
  }));
  const temp_dir dir;
  make_journal(dir);
  auto where = page_of(dir, name);
  where.stride = stride;
  CHECK(unnoticed(dir, 0x01, where).empty());
}

TEST_CASE("no changed byte elsewhere goes unnoticed: every 29th",
          "[journal][sqlite][damage]") {
  const auto [flip, first] = GENERATE(table<int, std::size_t>({
    {0x01, 0},
    {0x80, 9},
    {0xff, 19},
  }));
  const temp_dir dir;
  make_journal(dir);
  const places where{first, fs::file_size(dir.database()), 29};
  CHECK(unnoticed(dir, flip, where).empty());
}

TEST_CASE("no changed byte goes unnoticed: all of them, in every bit",
          "[.][long][journal][sqlite][damage]") {
  const auto flip = GENERATE(0xff, 0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1);
  const temp_dir dir;
  make_journal(dir);
  const places where{0, fs::file_size(dir.database()), 1};
  CHECK(unnoticed(dir, flip, where).empty());
}

TEST_CASE("rows that went back to what they were, checksums and all, are found",
          "[journal][sqlite][damage]") {
  const std::string table
    = GENERATE("runs", "tickets", "facts", "audits", "totals");
  const temp_dir dir;
  const temp_dir older;
  make_journal(dir);
  fs::copy(dir.database(), older.database());
  batch x;
  x.runs = {make_row(1, run_state::waiting)};
  x.runs[0].key = "k";
  x.tickets = {make_ticket("t", 1)};
  x.tickets[0].title = "Pay back 800 cents?";
  x.facts = {{"f", "another"}};
  x.audits = {{.by = "bob", .act = "mode.set", .subject = "refund"}};
  REQUIRE(commit(*open_sqlite_store(dir.database()), x) == commit_status::done);
  REQUIRE(text(open_sqlite_store(dir.database())->verify()).empty());
  {
    sqlite::connection db{dir.database(), sqlite::access::write,
                          std::chrono::seconds{1}};
    db.script("ATTACH '" + older.database().string()
              + "' AS older; DELETE FROM " + table + "; INSERT INTO " + table
              + " SELECT * FROM older." + table);
  }
  const auto found = text(open_sqlite_store(dir.database())->verify());
  for (const auto* each : {"runs", "tickets", "facts", "audits"}) {
    INFO(each);
    CHECK((found.find("the rows of '" + std::string{each} + "'")
           != std::string::npos)
          == (table == each || table == "totals"));
  }
}

TEST_CASE("a journal that lost its end is refused or reported, unless nothing "
          "stood there",
          "[journal][sqlite][damage]") {
  const temp_dir dir;
  make_journal(dir);
  const auto expected
    = answers(*open_sqlite_store(dir.database(), {.read_only = true}));
  const auto whole = read_file(dir.database());
  const auto end_of_content = whole.find_last_not_of('\0');
  for (std::size_t size = 1; size < whole.size(); size += page_size / 4) {
    write_file(dir.database(), whole.substr(0, size));
    INFO("cut at " << size);
    const auto result = use(dir.database(), expected);
    if (size <= end_of_content)
      CHECK((result == fate::refused || result == fate::reported));
    else
      CHECK(result != fate::wrong);
  }
}
