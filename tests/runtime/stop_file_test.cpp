#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <filesystem>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> acts(agent_context& ctx, value) {
  co_await ctx.call("act");
  co_return json("done");
}

/// A process that owns `dir`.
struct process {
  explicit process(const temp_dir& dir) : rt(config{.data_dir = dir.path()}) {
    rt.add(tool{"act", effect::once,
                [this](const value&, tool_context&) -> json {
                  ++acted;
                  return 1;
                }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(agent{"acts", "1", acts});
    rt.start();
  }

  std::atomic<int> acted = 0;
  runtime rt;
};

} // namespace

TEST_CASE("a stop is honoured by later processes until somebody lifts it",
          "[runtime][modes]") {
  const temp_dir dir;
  const auto file = dir.path() / "STOP";
  auto id = run_id{};
  {
    auto first = process{dir};
    first.rt.stop_all("ann", "fire");
    CHECK(std::filesystem::exists(file));
    id = first.rt.submit({.agent = "acts", .input = value{}}).id;
    CHECK(first.rt.wait(id).state == run_state::parked);
    CHECK(first.acted == 0);
  }
  auto second = process{dir};
  CHECK(second.rt.mode_of({}).mode == mode::stopped);
  CHECK(second.rt.mode_of("acts").by == "ann");
  CHECK(second.rt.mode_of("acts").reason == "fire");
  CHECK(second.rt.wait(id).state == run_state::parked);
  second.rt.lift_stop("bob", "it is out");
  CHECK(!std::filesystem::exists(file));
  CHECK(eventually([&] { // its ticket is being decided
    return second.rt.wait(id).state == run_state::completed;
  }));
  CHECK(second.acted == 1);
  const auto audits
    = second.rt.journal().list_audits({.subject = "everything"});
  REQUIRE(audits.size() == 2);
  CHECK(audits[0].by == "bob");
  CHECK(audits[1].by == "ann");
}

TEST_CASE("a file that says nothing stops everything all the same",
          "[runtime][modes]") {
  const temp_dir dir;
  write_file(dir.path() / "STOP", "");
  auto it = process{dir};
  CHECK(it.rt.mode_of("acts").mode == mode::stopped);
}

TEST_CASE("a person's words on one agent are durable when they return",
          "[runtime][modes]") {
  const temp_dir dir;
  {
    auto first = process{dir};
    const auto before
      = first.rt.set_mode("acts", {mode::advisory, "ann", "new"});
    CHECK(before.mode == mode::autonomous);
    CHECK_THROWS_AS(first.rt.set_mode("acts", {mode::stopped, "", ""}), error);
    CHECK_THROWS_AS(first.rt.set_mode("nobody", {mode::stopped, "ann", ""}),
                    error);
  }
  auto second = process{dir};
  CHECK(second.rt.mode_of("acts").mode == mode::advisory);
}
