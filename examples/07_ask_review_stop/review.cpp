// Look after: a letter leaves at once, and a person may have it taken back.
//
// Shows:    review_within and undo; accept and undo; the run does not wait, and
//           what undoes is a run of its own.

#include "hand_off.hpp"

#include <future>
#include <iostream>
#include <string>

using namespace stanchion;

namespace hand_off {

namespace {

json send(const value& x, tool_context&) {
  std::cout << "    sent to " << x["to"].as_string() << '\n';
  return args("receipt", "for " + x["to"].as_string());
}

/// Told what was done: its arguments, its key and its result.
json recall(const value& x, tool_context&) {
  std::cout << "    taken back: the letter "
            << x["result"]["receipt"].as_string() << '\n';
  return nullptr;
}

task<json> write(agent_context& ctx, value to) {
  co_await ctx.call("letters.send", args("to", to));
  co_return json("written");
}

/// Runs it to its end, and then shows a person what it did.
void tell(runtime& rt, const std::string& to, verb said) {
  const auto id = rt.submit({.agent = "write", .input = to}).id;
  const auto row = rt.wait(id);
  const auto t = first_open(rt);
  std::cout << "    the run has " << to_string(row.state)
            << ", and a ticket of "
            << "kind " << to_string(t.kind) << " is open: " << to_string(said)
            << '\n';
  rt.decide({.ticket = t.id, .version = t.version, .verb = said, .by = "ann"});
}

} // namespace

void review() {
  auto undone = std::promise<void>{};
  auto rt = runtime{config{.in_memory = true}};
  rt.add(tool{"letters.send", effect::idempotent, send}
           .input(any())
           .output(any())
           .undo(recall)
           .review_within(1h)); // nobody decides: it stands
  rt.add(agent{"write", "1", write});
  const auto hear = [&undone](const event& x) {
    if (x.subject == "stanchion.undo")
      undone.set_value();
  };
  rt.events().subscribe(hear, {event_kind::run_ended});
  rt.start();
  std::cout << "look after it happened\n";
  tell(rt, "bob", verb::accept);
  tell(rt, "eve", verb::undo);
  undone.get_future().wait();
}

} // namespace hand_off
