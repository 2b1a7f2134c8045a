#include "vfs/reference_work.hpp"

#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>

namespace stanchion::test {

namespace {

constexpr auto high_water_name = "stanchion.hwm";

batch ended(run_number number, std::uint32_t seq) {
  batch x;
  x.runs = {make_row(number, run_state::completed)};
  x.records = {make_record(number, seq)};
  x.records[0].kind = record_kind::completed;
  return x;
}

batch with_ticket(batch x, ticket t) {
  x.tickets.push_back(std::move(t));
  return x;
}

ticket decided(ticket t) {
  t.state = ticket_state::decided;
  t.decided = decision{.verb = verb::retry,
                       .by = "somebody",
                       .at = from_micros(1'700'000'000'000'003)};
  return t;
}

batch of_blob(run_number number) {
  auto x = make_run(number, 2);
  x.records[1].body = std::string(defaults::blob_threshold + 1, 'x');
  return x;
}

std::string name_of_blob(const std::string& body) {
  const auto hash = sha256(body);
  return {hash.bytes.begin(), hash.bytes.end()};
}

/// Runs that are open stay.
batch pruned(std::vector<run_number> runs) {
  batch x;
  x.prunes = std::move(runs);
  return x;
}

std::vector<std::vector<batch>> make_commits() {
  std::vector<std::vector<batch>> all;
  all.push_back({wide_run(1)});
  all.push_back({with_ticket(make_run(2, 2), make_ticket("t", 2))});
  all.back()[0].facts = {{"f", "a"}};
  all.push_back({wide_run(3), make_run(4, 5)});
  all.push_back({ended(1, 3)});
  all.push_back({with_ticket({}, decided(make_ticket("t", 2)))});
  all.back()[0].facts = {{"f", std::string(700, 'b')}};
  all.push_back({wide_run(5), ended(3, 3)});
  all.push_back({of_blob(6)});
  all.push_back({wide_run(7), ended(4, 5), make_run(8, 4)});
  all.push_back({{}});
  all.back()[0].facts = {{"f", ""}};
  all.push_back({wide_run(9), ended(7, 3)});
  all.push_back({ended(6, 2)});
  // With the run whose record is the last of all.
  all.push_back({pruned({1, 3, 7, 6}), pruned({8})});
  all.push_back({{}});
  all.back()[0].facts = {{"f", "c"}};
  all.back()[0].swept.names = {name_of_blob(of_blob(6).records[1].body)};
  all.push_back({wide_run(10), pruned({4})});
  return all;
}

std::vector<std::string> make_answers() {
  memory_store from;
  std::vector<std::string> result{answers(from)};
  for (std::size_t i = 0; i < reference_commits().size(); ++i) {
    REQUIRE(commit_reference(from, i) == commit_status::done);
    result.push_back(answers(from));
  }
  return result;
}

const std::vector<std::string>& all_answers() {
  static const auto all = make_answers();
  return all;
}

} // namespace

sqlite_store_options small_journal() {
  return {.busy_timeout = 100ms, .checkpoint_pages = 20, .page_size = 512};
}

batch wide_run(run_number number) {
  auto x = make_run(number, 3);
  x.records[1].body = std::string(3'000, 'b');
  return x;
}

const std::vector<std::vector<batch>>& reference_commits() {
  static const auto all = make_commits();
  return all;
}

commit_status commit_reference(store& to, std::size_t place) {
  std::vector<const batch*> xs;
  for (const auto& x : reference_commits().at(place))
    xs.push_back(&x);
  return to.commit(xs);
}

std::string answers(store& from) {
  return contents(from) + from.find_fact("f");
}

const std::string& reference_answers(std::size_t count) {
  return all_answers().at(count);
}

std::size_t commits_in(store& from) {
  const auto said = answers(from);
  const auto& all = all_answers();
  std::size_t count = 0;
  while (count < all.size() && all[count] != said)
    ++count;
  return count;
}

void note_high_water(const std::filesystem::path& folder, disk& on) {
  on.note({.kind = disk_event::what::beside,
           .file = high_water_name,
           .bytes = read_file(folder / high_water_name)});
}

void do_reference_work(const std::filesystem::path& folder, disk& on) {
  const auto count = reference_commits().size();
  for (std::size_t i = 0; i < count;) {
    const auto it = open_sqlite_store(folder / "stanchion.db", small_journal());
    note_high_water(folder, on);
    for (const auto end = i + count / 2; i < end; ++i) {
      REQUIRE(commit_reference(*it, i) == commit_status::done);
      note_high_water(folder, on);
      on.note({.kind = disk_event::what::committed, .at = i + 1});
    }
  }
}

} // namespace stanchion::test
