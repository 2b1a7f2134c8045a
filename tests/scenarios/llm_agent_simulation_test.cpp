#include "support/catch.hpp"
#include "support/simulated_systems.hpp"

#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/model.hpp>

#include <nlohmann/json.hpp>

#include <set>

using namespace stanchion;

namespace {

json call_of(const std::string& id, const std::string& name) {
  return {{"id", id}, {"name", name}, {"arguments", json::object()}};
}

json calls(json all) {
  return {
    {"text", ""}, {"finish", "tool_calls"}, {"tool_calls", std::move(all)}};
}

/// What a model says depends on nothing but what it is asked: it looks and
/// pays, asks a person, sends, and is done.
json model(const value& asked, tool_context& ctx) {
  ctx.spent({.tokens = 7, .cost = 3});
  switch (asked["messages"].size()) {
  case 1:
    return calls({call_of("a", "look"), call_of("b", "pay")});
  case 4:
    return calls({call_of("c", "ship")});
  case 6:
    return calls({call_of("d", "send"), call_of("e", "helper")});
  default:
    return {{"text", "done"}, {"finish", "stop"}};
  }
}

void add_llm_system(runtime& rt) {
  add_five_steps(rt);
  rt.add(tool_of("ship", effect::idempotent).always_approve());
  rt.add(scripted_model("model", {}).timeout(30s));
  rt.add(agent{"helper", "1", [](agent_context& ctx, value) -> task<json> {
                 auto held = co_await ctx.call("hold", args());
                 co_return json("helped");
               }});
  rt.add(llm_agent{"led", "1", "model"}
           .tool("look")
           .tool("pay")
           .tool("ship")
           .tool("send")
           .agent("helper", "Holds."));
}

/// Whether no answer that its agent heard was asked for again. It has heard one
/// when its run does something that it has not done before.
bool no_answer_was_paid_twice(const simulated& x) {
  auto heard = std::set<std::string>{};
  auto known = std::set<std::string>{};
  auto asked = std::map<std::string, std::string>{}; // last, by run
  for (const auto& call : x.calls) {
    const auto run = call.key.substr(0, call.key.find('/'));
    if (heard.contains(call.key))
      return false;
    if (known.insert(call.key).second)
      heard.insert(asked[run]);
    if (call.tool == "model")
      asked[run] = call.key;
  }
  return true;
}

simulation led_by_a_model() {
  auto sim = simulation{add_llm_system};
  sim.fake("model", model);
  sim.submit({.agent = "led", .input = "buy it"});
  sim.submit({.agent = "led", .input = "buy another"}, 3s);
  sim.check("no answer was paid for twice", no_answer_was_paid_twice);
  return sim;
}

} // namespace

TEST_CASE("an agent that a model leads does all of it once, wherever the "
          "process dies",
          "[scenario][simulation][llm]") {
  auto sim = led_by_a_model();
  sim.check("both are done", [](const simulated& x) {
    return x.count(run_state::completed) == x.runs.size();
  });
  const auto report = sim.crash_everywhere(5);
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("300 systems that a model leads keep every promise, whatever goes "
          "wrong",
          "[scenario][simulation][llm]") {
  auto sim = led_by_a_model();
  sim.inject(rough_days());
  sim.goal("somebody died in between",
           [](const simulated& x) { return x.deaths > 0; });
  auto options = campaign_options{};
  options.workers = 0;
  const auto report = sim.try_seeds(300, options);
  INFO(report.text());
  CHECK(report.ok());
}
