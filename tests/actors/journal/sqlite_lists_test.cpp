#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace stanchion;

namespace {

/// Watches the statements of all connections that are opened as long as it
/// lives, or later: what they were, and what they cost.
class watched {
public:
  watched() {
    sqlite3_auto_extension(extension());
  }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() {
    sqlite3_cancel_auto_extension(extension());
  }

  /// Steps of SQLite's machine since the last time.
  [[nodiscard]] static int steps() {
    return std::exchange(steps_, 0);
  }
  [[nodiscard]] static const std::string& last() {
    return last_;
  }

private:
  using any_function = void (*)();

  static any_function extension() {
    return reinterpret_cast<any_function>(&attach);
  }
  static int attach(sqlite3* db, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, note, nullptr);
  }
  static int note(unsigned, void*, void* statement, void*) {
    auto* x = static_cast<sqlite3_stmt*>(statement);
    steps_ += sqlite3_stmt_status(x, SQLITE_STMTSTATUS_VM_STEP, 1);
    last_ = sqlite3_sql(x);
    return 0;
  }

  static inline int steps_ = 0;
  static inline std::string last_;
};

/// How SQLite would go about the last statement that was watched.
std::string plan(const temp_dir& dir) {
  const auto sql = "EXPLAIN QUERY PLAN " + watched::last(); // before it opens
  auto db = sqlite::connection{dir.database(), sqlite::access::read,
                               std::chrono::seconds{5}};
  auto result = std::string{};
  for (auto rows = db.query(sql); rows.next();)
    result += std::string{rows.text(3)} + "\n";
  return result;
}

/// Which indexes of tickets a plan uses, and whether it sorts.
std::string indexes(const std::string& plan) {
  auto result = std::string{};
  for (const auto* name : {"asked", "past"})
    if (plan.find("INDEX tickets_" + std::string{name} + " ")
        != std::string::npos)
      result += std::string{name} + " ";
  return plan.find("TEMP B-TREE") == std::string::npos ? result : "sorts";
}

