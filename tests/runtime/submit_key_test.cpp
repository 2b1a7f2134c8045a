#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace stanchion;

namespace {

task<json> echoes(agent_context&, value input) {
  co_return input.get();
}

struct fixture {
  fixture() : rt(config{.store = store, .virtual_seed = 5}) {
    rt.add(agent{"a", "1", echoes});
    rt.start();
    settle();
  }

  void settle() {
    fabric::simulation{rt.actors()}.run();
  }
  void submit(int n) {
    rt.submit({.agent = "a", .input = args("n", n), .key = "k"},
              [this](const run_row& row) { told.push_back(row.number); });
  }

  std::shared_ptr<memory_store> store{make_memory_store()};
  std::vector<run_number> told;
  runtime rt;
};

} // namespace

TEST_CASE_METHOD(fixture, "a used key leads to its run, without waiting, too",
                 "[runtime]") {
  submit(1);
  settle();
  submit(1);
  settle();
  CHECK(told == std::vector<run_number>{1, 1});
  CHECK(store->last_run() == 1);
  CHECK_THROWS_AS(submit(2), error);
}

TEST_CASE_METHOD(fixture, "a key that is on its way makes one run",
                 "[runtime]") {
  submit(1);
  submit(1);
  settle();
  CHECK(told == std::vector<run_number>{1, 1});
  CHECK(store->last_run() == 1);
}
