#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/refusal.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <future>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> ends(agent_context&, value) {
  co_return json("done");
}

/// A store that takes nothing for as long as a test likes.
class stuck_store final : public memory_store {
public:
  /// Commits that it will refuse.
  std::atomic<int> refusals{0};
  /// Those that it has refused.
  std::atomic<int> refused{0};

  commit_status commit(std::span<const batch* const> xs) override {
    if (refusals == 0)
      return memory_store::commit(xs);
    --refusals;
    ++refused;
    return commit_status::full;
  }
};

constexpr auto for_ever = 1'000'000;

/// Notes that the store is in trouble.
struct trouble_sink final : event_sink {
  std::atomic<bool> heard{false};

  void publish(event x) override {
    if (x.kind == event_kind::store_trouble)
      heard = true;
  }
};

/// A runtime with one record more waiting than may.
struct behind {
  behind() {
    rt.add(agent{"ends", "1", ends});
    rt.start();
    store->refusals = for_ever;
    rt.submit({.agent = "ends"}, [](const run_row&) {});
    REQUIRE(eventually([this] { return sink->heard.load(); }));
  }

  void submit_only() {
    rt.submit({.agent = "ends"}, [](const run_row&) {});
  }

  std::shared_ptr<stuck_store> store = std::make_shared<stuck_store>();
  std::shared_ptr<trouble_sink> sink = std::make_shared<trouble_sink>();
  runtime rt{config{
    .store = store, .journal_backlog = 1, .grace = 100ms, .events = sink}};
};

} // namespace

TEST_CASE_METHOD(behind,
                 "a submitter waits until the store takes records again",
                 "[runtime][backlog]") {
  SECTION("one that waits for its run to be durable") {
    store->refusals = 2; // the journal tries once in a second
    const auto row = rt.submit({.agent = "ends"});
    CHECK(store->refusals == 0);
    CHECK(rt.wait(row.id, 30s).state == run_state::completed);
  }
  SECTION("one that does not") {
    store->refusals = 2;
    submit_only();
    CHECK(store->refusals == 0);
  }
}

TEST_CASE_METHOD(behind,
                 "a submitter that waits is told when the runtime stops",
                 "[runtime][backlog]") {
  // By the store's next try the submitters below have long been waiting.
  const auto before = store->refused.load();
  auto clean = std::async(std::launch::async, [&] {
    return eventually([&] { return store->refused > before; }) && rt.stop();
  });
  auto whole = std::async(std::launch::async, [this] {
    return refusal([this] { rt.submit({.agent = "ends"}); });
  });
  CHECK(refusal([this] { submit_only(); }) == error_code::not_running);
  CHECK(whole.get() == error_code::not_running);
  CHECK(store->refused > before);
  CHECK_FALSE(clean.get()); // what waits for the store is lost
}