constexpr auto many = run_number{4'000};

run_row ended(run_number n, const std::string& agent, run_state state) {
  auto row = make_row(n, state);
  row.agent = agent;
  return row;
}

ticket past(const std::string& id, const std::string& agent) {
  auto t = make_ticket(id);
  t.state = ticket_state::decided;
  t.decided = decision{.verb = verb::abort, .by = "ann"};
  t.context = R"({"agent":")" + agent + R"("})";
  return t;
}

struct fixture {
  void keep(const batch& x) {
    REQUIRE(commit(*it, x) == commit_status::done);
  }
  std::vector<run_number> runs(const run_filter& f) {
    static_cast<void>(watched::steps());
    return numbers(it->list_runs(f));
  }
  std::vector<std::string> tickets(const ticket_filter& f) {
    static_cast<void>(watched::steps());
    auto ids = std::vector<std::string>{};
    for (const auto& t : it->list_tickets(f))
      ids.push_back(t.id);
    return ids;
  }

  watched eye;
  temp_dir dir;
  std::unique_ptr<store> it = open_sqlite_store(dir.database());
};

using list_of_runs = std::vector<run_number>;
using list_of_tickets = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(fixture, "a page of runs costs no more where others abound",
                 "[journal][sqlite]") {
  auto x = batch{};
  for (auto n = run_number{1}; n <= many; ++n)
    x.runs.push_back(ended(n, "many", run_state::completed));
  x.runs[9] = ended(10, "rare", run_state::completed);
  x.runs[19] = ended(20, "rare", run_state::failed);
  keep(x);
  // A scan takes some steps for each run.
  constexpr auto few = static_cast<int>(many) / 4;
  CHECK(runs({.agent = "rare"}) == list_of_runs{20, 10});
  CHECK(watched::steps() < few);
  CHECK_THAT(plan(dir), !ContainsSubstring("TEMP B-TREE"));
  CHECK(runs({.states = {run_state::failed}}) == list_of_runs{20});
  CHECK(watched::steps() < few);
  CHECK(runs({.states = {run_state::parked}}).empty());
  CHECK(watched::steps() < few);
  CHECK(runs({.states = {run_state::failed}, .agent = "many"}).empty());
  CHECK(watched::steps() < few);
  CHECK(runs({.agent = "none"}).empty());
  CHECK(watched::steps() < few);
  CHECK(runs({.states = {run_state::completed}, .agent = "many", .limit = 2})
        == list_of_runs{many, many - 1});
  CHECK(watched::steps() < few);
}

TEST_CASE_METHOD(fixture, "runs of several states are one list, newest first",
                 "[journal][sqlite]") {
  auto x = batch{};
  const auto states = std::vector{
    run_state::queued, run_state::running,      run_state::waiting,
    run_state::parked, run_state::compensating, run_state::completed,
    run_state::failed, run_state::cancelled,    run_state::continued};
  for (auto i = std::size_t{0}; i < 2 * states.size(); ++i)
    x.runs.push_back(ended(i + 1, "one", states[i % states.size()]));
  keep(x);
  CHECK(runs({.agent = "one", .limit = 4}) == list_of_runs{18, 17, 16, 15});
  CHECK(runs({.agent = "one", .before = 15, .limit = 20}).size() == 14);
  const auto two
    = std::vector{run_state::failed, run_state::queued, run_state::failed};
  CHECK(runs({.states = two}) == list_of_runs{16, 10, 7, 1});
  CHECK(runs({.states = two, .before = 10, .limit = 1}) == list_of_runs{7});
  CHECK(runs({.states = two, .agent = "two"}).empty());
  auto moved = batch{};
  moved.runs = {ended(7, "one", run_state::completed)};
  keep(moved);
  CHECK(runs({.states = two}) == list_of_runs{16, 10, 1});
}

TEST_CASE_METHOD(fixture,
                 "no list of tickets reads those that it does not show",
                 "[journal][sqlite]") {
  auto x = batch{};
  for (auto i = 0; i < 20; ++i)
    x.tickets.push_back(past("past " + std::to_string(i), "many"));
  x.tickets[7] = past("rare", "one");
  x.tickets.push_back(make_ticket("open"));
  x.tickets.back().context = R"({"agent":"one"})";
  keep(x);
  CHECK(tickets({.agent = "one"}) == list_of_tickets{"rare", "open"});
  CHECK(indexes(plan(dir)) == "asked past ");
  const auto closed
    = std::vector{ticket_state::decided, ticket_state::withdrawn};
  CHECK(tickets({.states = closed, .agent = "one"}) == list_of_tickets{"rare"});
  CHECK(indexes(plan(dir)) == "past ");
  CHECK(tickets({.states = {ticket_state::open}, .agent = "one"})
        == list_of_tickets{"open"});
  CHECK(indexes(plan(dir)) == "asked ");
  CHECK(tickets({.states = {ticket_state::expired, ticket_state::open}})
        == list_of_tickets{"open"});
  CHECK(tickets({.states = {ticket_state::expired}}).empty());
  CHECK(tickets({.limit = 2, .after = 7}) == list_of_tickets{"rare", "past 8"});
}

TEST_CASE_METHOD(fixture, "a ticket is found by what it is about now",
                 "[journal][sqlite]") {
  auto x = batch{};
  x.tickets = {past("t", "one")};
  keep(x);
  x.tickets[0].context = R"({"agent":"two"})";
  x.tickets[0].terms.assignee = "ann";
  keep(x);
  CHECK(tickets({.agent = "one"}).empty());
  CHECK(tickets({.agent = "two", .assignee = "ann"}) == list_of_tickets{"t"});
  CHECK(text(it->verify()).empty());
}

TEST_CASE_METHOD(fixture, "a decision writes its ticket, and two indexes",
                 "[journal][sqlite]") {
  constexpr auto frame = std::uintmax_t{4096 + 24};
  auto log = dir.database();
  log += "-wal";
  keep(make_run(1));
  auto x = batch{};
  x.tickets = {make_ticket("t", 1)};
  keep(x);
  const auto before = std::filesystem::file_size(log);
  x.tickets[0].state = ticket_state::decided;
  x.tickets[0].decided = decision{.verb = verb::abort, .by = "ann"};
  keep(x);
  CHECK((std::filesystem::file_size(log) - before) / frame == 4);
  CHECK(it->find_ticket("t")->decided->by == "ann");
  CHECK(text(it->verify()).empty());
}
