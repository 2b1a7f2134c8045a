#include "support/catch.hpp"
#include "support/eventually.hpp"

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

/// A store that can be stuck for as long as a test likes.
class stuck_store final : public memory_store {
public:
  std::atomic<bool> stuck{false};

  commit_status commit(std::span<const batch* const> xs) override {
    return stuck ? commit_status::full : memory_store::commit(xs);
  }
};

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
    store->stuck = true;
    rt.submit({.agent = "ends"}, [](const run_row&) {});
    REQUIRE(eventually([this] { return sink->heard.load(); }));
  }

  /// Submits from a thread of its own.
  std::future<run_row> submit() {
    return std::async(std::launch::async,
                      [this] { return rt.submit({.agent = "ends"}); });
  }
  /// The same, not waiting until it is durable.
  std::future<void> submit_only() {
    return std::async(std::launch::async, [this] {
      rt.submit({.agent = "ends"}, [](const run_row&) {});
    });
  }

  std::shared_ptr<stuck_store> store = std::make_shared<stuck_store>();
  std::shared_ptr<trouble_sink> sink = std::make_shared<trouble_sink>();
  runtime rt{config{
    .store = store, .journal_backlog = 1, .grace = 100ms, .events = sink}};
};

bool blocks(const auto& x) {
  return x.wait_for(100ms) == std::future_status::timeout;
}

error_code code_of(auto& x) {
  try {
    x.get();
  } catch (const error& e) {
    return e.code();
  }
  return error_code{};
}

} // namespace

TEST_CASE_METHOD(behind,
                 "a submitter waits until the store takes records again",
                 "[runtime][backlog]") {
  auto whole = submit();
  auto half = submit_only();
  CHECK(blocks(whole));
  CHECK(blocks(half));
  store->stuck = false;
  half.get();
  CHECK(rt.wait(whole.get().id, 30s).state == run_state::completed);
}

TEST_CASE_METHOD(behind,
                 "a submitter that waits is told when the runtime stops",
                 "[runtime][backlog]") {
  auto whole = submit();
  auto half = submit_only();
  CHECK(blocks(half));
  CHECK_FALSE(rt.stop()); // what waits for the store is lost
  CHECK(code_of(whole) == error_code::not_running);
  CHECK(code_of(half) == error_code::not_running);
}
