#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/runtime/recovery.hpp>

#include <vector>

using namespace stanchion;

namespace {

struct kept_events final : event_sink {
  std::vector<event> all;

  void publish(event x) override {
    all.push_back(std::move(x));
  }
};

/// A run of one call that was under way.
batch one_call() {
  auto s = step{};
  s.path = "1";
  s.name = "pay";
  s.tool_effect = effect::once;
  auto row = run_row{};
  row.number = 1;
  row.id = derived_uuid(1, 1);
  row.agent = "payer";
  row.state = run_state::running;
  auto b = batch{};
  b.runs.push_back(row);
  b.records = {{1,
                0,
                record_kind::started,
                {},
                {},
                bodies::started({.agent = "payer", .version = "1"})},
               {1, 1, record_kind::intent, {}, "1", bodies::intent(s)},
               {1, 2, record_kind::attempt, {}, "1", bodies::attempt(1, "k")}};
  return b;
}

} // namespace

TEST_CASE("what is charged with a death of the process is told",
          "[runtime][recovery]") {
  const auto store = make_memory_store();
  const auto content = one_call();
  const auto* pointer = &content;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  auto told = kept_events{};
  charge_deaths(*store, instant{1s}, &told);
  REQUIRE(told.all.size() == 1);
  CHECK(told.all[0].kind == event_kind::step_charged);
  CHECK(told.all[0].run == derived_uuid(1, 1));
  CHECK(told.all[0].step == "1");
  CHECK(told.all[0].subject == "payer");
  CHECK(told.all[0].fields == R"({"alone":false})");
}
