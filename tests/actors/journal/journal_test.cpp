#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

using namespace stanchion;

TEST_CASE("what is on its way to the journal when it stops becomes durable",
          "[journal]") {
  const auto stuck = GENERATE(false, true);
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  auto sys = fabric::system{fabric::system_options{.virtual_seed = 1}};
  auto sim = fabric::simulation{sys};
  const auto it
    = sys.spawn(make_journal({.store = store, .inline_commits = true}));
  sim.run();
  if (stuck)
    store->fail_commits(commit_fault::full);
  sys.send(it, append{make_run(1), 1, false, {}});
  sys.send(it, append{make_run(2), 2, false, {}});
  sys.stop(it);
  sim.run();
  CHECK(store->find_run(2).has_value() != stuck);
  CHECK(sys.alive() == 0); // it does not wait for a store that is stuck
}
