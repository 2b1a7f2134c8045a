// Every byte of a small journal is changed, one at a time.
#include "actors/journal/journal_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>

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

} // namespace

TEST_CASE("no changed byte changes what a journal says unnoticed",
          "[journal][sqlite][damage]") {
  const auto flip = GENERATE(0x01, 0x80, 0xff);
  const temp_dir dir;
  make_journal(dir);
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
  for (std::size_t i = 0; i < whole.size(); ++i) {
    put(i, whole[i] ^ flip);
    const auto result = use(dir.database(), expected);
    if (result == fate::wrong)
      wrong.push_back(i);
    noticed += result == fate::the_same ? 0 : 1;
    put(i, whole[i]);
  }
  CHECK(wrong.empty());
  CHECK(noticed > whole.size() / 4);
  CHECK(read_file(dir.database()) == whole);
}

TEST_CASE("a journal that lost its end is refused or reported",
          "[journal][sqlite][damage]") {
  const temp_dir dir;
  make_journal(dir);
  const auto whole = read_file(dir.database());
  for (std::size_t size = 1; size < whole.size(); size += page_size / 4) {
    write_file(dir.database(), whole.substr(0, size));
    INFO("cut at " << size);
    const auto result = use(dir.database(), {});
    CHECK((result == fate::refused || result == fate::reported));
  }
}
