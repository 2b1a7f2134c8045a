#include "01_license_inventory/agents.hpp"
#include "01_license_inventory/audit.hpp"
#include "01_license_inventory/faults.hpp"
#include "01_license_inventory/inventory.hpp"
#include "examples/license_scratch.hpp"
#include "support/catch.hpp"

#include <stanchion/core/failure.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <string>

using namespace license_inventory;
using namespace stanchion;

namespace {

/// Not the journal's.
using inventory_record = license_inventory::record;

inventory_record doubtful() {
  return {.package = "p",
          .source = "/doc/p/copyright",
          .licences = {"MIT"},
          .confidence = 0.5,
          .doubts = {"a title only"}};
}

value answer(json x) {
  return value{std::move(x)}.with_source("person:t-1");
}

} // namespace

// -- what people answer -------------------------------------------------------

TEST_CASE("an answer completes what was suggested",
          "[license_inventory][agents]") {
  const auto suggestion = value{json(doubtful())};
  auto expected = doubtful();
  expected.licences = {"BSD-3-Clause"};
  expected.decided_by = "person:t-1";
  const auto licences = json{{"licences", {"BSD-3-Clause"}}};
  CHECK(completed(suggestion, answer(licences)).get().get<inventory_record>()
        == expected);
}

TEST_CASE("a whole record is an answer", "[license_inventory][agents]") {
  auto whole = doubtful();
  whole.holders = {"Ann"};
  whole.decided_by = "Ann";
  CHECK(completed(value{json(doubtful())}, answer(json(whole)))
          .get()
          .get<inventory_record>()
        == whole);
}

TEST_CASE("no answer makes another document of it",
          "[license_inventory][agents]") {
  auto other = doubtful();
  other.package = "q";
  other.source = "/doc/q/copyright";
  const auto x = completed(value{json(doubtful())}, answer(json(other)));
  CHECK(x["package"].as_string() == "p");
  CHECK(x["source"].as_string() == "/doc/p/copyright");
}

TEST_CASE("an answer that is no object is left for the schema to refuse",
          "[license_inventory][agents]") {
  CHECK(completed(value{json(doubtful())}, answer("MIT")) == value{"MIT"});
}

// -- faults -------------------------------------------------------------------

TEST_CASE("faults come as often as they should, and the same again",
          "[license_inventory][faults]") {
  const auto rates = fault_rates{
    .overloaded = 0.1, .crash = 0.05, .late_crash = 0.02, .slow_answer = 0.01};
  auto counts = std::map<fault, int>{};
  for (auto i = 0; i < 10'000; ++i) {
    const auto name = "package" + std::to_string(i);
    const auto x = choose_fault(rates, "documents.read", name, 1);
    CHECK(x == choose_fault(rates, "documents.read", name, 1));
    ++counts[x];
  }
  CHECK(counts[fault::overloaded] == Approx(1'000).epsilon(0.15));
  CHECK(counts[fault::crash] == Approx(500).epsilon(0.15));
  CHECK(counts[fault::late_crash] == Approx(200).epsilon(0.25));
  CHECK(counts[fault::slow_answer] == Approx(100).epsilon(0.4));
}

TEST_CASE("an attempt that failed does not doom the next",
          "[license_inventory][faults]") {
  const auto rates = fault_rates{.overloaded = 0.5};
  auto healed = 0;
  for (auto i = 0; i < 1'000; ++i) {
    const auto name = std::to_string(i);
    if (choose_fault(rates, "t", name, 1) == fault::overloaded
        && choose_fault(rates, "t", name, 2) == fault::none)
      ++healed;
  }
  CHECK(healed == Approx(250).epsilon(0.25));
}

TEST_CASE("a tool with faults fails as each of them says",
          "[license_inventory][faults]") {
  auto calls = 0;
  const auto work = [&calls](const value&, tool_context&) -> json {
    ++calls;
    return 7;
  };
  auto ctx = tool_context{};
  const auto args = stanchion::args("package", "p");
  CHECK(with_faults(work, {})(args, ctx) == 7);
  CHECK(calls == 1);
  CHECK_THROWS_AS(with_faults(work, {.overloaded = 1})(args, ctx), tool_error);
  CHECK_THROWS_AS(with_faults(work, {.crash = 1})(args, ctx),
                  std::runtime_error);
  CHECK(calls == 1);
  CHECK_THROWS_AS(with_faults(work, {.late_crash = 1})(args, ctx),
                  std::runtime_error);
  CHECK(calls == 2);
  auto stop = std::stop_source{};
  stop.request_stop();
  ctx.stop = stop.get_token();
  CHECK(with_faults(work, {.slow_answer = 1})(args, ctx) == 7);
  CHECK(calls == 3);
}

// -- the audit ----------------------------------------------------------------

TEST_CASE("the audit sees a document written twice",
          "[license_inventory][audit]") {
  const license_inventory::test::scratch_folder dir;
  const auto path = dir.path() / "inventory.db";
  CHECK(audit_inventory(path).writes.empty());
  auto store = inventory{path};
  auto other = doubtful();
  other.package = "q";
  store.write("key-1", doubtful());
  store.write("key-1", doubtful());
  store.write("key-2", other);
  CHECK(audit_inventory(path).written_twice().empty());
  CHECK(audit_inventory(path).repeats == 1);
  store.write("key-3", doubtful()); // the same document under another key
  CHECK(audit_inventory(path).written_twice() == std::vector<std::string>{"p"});
  CHECK(audit_inventory(path).writes.size() == 2);
}
