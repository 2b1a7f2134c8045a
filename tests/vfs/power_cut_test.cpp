// Power is cut at every moment of a journal's life.
#include "vfs/power_cut.hpp"

#include "support/catch.hpp"
#include "vfs/reference_work.hpp"

#include <algorithm>
#include <functional>

using namespace stanchion;

namespace {

using what = disk_event::what;
using file_map = std::map<std::string, std::string>;

/// What was done to the disk in a life without trouble.
const std::vector<disk_event>& reference_events() {
  static const auto events = [] {
    const temp_dir dir;
    disk on;
    on.note();
    do_reference_work(dir.path(), on);
    return on.events();
  }();
  return events;
}

/// Calls `each` with the disk as it is before each event, and at the end.
void at_every_moment(
  const std::vector<disk_event>& events,
  const std::function<void(const power_cut&, std::size_t)>& each) {
  power_cut cut;
  for (std::size_t i = 0; i < events.size(); ++i) {
    each(cut, i);
    cut.add(events[i]);
  }
  each(cut, events.size());
}

/// Moments at which everything is tried, and not only one fate in turn.
bool is_rare(const std::vector<disk_event>& events, std::size_t i) {
  return i >= events.size()
         || (events[i].kind != what::wrote && events[i].kind != what::beside);
}

/// Of `acknowledged` commits and perhaps the one that was under way: returns
/// how many there are, and requires that all is well with them.
std::size_t require_survived(store& in, std::uint64_t acknowledged) {
  REQUIRE(text(in.verify()).empty());
  const auto count = commits_in(in);
  REQUIRE((count == acknowledged || count == acknowledged + 1));
  return count;
}

/// Starts again on what the disk holds, and goes on from there.
void require_goes_on(const file_map& files, std::uint64_t acknowledged) {
  const temp_dir dir;
  write_files(dir.path(), files);
  const auto it = open_sqlite_store(dir.database(), small_journal());
  const auto count = require_survived(*it, acknowledged);
  if (count == reference_commits().size())
    return;
  REQUIRE(commit_reference(*it, count) == commit_status::done);
  REQUIRE(commits_in(*it) == count + 1);
}

/// Starts again on what the disk holds, and notes what that does to the disk.
std::vector<disk_event> events_of_recovery(const file_map& files,
                                           std::uint64_t acknowledged) {
  const temp_dir dir;
  write_files(dir.path(), files);
  disk on;
  on.note();
  // What lies there already is durable.
  for (const auto& [name, bytes] : files)
    if (!name.ends_with("-shm"))
      on.note({.kind = name.ends_with(".hwm") ? what::beside : what::found,
               .file = name,
               .bytes = bytes});
  on.note({.kind = what::committed, .at = acknowledged});
  {
    const auto it = open_sqlite_store(dir.database(), small_journal());
    note_high_water(dir.path(), on);
    auto count = require_survived(*it, acknowledged);
    on.note({.kind = what::committed, .at = count});
    if (count < reference_commits().size())
      REQUIRE(commit_reference(*it, count++) == commit_status::done);
    note_high_water(dir.path(), on);
    on.note({.kind = what::committed, .at = count});
  }
  return on.events();
}

/// What came of a journal that damage has been done to.
enum class end {
  whole,
  refused,
  reported,
  wrong,
};

/// The commits that the high-water file stands for: those without records, of
/// which a dishonest disk may lose the last, do not move it.
std::uint64_t marked(std::uint64_t acknowledged) {
  const auto has_records = [](const batch& x) { return !x.records.empty(); };
  while (
    acknowledged > 0
    && std::ranges::none_of(reference_commits()[acknowledged - 1], has_records))
    --acknowledged;
  return acknowledged;
}

end use(const file_map& files, std::uint64_t acknowledged) try {
  const temp_dir dir;
  write_files(dir.path(), files);
  const auto it = open_sqlite_store(dir.database(), small_journal());
  if (!it->verify().damages.empty())
    return end::reported;
  const auto count = commits_in(*it);
  return count >= marked(acknowledged) && count <= acknowledged + 1
           ? end::whole
           : end::wrong;
} catch (const error& e) {
  INFO(e.what());
  CHECK(std::string{e.what()}.find("stanchion.") != std::string::npos);
  return end::refused;
}

/// Power cuts at every moment of the reference work.
void cut_power(std::uint64_t seeds, bool every_fate) {
  const auto& events = reference_events();
  at_every_moment(events, [&](const power_cut& cut, std::size_t i) {
    const auto& fates = sector_fates();
    const auto all = every_fate || is_rare(events, i);
    for (std::size_t k = 0; k < (all ? fates.size() : 1); ++k)
      for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto fate = fates[(i + k) % fates.size()];
        INFO("before event " << i << ", " << to_string(fate) << ", seed "
                             << seed);
        require_goes_on(cut.files(fate, i + seed * 100'000), cut.committed());
      }
  });
}

/// A second cut, at every moment of the recovery from a first one.
void cut_power_twice(std::size_t every) {
  const auto& events = reference_events();
  at_every_moment(events, [&](const power_cut& first, std::size_t i) {
    if (i % every != 0)
      return;
    const auto fate = sector_fates()[i / every % sector_fates().size()];
    INFO("first before event " << i << ", " << to_string(fate));
    const auto again
      = events_of_recovery(first.files(fate, i), first.committed());
    at_every_moment(again, [&](const power_cut& second, std::size_t k) {
      if (k > 0 && !is_rare(again, k) && (i + k) % 7 != 0)
        return;
      if (second.committed() < first.committed())
        return; // not yet told what lies there
      const auto how = sector_fates()[(i + k) % sector_fates().size()];
      INFO("then before event " << k << ", " << to_string(how));
      require_goes_on(second.files(how, i + k), second.committed());
    });
  });
}

/// At every moment, disks that lost some of what was synced last.
void lie_about_syncs(std::uint64_t seeds) {
  std::map<end, std::size_t> ends;
  at_every_moment(reference_events(), [&](const power_cut& cut, std::size_t i) {
    for (std::uint64_t seed = 0; cut.committed() > 0 && seed < seeds; ++seed) {
      const auto files = cut.files_of_a_liar(1 + i % 40, i + seed * 100'000);
      const auto came = use(files, cut.committed());
      INFO("before event " << i << ", seed " << seed);
      CHECK(came != end::wrong);
      ++ends[came];
    }
  });
  CHECK(ends[end::whole] > 10);
  CHECK(ends[end::refused] > 10);
  CHECK(ends[end::reported] > 10);
}

} // namespace

TEST_CASE("the reference work leaves what a store without a disk would have",
          "[vfs]") {
  const auto& events = reference_events();
  std::map<what, std::size_t> count;
  for (const auto& x : events)
    ++count[x.kind];
  CHECK(count[what::wrote] > 300);
  CHECK(count[what::synced] > 20);
  CHECK(count[what::removed] >= 2);
  CHECK(count[what::committed] == reference_commits().size());
  power_cut at_the_end;
  for (const auto& x : events)
    at_the_end.add(x);
  require_goes_on(at_the_end.files(sector_fate::lost, 1),
                  reference_commits().size());
}

TEST_CASE("what was acknowledged survives a power cut at any moment", "[vfs]") {
  cut_power(1, false);
}

TEST_CASE("what was acknowledged survives a power cut: 40 disks a moment",
          "[.][long][vfs]") {
  cut_power(8, true);
}

TEST_CASE("a power cut while a journal recovers from one loses nothing",
          "[vfs]") {
  cut_power_twice(41);
}

TEST_CASE("a power cut while a journal recovers from one: more of them",
          "[.][long][vfs]") {
  cut_power_twice(3);
}

TEST_CASE("a disk that only said that it had synced is found out", "[vfs]") {
  lie_about_syncs(2);
}

TEST_CASE("a disk that only said that it had synced: 50 disks a moment",
          "[.][long][vfs]") {
  lie_about_syncs(50);
}
