#pragma once

#include <stanchion/testing.hpp>

/// Small programs that simulations are tried on.
namespace stanchion::test {

inline json never_called(const value&, tool_context&) {
  throw std::logic_error{"a tool's own function was called in a simulation"};
}

inline tool tool_of(const std::string& name, effect e) {
  auto t = tool{name, e, never_called};
  t.input(any()).output(any()).timeout(5s);
  if (e == effect::reconcilable)
    t.reconcile([](const std::string&) -> outcome { return value{}; });
  return t;
}

/// One call of each class, and one more that reads: five steps.
inline task<json> five_steps(agent_context& ctx, value input) {
  auto order = co_await ctx.call("look", args("id", input["id"]));
  auto held = co_await ctx.call("hold", args("id", input["id"]));
  auto paid = co_await ctx.call("pay", args("id", input["id"]));
  auto sent = co_await ctx.call("send", args("id", input["id"]));
  auto seen = co_await ctx.call("look", args("id", input["id"], "again", true));
  co_return args("id", input["id"]);
}

inline void add_five_steps(runtime& rt) {
  rt.add(tool_of("look", effect::read_only));
  rt.add(tool_of("hold", effect::idempotent));
  rt.add(tool_of("pay", effect::reconcilable));
  rt.add(tool_of("send", effect::once));
  rt.add(agent{"five", "1", five_steps});
}

/// Three runs of it at a time.
inline simulation three_runs() {
  auto sim = simulation{add_five_steps};
  for (auto id = 1; id <= 3; ++id)
    sim.submit({.agent = "five", .input = args("id", id)});
  return sim;
}

// -- a wider one --------------------------------------------------------------

/// Scopes, timers, children, a question.
inline task<json> wide(agent_context& ctx, value input) {
  auto both = co_await ctx.all(ctx.call("look", args("a", 1)),
                               ctx.call("hold", args("b", 2)));
  co_await ctx.sleep_for(10s);
  auto child = co_await ctx.spawn("five", args("id", input["id"]));
  auto won
    = co_await ctx.race(ctx.call("look", args("c", 3)), ctx.sleep_for(50ms));
  auto done = co_await child.result();
  auto answer = co_await ctx.escalate(park_reason::requires_human, "Which?");
  auto acts = co_await ctx.all(ctx.try_call("send", args("d", 4)),
                               ctx.try_call("pay", args("e", 5)));
  auto other = co_await ctx.spawn("five", args("id", answer));
  auto how = co_await other.settled();
  co_return args("answer", answer);
}

/// Carries on as another run until nothing is left.
inline task<json> counts_down(agent_context& ctx, value input) {
  const auto left = input["left"].as_int();
  co_await ctx.call("hold", args("left", left));
  if (left > 0)
    co_await ctx.continue_as_new(args("left", left - 1));
  co_return json("done");
}

inline simulation wide_system() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(agent{"wide", "1", wide});
    rt.add(agent{"counts_down", "1", counts_down}.evict_after(1s));
  }};
  sim.submit({.agent = "wide", .input = args("id", 1)});
  sim.submit({.agent = "wide", .input = args("id", 2)}, 5s);
  sim.submit({.agent = "counts_down", .input = args("left", 3)}, 10ms);
  sim.person(park_reason::requires_human, verb::answer, "7");
  return sim;
}

} // namespace stanchion::test
