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

// -- a careful one ------------------------------------------------------------

/// Books two things that can be undone, one of them in a child; looks where the
/// first choice may fail; sends a batch; and fails in the end, or not.
inline task<json> books(agent_context& ctx, value input) {
  co_await ctx.compensate_with("tidy", args("id", input["id"]));
  auto held = co_await ctx.call("reserve", args("id", input["id"]));
  auto paid = co_await ctx.call("charge", args("id", input["id"]));
  if (input["fails"] == true)
    co_await ctx.call("refuses");
  co_return args("id", input["id"]);
}

inline task<json> careful(agent_context& ctx, value input) {
  auto price = co_await ctx.call("price", args("id", input["id"]));
  const auto plan = args("id", input["id"], "fails", false);
  auto child = co_await ctx.spawn("books", plan);
  co_await child.result();
  co_await ctx.call("reserve", args("more", input["id"]));
  auto items = std::vector<value>{};
  for (auto i = 0; i < 5; ++i)
    items.push_back(args("item", i));
  const auto policy = scope_policy().above(3);
  auto sent = co_await ctx.batch("hold", items, policy);
  if (input["fails"] == true)
    co_await ctx.call("refuses");
  co_return args("sent", sent.succeeded());
}

inline void add_careful(runtime& rt) {
  const auto again = retry{.most = 2, .backoff = {.first = 1min, .cap = 1h}};
  auto price = tool_of("price", effect::read_only);
  price.call_timeout(20s)
    .fallback(instead("estimate"))
    .fallback(cached(1h))
    .fallback(static_value(7));
  rt.add(price);
  rt.add(tool_of("estimate", effect::read_only));
  rt.add(tool_of("reserve", effect::idempotent).undo(never_called));
  rt.add(tool_of("charge", effect::reconcilable)
           .undo(never_called, effect::once)
           .fallback(instead("invoice")));
  rt.add(tool_of("invoice", effect::idempotent).undo(never_called));
  rt.add(tool_of("tidy", effect::idempotent));
  rt.add(tool_of("hold", effect::idempotent).costs([](const value&) {
    return spending{.tokens = 3};
  }));
  rt.add(tool_of("refuses", effect::read_only));
  rt.add(agent{"books", "1", books}
           .on_unhandled(on_unhandled::fail)
           .on_unhandled(again));
  rt.add(agent{"careful", "1", careful}
           .on_unhandled(on_unhandled::fail)
           .on_unhandled(again)
           .max_tokens(12)
           .on_stuck({}));
}

inline simulation careful_system() {
  auto sim = simulation{add_careful};
  sim.fake("refuses", [](const value&, tool_context&) -> json {
    throw tool_error{failure_kind::http_4xx, side_effect::none, "no"};
  });
  sim.submit({.agent = "careful", .input = args("id", 1, "fails", true)});
  sim.submit({.agent = "careful", .input = args("id", 2, "fails", false)}, 1s);
  sim.submit({.agent = "books", .input = args("id", 3, "fails", true)}, 2s);
  sim.person(park_reason::requires_human, verb::answer, "true");
  sim.person(park_reason::budget_exhausted, verb::extend, R"({"tokens": 20})");
  return sim;
}

// -- one that asks ------------------------------------------------------------

/// Pays what people approved, and ships what they may have undone.
inline task<json> asking(agent_context& ctx, value input) {
  auto seen = co_await ctx.call("look", args("id", input["id"]));
  auto paid = co_await ctx.try_call("pay", args("id", input["id"]));
  co_await ctx.lower_mode(mode::advisory, "careful now");
  auto held = co_await ctx.try_call("hold", args("id", input["id"]));
  auto plan = co_await ctx.approve(args("id", input["id"]));
  auto many = co_await ctx.question("how many?", args("type", "integer"));
  auto sent = co_await ctx.try_call("ship", args("id", many));
  co_return args("paid", paid.ok(), "held", held.ok(), "sent", sent.ok());
}

inline void add_asking(runtime& rt) {
  rt.add(tool_of("look", effect::read_only));
  rt.add(tool_of("pay", effect::once).always_approve({.needed = 1}));
  rt.add(tool_of("hold", effect::reconcilable));
  rt.add(tool_of("ship", effect::idempotent)
           .always_approve()
           .undo(never_called)
           .review_within(1h));
  rt.add(agent{"asking", "1", asking});
}

inline simulation asking_system() {
  auto sim = simulation{add_asking};
  for (auto id = 1; id <= 3; ++id)
    sim.submit({.agent = "asking", .input = args("id", id)});
  sim.person(park_reason::requires_human, verb::answer, "7");
  return sim;
}

} // namespace stanchion::test
