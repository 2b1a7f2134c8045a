#include "support/catch.hpp"
#include "support/simulated_systems.hpp"

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

campaign_options on_all_cores() {
  auto x = campaign_options{};
  x.workers = 0;
  x.least_progress = 1;
  return x;
}

bool some(const simulated& x, event_kind kind) {
  return x.count(kind) > 0;
}

} // namespace

TEST_CASE("10,000 systems keep every promise, whatever goes wrong",
          "[scenario][simulation]") {
  auto sim = three_runs();
  sim.inject(rough_days());
  const auto goal = [&sim](event_kind kind) {
    sim.goal(std::string{to_string(kind)},
             [kind](const simulated& x) { return some(x, kind); });
  };
  goal(event_kind::late_result);
  goal(event_kind::retry_scheduled);
  goal(event_kind::breaker_opened);
  goal(event_kind::breaker_closed);
  goal(event_kind::child_restarted);
  goal(event_kind::run_parked);
  goal(event_kind::run_evicted);
  goal(event_kind::step_charged);
  goal(event_kind::store_recovered);
  sim.goal("an ambiguous call was decided", [](const simulated& x) {
    return x.count(park_reason::ambiguous_state) > 0;
  });
  const auto report = sim.try_seeds(10'000, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.runs == 30'000);
  // The others were aborted by a person who had tried three times.
  CHECK(report.completed * 1'000 > report.runs * 999);
  for (const auto& [rule, count] : report.faults) {
    INFO(rule);
    CHECK(count >= 500);
  }
}

TEST_CASE("1,000 wider systems keep every promise, whatever goes wrong",
          "[scenario][simulation]") {
  auto sim = wide_system();
  sim.inject(rough_days());
  const auto report = sim.try_seeds(1'000, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("processes that die all the time keep every promise",
          "[scenario][simulation]") {
  auto sim = wide_system();
  sim.inject(parse_faults("*:kill@0.05,*:kill:after@0.05,commit:kill@0.05,"
                          "commit:kill:after@0.05,commit:power@0.02"));
  const auto report = sim.try_seeds(300, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.deaths > 3'000);
}

TEST_CASE("a wider system survives a death at every boundary",
          "[scenario][simulation]") {
  auto sim = wide_system();
  sim.check("all has ended", [](const simulated& x) {
    return x.count(run_state::completed) + x.count(run_state::continued)
           == x.runs.size();
  });
  const auto report = sim.crash_everywhere(1, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.deaths == report.systems);
}

TEST_CASE("1,000 careful systems undo what they must, and nothing else",
          "[scenario][simulation]") {
  auto sim = careful_system();
  sim.inject(rough_days());
  for (const auto kind : {event_kind::fallback_used, event_kind::step_reopened,
                          event_kind::undo_started, event_kind::budget_low})
    sim.goal(std::string{to_string(kind)},
             [kind](const simulated& x) { return some(x, kind); });
  const auto report = sim.try_seeds(1'000, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("a careful system undoes all of it, wherever the process dies",
          "[scenario][simulation]") {
  auto sim = careful_system();
  sim.check("two fail and one completes", [](const simulated& x) {
    return x.count(run_state::failed) == 2
           && x.count(run_state::completed) == x.runs.size() - 2;
  });
  // Of five reservations the second run's two stand, and one of three charges.
  sim.check("what failed is undone, what did not stands",
            [](const simulated& x) {
              return x.effects("reserve") == 5 && x.effects("charge") == 3
                     && x.effects("reserve.undo") == 3
                     && x.effects("charge.undo") == 2 && x.effects("tidy") == 2;
            });
  const auto report = sim.crash_everywhere(1, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("1,000 systems that ask do only what people approved",
          "[scenario][simulation]") {
  auto sim = asking_system();
  sim.inject(rough_days());
  sim.goal("an approval was used",
           [](const simulated& x) { return x.effects("pay") == 3; });
  const auto report = sim.try_seeds(1'000, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
  CHECK(report.completed * 100 > report.runs * 99);
}

TEST_CASE("what people approved is done once, wherever the process dies",
          "[scenario][simulation]") {
  auto sim = asking_system();
  sim.check("each is paid, held and shipped once", [](const simulated& x) {
    return x.effects("pay") == 3 && x.effects("hold") == 3
           && x.effects("ship") == 3 && x.count(run_state::completed) == 3;
  });
  const auto report = sim.crash_everywhere(1, on_all_cores());
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("1,000 systems whose runs are called off at any instant keep every "
          "promise",
          "[scenario][simulation]") {
  for (auto* make : {three_runs, wide_system, careful_system, asking_system}) {
    auto sim = make();
    sim.inject(rough_days());
    sim.cancel(1, {}, 30s);
    sim.cancel(2, {}, 10min);
    sim.goal("a run was cancelled", [](const simulated& x) {
      return x.count(run_state::cancelled) > 0;
    });
    const auto report = sim.try_seeds(250, on_all_cores());
    INFO(report.text());
    CHECK(report.ok());
  }
}

TEST_CASE("1,000 systems whose agents are stopped and lowered at any instant "
          "keep every promise",
          "[scenario][simulation]") {
  for (auto* make : {three_runs, wide_system, careful_system, asking_system}) {
    auto sim = make();
    sim.inject(rough_days());
    const auto agent = sim.try_seed(1).runs.at(0).row.agent;
    sim.leave_open(park_reason::stopped_mode); // it goes on by itself
    sim.set_mode(agent, mode::stopped, {}, 30s);
    sim.set_mode(agent, mode::advisory, 5min, 5min);
    sim.set_mode(agent, mode::autonomous, 1h, 1h);
    sim.goal("somebody was asked", [](const simulated& x) {
      return x.count(park_reason::stopped_mode) > 0;
    });
    const auto report = sim.try_seeds(250, on_all_cores());
    INFO(report.text());
    CHECK(report.ok());
  }
}
