// An agent that charges twice on a bad day, and the test that finds the day.
//
// Shows:    a simulation: fakes, faults, checks over many seeds, the failing
//           seed shrunk to what it takes, and a death at every boundary.
// Run:      ./dev example 05_test_your_agent
// Expected: expected.txt; README.md explains it

#include <stanchion/testing.hpp>

#include <iostream>
#include <string>

using namespace stanchion;

namespace {

/// Charges again when it cannot see that it has charged. Nobody who read this
/// on a good day saw anything wrong.
task<json> renew_v1(agent_context& ctx, value order) {
  co_await ctx.call("cards.charge", args("order", order["id"], "try", 1));
  auto seen = co_await ctx.try_call("cards.list", args("order", order["id"]));
  if (!seen.ok())
    co_await ctx.call("cards.charge", args("order", order["id"], "try", 2));
  co_await ctx.call("mail.send", args("to", order["customer"]));
  co_return args("renewed", order["id"]);
}

/// A charge that succeeded is on record: there is nothing to look up.
task<json> renew_v2(agent_context& ctx, value order) {
  auto paid
    = co_await ctx.call("cards.charge", args("order", order["id"], "try", 1));
  co_await ctx.call("mail.send",
                    args("to", order["customer"], "receipt", paid["receipt"]));
  co_return args("renewed", order["id"]);
}

json never_called(const value&, tool_context&) {
  throw std::logic_error{"simulations call fakes, and no tool"};
}

/// The system as production has it: with its schemas, classes and policies.
void add_all(runtime& rt, const agent& renew) {
  const auto tool_of = [](const char* name, effect e) {
    return tool{name, e, never_called}.input(any()).output(any()).timeout(5s);
  };
  rt.add(tool_of("cards.charge", effect::idempotent));
  rt.add(tool_of("cards.list", effect::read_only));
  rt.add(tool_of("mail.send", effect::once));
  rt.add(renew);
}

simulation bad_days(const agent& renew) {
  auto sim = simulation{[renew](runtime& rt) { add_all(rt, renew); }};
  sim.fake("cards.charge", [](const value& charge, tool_context&) {
    return args("receipt", "R-" + std::to_string(charge["order"].as_int()));
  });
  sim.submit({.agent = "renew", .input = args("id", 17, "customer", "ann")});
  sim.inject(parse_faults("cards.charge:timeout:after@0.3,"
                          "cards.list:http_5xx@0.4,mail.send:hang:after@0.2"));
  sim.check("charged once",
            [](const simulated& x) { return x.effects("cards.charge") == 1; });
  sim.check("mailed once",
            [](const simulated& x) { return x.effects("mail.send") == 1; });
  return sim;
}

void tell(const std::string& title, const agent& renew) {
  const auto sim = bad_days(renew);
  const auto report = sim.try_seeds(300);
  std::cout << title << ", 300 bad days: "
            << (report.ok() ? "all is well\n" : "something broke\n");
  if (report.ok()) {
    std::cout << "  a death at every boundary: "
              << (sim.crash_everywhere().ok() ? "all is well\n"
                                              : "something broke\n");
    return;
  }
  const auto& worst = report.failures.front();
  std::cout << "  broken: " << worst.violations.front().rule
            << "\n  all it takes: " << worst.faults << "\n  then:\n";
  for (const auto& call : sim.try_again(worst.least).calls)
    std::cout << "    " << call.tool << " " << call.arguments << ", attempt "
              << call.attempt << (call.happened ? ": happened\n" : "\n");
}

} // namespace

int main() {
  tell("renew v1", agent{"renew", "v1", renew_v1});
  tell("renew v2", agent{"renew", "v2", renew_v2});
}
