#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/cli/doctor.hpp>

#include <algorithm>
#include <fstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

finding seen(const data_dir& dir, const std::string& name) {
  const auto all = examine(dir);
  const auto found = std::find_if(
    all.begin(), all.end(), [&](const finding& x) { return x.name == name; });
  REQUIRE(found != all.end());
  return *found;
}

} // namespace

TEST_CASE("free space is worth what is left", "[cli][doctor]") {
  const auto [mib, state] = GENERATE(table<std::uint64_t, health>({
    {0, health::fail},
    {63, health::fail},
    {64, health::warn},
    {1'023, health::warn},
    {1'024, health::ok},
  }));
  const auto x = judge_space(mib << 20U);
  CHECK(x.state == state);
  CHECK(x.fix.empty() == (state == health::ok));
}

TEST_CASE("a data directory is for its user alone", "[cli][doctor]") {
  const auto [mode, writable, state] = GENERATE(table<unsigned, bool, health>({
    {0700, true, health::ok},
    {0750, true, health::warn},
    {0701, true, health::warn},
    {0700, false, health::fail},
  }));
  CHECK(judge_access(data_dir{"d"}, mode, writable).state == state);
}

TEST_CASE("a channel that does not deliver is seen", "[cli][doctor]") {
  const auto now = instant{1'000'000s};
  const auto well = channel_state{.name = "ops", .waiting = 2, .oldest = now};
  CHECK(judge_channel(well, now).state == health::ok);
  CHECK(judge_channel(well, now + 1h).state == health::warn);
  auto fails = well;
  fails.failing_since = now;
  fails.why = "HTTP 500";
  CHECK(judge_channel(fails, now).state == health::warn);
  CHECK_THAT(judge_channel(fails, now).text, ContainsSubstring("HTTP 500"));
  auto gave_up = channel_state{.name = "ops", .why = "HTTP 410", .given_up = 3};
  gave_up.last_given_up = now;
  CHECK(judge_channel(gave_up, now + 1h).state == health::warn);
  CHECK_THAT(judge_channel(gave_up, now + 1h).fix,
             ContainsSubstring("audit --by notifier"));
  CHECK(judge_channel(gave_up, now + 8 * 24h).state == health::ok);
}

TEST_CASE("a clock behind the journal is wrong", "[cli][doctor]") {
  const auto now = instant{1'000'000s};
  const auto [newest, synchronised, state]
    = GENERATE_COPY(table<instant, bool, health>({
      {now, true, health::ok},
      {now + 1s, true, health::ok},
      {now + 1min, true, health::fail},
      {now, false, health::warn},
      {now + 1min, false, health::fail},
    }));
  CHECK(judge_clock(now, newest, synchronised).state == state);
}

TEST_CASE("a directory that is not there yet is well", "[cli][doctor]") {
  const auto parent = temporary_dir{};
  const auto dir = data_dir{parent.path() / "x" / "y"};
  for (const auto& x : examine(dir))
    if (x.name != "clock" && x.name != "free space") {
      CAPTURE(x.name, x.text);
      CHECK(x.state == health::ok);
    }
  CHECK_FALSE(exists(dir.root()));
}

TEST_CASE("the owner is named, alive or dead", "[cli][doctor]") {
  const auto parent = temporary_dir{};
  const auto dir = data_dir{parent.path()};
  {
    const auto lock = data_dir_lock{dir, lock_purpose::drive};
    const auto x = seen(dir, "owner");
    CHECK(x.state == health::warn); // it does not answer
    CHECK_THAT(x.text, ContainsSubstring("holds the lock"));
  }
  CHECK_THAT(seen(dir, "owner").text, ContainsSubstring("died"));
  auto lock = data_dir_lock{dir, lock_purpose::drive};
  lock.mark_clean();
}

TEST_CASE("a damaged journal and last words are found", "[cli][doctor]") {
  const auto parent = temporary_dir{};
  const auto dir = data_dir{parent.path()};
  static_cast<void>(open_sqlite_store(dir.database()));
  CHECK(seen(dir, "journal").state == health::ok);
  CHECK(seen(dir, "last words").state == health::ok);
  std::ofstream{dir.database()} << "garbage";
  std::ofstream{dir.failed()} << "{}";
  CHECK(seen(dir, "journal").state == health::fail);
  CHECK(seen(dir, "last words").state == health::warn);
}
