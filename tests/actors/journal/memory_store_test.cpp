#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/memory_store.hpp>

using namespace stanchion;

namespace {

run_state state_of(store& from, run_number run) {
  return from.find_run(run)->state;
}

/// Two batches: run 1 starts, then run 1 parks with a ticket while run 2
/// starts and ends.
std::unique_ptr<memory_store> two_batches() {
  auto result = make_memory_store();
  batch x;
  x.runs = {make_row(1, run_state::parked), make_row(2, run_state::completed)};
  x.records = {make_record(1, 1), make_record(2, 0), make_record(1, 2),
               make_record(2, 1)};
  x.records.back().kind = record_kind::completed;
  x.tickets = {make_ticket("t", 1)};
  x.facts = {{"f", "text"}};
  REQUIRE(commit(*result, make_run(1)) == commit_status::done);
  REQUIRE(commit(*result, x) == commit_status::done);
  return result;
}

} // namespace

TEST_CASE("a store told to be full writes nothing, then goes on",
          "[journal][memory_store]") {
  auto it = make_memory_store();
  it->fail_commits(commit_fault::full, 2);
  CHECK(commit(*it, make_run(1)) == commit_status::full);
  CHECK(commit(*it, make_run(1)) == commit_status::full);
  CHECK(!it->problem().empty());
  CHECK(it->last_run() == 0);
  CHECK(commit(*it, make_run(1)) == commit_status::done);
  CHECK(it->problem().empty());
}

TEST_CASE("a broken store refuses all until it is reopened",
          "[journal][memory_store]") {
  const auto [fault, written] = GENERATE(table<commit_fault, bool>({
    {commit_fault::io_error, false},
    {commit_fault::lost_answer, true},
  }));
  auto it = make_memory_store();
  it->fail_commits(fault);
  it->fail_reopens(1);
  CHECK(commit(*it, make_run(1)) == commit_status::io_error);
  CHECK(commit(*it, make_run(2)) == commit_status::io_error);
  CHECK_FALSE(it->reopen());
  CHECK(commit(*it, make_run(2)) == commit_status::io_error);
  CHECK(it->reopen());
  CHECK(it->problem().empty());
  CHECK(it->find_run(1).has_value() == written);
  CHECK(commit(*it, make_run(2)) == commit_status::done);
}

TEST_CASE("a store tells in which order it grew", "[journal][memory_store]") {
  const auto it = two_batches();
  const auto xs = it->records_in_order();
  REQUIRE(xs.size() == 5);
  CHECK(xs[2].run == 2);
  CHECK(it->batch_ends() == std::vector<std::size_t>{1, 5});
}

TEST_CASE("a cut store has the rows of the records it has",
          "[journal][memory_store]") {
  const auto whole = two_batches();
  const auto cut = [&](std::size_t count) {
    auto it = whole->prefix(count);
    CHECK(it->records_in_order().size() == std::min<std::size_t>(count, 5));
    CHECK(text(it->verify()).empty());
    return it;
  };
  SECTION("nothing") {
    CHECK(contents(*cut(0)).empty());
  }
  SECTION("the first batch") {
    CHECK(state_of(*cut(1), 1) == run_state::running);
  }
  SECTION("a run's row and ticket wait for its last record") {
    const auto it = cut(3);
    CHECK(state_of(*it, 1) == run_state::running);
    CHECK(!it->find_ticket("t"));
  }
  SECTION("a new run is queued until then") {
    CHECK(!cut(2)->find_run(2));
    CHECK(state_of(*cut(3), 2) == run_state::queued);
  }
  SECTION("and no longer") {
    const auto it = cut(4);
    CHECK(state_of(*it, 1) == run_state::parked);
    CHECK(it->find_ticket("t"));
    CHECK(state_of(*it, 2) == run_state::queued);
    CHECK(it->find_fact("f").empty());
  }
  SECTION("all") {
    for (const std::size_t count : {5, 99}) {
      const auto it = cut(count);
      CHECK(contents(*it) == contents(*whole));
      CHECK(it->find_fact("f") == "text");
    }
  }
}

TEST_CASE("a batch without records goes with the record before it",
          "[journal][memory_store]") {
  auto whole = make_memory_store();
  batch fact_only;
  fact_only.facts = {{"f", "text"}};
  REQUIRE(commit(*whole, make_run(1)) == commit_status::done);
  REQUIRE(commit(*whole, fact_only) == commit_status::done);
  REQUIRE(commit(*whole, make_run(2)) == commit_status::done);
  CHECK(whole->prefix(0)->find_fact("f").empty());
  CHECK(whole->prefix(1)->find_fact("f") == "text");
  CHECK(!whole->prefix(1)->find_run(2));
}
