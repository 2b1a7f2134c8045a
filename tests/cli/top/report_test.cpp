#include "cli/top/samples.hpp"
#include "support/catch.hpp"

using namespace stanchion;
using namespace stanchion::top;
using namespace stanchion::test;

namespace {

std::vector<std::string> column(const listing& x, std::size_t i) {
  auto cells = std::vector<std::string>{};
  for (const auto& row : x.rows)
    cells.push_back(row.cells.at(i));
  return cells;
}

} // namespace

TEST_CASE("runs that are stuck come first, then the others, then the ended",
          "[cli][top]") {
  const auto x = rows_of(sample_report());
  const auto& runs = x.panes[1];
  CHECK(
    column(runs, 2)
    == std::vector<std::string>{"parked", "waiting", "running", "completed"});
  CHECK(runs.rows[0].cells.back() == "ticket T-1: refunds.pay needs approval");
  CHECK(runs.rows[1].cells.back()
        == "another try of orders.look_up; goes on by itself in 30s");
  CHECK(x.open == 3);
  CHECK(x.stuck == 1);
}

TEST_CASE("a run that waits for no instant is stuck", "[cli][top]") {
  const auto [state, next, stuck] = GENERATE(table<std::string, bool, bool>({
    {"parked", false, true},
    {"waiting", false, true},
    {"waiting", true, false},
    {"running", false, false},
    {"queued", false, false},
    {"compensating", false, false},
  }));
  auto run = sample_run("1", state);
  if (next)
    run["next_at"] = "2026-01-02T12:00:30Z";
  CHECK(is_stuck(run) == stuck);
}

TEST_CASE("a ticket's row says how long it waits and how long it may",
          "[cli][top]") {
  const auto x = rows_of(sample_report());
  CHECK(
    x.panes[0].rows.at(0).cells
    == std::vector<std::string>{
      "T-1", "3m", "1h", "", R"(refunds.pay needs approval  {"cents":9000})"});
}

TEST_CASE("equal escalations are one row, approvals never", "[cli][top]") {
  auto report = sample_report();
  for (const auto* id : {"T-2", "T-3", "T-4"}) {
    auto t = sample_ticket(id, {"retry"});
    t["kind"] = "escalation";
    t["group"] = "timeout:pay";
    report.tickets.push_back(t);
  }
  report.tickets.push_back(sample_ticket("T-5", {"approve"}));
  const auto x = rows_of(report);
  CHECK(column(x.panes[0], 0) == std::vector<std::string>{"T-1", "T-2", "T-5"});
  CHECK_THAT(x.panes[0].rows[1].cells.back(),
             ContainsSubstring("(and 2 more like it)"));
}

TEST_CASE("agents that may not act and breakers that are not closed count",
          "[cli][top]") {
  const auto x = rows_of(sample_report());
  CHECK(x.lowered == 1);
  CHECK(x.breakers == 1);
  CHECK(column(x.panes[3], 2)
        == std::vector<std::string>{"stopped", "breaker isolated",
                                    "breaker closed"});
  CHECK(x.panes[3].rows[0].cells.back() == "ann: fire");
  CHECK(column(x.panes[2], 0) == std::vector<std::string>{"root", "  tools"});
  CHECK(x.panes[2].rows[1].cells.back() == "restarted 2 times");
}

TEST_CASE("documents that lack everything make rows all the same",
          "[cli][top]") {
  auto x = report{};
  for (auto* list : {&x.tickets, &x.runs, &x.ended, &x.tools, &x.agents})
    list->push_back(json::object());
  x.tree = {{"children", {json::object()}}};
  const auto made = rows_of(x);
  CHECK(made.panes[0].rows.size() == 1);
  CHECK(made.panes[1].rows.size() == 2);
  CHECK(document_of(x).at("driven") == true);
}
