// Ask before: a refund above 50.00 leaves when a person has said so.
//
// Shows:    approve_if; approve, edit and reject; what the agent hears.

#include "hand_off.hpp"

#include <iostream>
#include <string>

using namespace stanchion;

namespace hand_off {

namespace {

json pay(const value& x, tool_context&) {
  return args("paid", x["cents"]);
}

bool is_large(const value& x) {
  return x["cents"] > 5000;
}

/// The agent's code knows nothing of people; a refusal is a failed call.
task<json> refund(agent_context& ctx, value cents) {
  auto paid = co_await ctx.try_call("refunds.pay", args("cents", cents));
  if (!paid.ok())
    co_return args("refused", paid.why().message);
  co_return paid.get().get();
}

/// Runs one refund; a person, if asked, says `said`.
void tell(runtime& rt, int cents, const decision_request& said) {
  const auto id = rt.submit({.agent = "refund", .input = cents}).id;
  std::cout << "    " << cents << ": ";
  if (rt.wait(id).state == run_state::parked) {
    const auto t = first_open(rt);
    auto decision = said;
    decision.ticket = t.id;
    decision.version = t.version; // what she has seen, and nothing newer
    rt.decide(decision);
    std::cout << t.title << "; " << to_string(said.verb)
              << (said.payload.empty() ? "" : " ") << said.payload
              << (said.comment.empty() ? "" : ": ") << said.comment << " => ";
  }
  rt.wait(id);
  std::cout << rt.result(id).get().dump() << '\n';
}

} // namespace

void ask() {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(tool{"refunds.pay", effect::idempotent, pay}
           .input(any())
           .output(any())
           .approve_if(is_large, {.expires_in = 8h}));
  rt.add(agent{"refund", "1", refund});
  rt.start();
  std::cout << "ask before it happens\n";
  tell(rt, 4000, {});
  tell(rt, 9000, {.verb = verb::approve, .by = "ann"});
  tell(rt, 9000,
       {.verb = verb::edit, .by = "ann", .payload = R"({"cents":6000})"});
  tell(rt, 9000, {.verb = verb::reject, .by = "ann", .comment = "paid before"});
}

} // namespace hand_off
