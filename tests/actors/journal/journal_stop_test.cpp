#include "support/catch.hpp"

#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <string>

using namespace stanchion;
using namespace stanchion::fabric;

namespace {

append fact_append(int n) {
  auto x = append{};
  x.content.facts.push_back({"fact " + std::to_string(n), "there"});
  return x;
}

} // namespace

// The word to stop overtakes other messages, and nobody hears of what was not
// to be acknowledged: a breaker's state, a ticket of the tree.
TEST_CASE("what a journal was given before it is told to stop is durable",
          "[journal]") {
  auto sys = fabric::system{system_options{.virtual_seed = 1}};
  auto sim = simulation{sys};
  const auto store = std::shared_ptr<memory_store>{make_memory_store()};
  const auto journal
    = sys.spawn(make_journal({.store = store, .inline_commits = true}));
  sim.run();
  sys.send(journal, fact_append(1));
  sys.send(journal, fact_append(2));
  sys.stop(journal);
  sim.run();
  CHECK(store->find_fact("fact 1") == "there");
  CHECK(store->find_fact("fact 2") == "there");
  CHECK(sys.alive() == 0);
}
