#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <vector>

using namespace stanchion;

namespace {

task<json> pays(agent_context& ctx, value) {
  auto paid = co_await ctx.try_call("pay", args("cents", 5));
  co_return args("ok", paid.ok());
}

schema receipt() {
  return schema{json{{"type", "object"}, {"required", {"id"}}}};
}

/// One run of one call, in virtual time, while faults are injected.
struct till {
  explicit till(const std::string& faults, effect e = effect::read_only)
    : rt(config{.store = store,
                .faults = parse_faults(faults),
                .allow_faults = true,
                .virtual_seed = 3}) {
    const auto fn = [this](const value&, tool_context&) {
      ++acted;
      return args("id", 1);
    };
    rt.add(tool{"pay", e, fn}.input(any()).output(receipt()).timeout(5s));
    rt.add(agent{"pays", "1", pays});
    rt.events().subscribe(
      [this](const event& x) { told.push_back(x.subject + x.fields); },
      {event_kind::fault_injected});
    rt.start();
    auto sim = fabric::simulation{rt.actors()};
    sim.advance(1ms);
    rt.submit({.agent = "pays"}, [](const run_row&) {});
    sim.advance(1h);
  }

  /// What the records of that kind say.
  [[nodiscard]] std::string bodies(record_kind kind) const {
    auto text = std::string{};
    for (const auto& r : store->read(1, 0))
      if (r.kind == kind)
        text += r.body + "\n";
    return text;
  }
  [[nodiscard]] run_state state() const {
    return store->find_run(1)->state;
  }

  std::shared_ptr<memory_store> store{make_memory_store()};
  int acted = 0;
  std::vector<std::string> told;
  runtime rt;
};

} // namespace

TEST_CASE("faults are refused unless they are allowed", "[runtime][faults]") {
  auto rt = runtime{
    config{.in_memory = true, .faults = parse_faults("*:timeout@0.1")}};
  CHECK_THROWS_WITH(rt.start(), ContainsSubstring("--allow-faults"));
}

TEST_CASE("an injected failure is marked in the journal and told",
          "[runtime][faults]") {
  auto [what, kind] = GENERATE(table<const char*, const char*>({
    {"timeout:after", "timeout"},
    {"rate_limited", "rate_limited"},
    {"hang", "timeout"},
    {"hang:after", "timeout"},
    {"drip:after", "timeout"},
    {"crashed", "crashed"},
    {"crashed:after", "crashed"},
    {"schema_violation:after", "schema_violation"},
    {"malformed_output", "malformed_output"},
    {"truncated", "truncated"},
  }));
  auto x = till{"pay:" + std::string{what} + "@#1"};
  INFO(what);
  const auto ends
    = x.bodies(record_kind::attempt_end) + x.bodies(record_kind::outcome);
  CHECK_THAT(
    ends, ContainsSubstring("\"code\":\"injected:" + std::string{what} + "\""));
  CHECK_THAT(ends, ContainsSubstring("\"kind\":\"" + std::string{kind} + "\""));
  REQUIRE(x.told.size() == 1);
  CHECK_THAT(x.told[0], StartsWith("pay{\"attempt\":1,\"fault\":\"pay:"
                                   + std::string{what} + "@#1\""));
  CHECK(x.state() == run_state::completed);
}

TEST_CASE("a fault strikes before the effect or after it",
          "[runtime][faults]") {
  auto [side, acted] = GENERATE(table<const char*, int>({
    {"", 1},
    {":after", 2},
  }));
  CHECK(till{"pay:http_5xx" + std::string{side} + "@#1"}.acted == acted);
}

TEST_CASE("a fault after the effect of a call that is one of a kind parks it",
          "[runtime][faults]") {
  const auto x = till{"pay:rate_limited:after@#1", effect::once};
  CHECK(x.acted == 1);
  CHECK(x.state() == run_state::parked);
  CHECK_THAT(x.bodies(record_kind::parked),
             ContainsSubstring("ambiguous_state"));
}

TEST_CASE("latency is told, and fails nothing that is in time",
          "[runtime][faults]") {
  const auto x = till{"pay:latency=2s:after@#1"};
  CHECK(x.told.size() == 1);
  CHECK(x.bodies(record_kind::attempt_end).empty());
  CHECK(x.state() == run_state::completed);
}

TEST_CASE("a store that fails on purpose delays what waits for it",
          "[runtime][faults]") {
  const auto* what = GENERATE("full", "broken", "lost");
  const auto x
    = till{"commit:" + std::string{what} + "@#2", effect::idempotent};
  CHECK(x.acted == 1);
  CHECK(x.told.size() == 1);
  CHECK(x.state() == run_state::completed);
}
