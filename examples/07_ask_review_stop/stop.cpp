// Stop and ask: the agent does not know, so a person says how it goes on.
//
// Shows:    escalate with a suggestion; the answer resumes the run, with the
//           person's value and its source; abort ends it.

#include "hand_off.hpp"

#include <iostream>
#include <string>

using namespace stanchion;

namespace hand_off {

namespace {

json look_up(const value&, tool_context&) {
  return json{"Kim, Bergen", "Kim, Oslo"};
}

task<json> find(agent_context& ctx, value name) {
  auto found = co_await ctx.call("customers.find", args("name", name));
  auto customer = found[0];
  if (found.size() > 1)
    customer = co_await ctx.escalate(park_reason::low_confidence,
                                     "which of " + found.dump() + " is meant?",
                                     args("answer", found[0]));
  co_return args("customer", customer, "source",
                 customer.source() == "primary" ? "primary" : "a person");
}

void tell(runtime& rt, decision_request said) {
  const auto id = rt.submit({.agent = "find", .input = "Kim"}).id;
  std::cout << "    the run is " << to_string(rt.wait(id).state) << ": ";
  const auto t = first_open(rt);
  const auto context = json::parse(t.context);
  said.ticket = t.id;
  said.version = t.version;
  rt.decide(said);
  std::cout << t.title << "\n        it suggests "
            << context.at("suggested_next_step").get<std::string>() << "; "
            << to_string(said.verb) << ' ' << said.payload << said.comment;
  const auto ended = rt.wait(id);
  std::cout << " => " << to_string(ended.state);
  if (ended.state == run_state::completed)
    std::cout << ' ' << rt.result(id).get().dump();
  std::cout << '\n';
}

} // namespace

void stop() {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(tool{"customers.find", effect::read_only, look_up}.input(any()).output(
    any()));
  rt.add(agent{"find", "1", find});
  rt.start();
  std::cout << "stop in the middle, and ask\n";
  tell(rt, {.verb = verb::answer, .by = "ann", .payload = R"("Kim, Oslo")"});
  tell(rt, {.verb = verb::abort, .by = "ann", .comment = "neither"});
}

} // namespace hand_off
