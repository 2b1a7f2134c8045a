#include "support/virtual_runs.hpp"

#include "support/catch.hpp"

#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <variant>

namespace stanchion::test {

std::shared_ptr<memory_store> new_store() {
  return make_memory_store();
}

void pass(runtime& rt, duration d) {
  auto sim = fabric::simulation{rt.actors()};
  sim.advance(d);
}

run_id submit(runtime& rt, const submission& x, duration d) {
  auto id = run_id{};
  rt.submit(x, [&id](const run_row& row) { id = row.id; });
  pass(rt, d);
  return id;
}

ticket only_ticket(store& in) {
  const auto open = in.list_tickets({.states = {ticket_state::open}});
  REQUIRE(open.size() == 1);
  return open.front();
}

void decide_only(runtime& rt, verb said, const std::string& payload,
                 duration d) {
  auto refused = std::string{};
  rt.decide({.ticket = only_ticket(rt.journal()).id,
             .verb = said,
             .by = "ann",
             .payload = payload},
            [&refused](const std::variant<ticket, error>& x) {
              if (const auto* why = std::get_if<error>(&x))
                refused = why->what();
            });
  pass(rt, d);
  INFO(refused);
  REQUIRE(refused.empty());
}

} // namespace stanchion::test
