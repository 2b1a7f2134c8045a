#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/step.hpp>
#include <stanchion/runtime/people.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace stanchion {

namespace {

using nlohmann::json;

bool has_open_ticket(store& in, run_number run) {
  const auto open
    = in.list_tickets({.states = {ticket_state::open}, .run = run});
  return std::any_of(open.begin(), open.end(), [](const ticket& t) {
    return t.kind != ticket_kind::review; // no run waits for that
  });
}

} // namespace

bool lacks_version(const run_row& row) {
  return row.waiting_for.starts_with(waits_for_version);
}

people_watch::people_watch(store& in, predicate left_alone)
  : in_(in), left_alone_(std::move(left_alone)) {
  // nop
}

bool people_watch::waits_for_people(const run_row& row) {
  if (is_terminal(row.state))
    return false;
  if (left_alone_(row))
    return true;
  if (row.state == run_state::parked) // without a ticket it is about to go on
    return has_open_ticket(in_, row.number);
  if (row.state != run_state::waiting || row.next_at)
    return false;
  auto& p = runs_[row.number];
  read_on(row.number, p);
  return !p.open.empty()
         && std::none_of(p.open.begin(), p.open.end(),
                         [this](auto& x) { return goes_on(x.second); });
}

void people_watch::read_on(run_number run, progress& p) {
  for (const auto& r : in_.read(run, p.next_seq)) {
    p.next_seq = r.seq + 1;
    if (r.kind == record_kind::intent) {
      const auto body = json::parse(r.body);
      const auto kind = parse_step_kind(body.value("kind", std::string{}));
      p.open[r.step]
        = {.for_child = kind == step_kind::child || kind == step_kind::settled,
           .for_settled = kind == step_kind::settled,
           .child = body.value("child_number", run_number{0})};
    } else if (r.kind == record_kind::outcome) {
      p.open.erase(r.step);
      // One that came while the run was parked is delivered when it goes on.
      if (json::parse(r.body).value("held", false))
        p.open[r.step] = {};
    } else if (r.kind == record_kind::reopened) {
      p.open[r.step] = {};
    } else if (r.kind == record_kind::abandoned) {
      p.open.erase(r.step);
    }
  }
}

/// Whether the step's end comes without a person.
bool people_watch::goes_on(open_step& x) {
  if (!x.for_child)
    return true;
  const auto child = present_run(in_, x.child);
  if (!child || is_terminal(child->state)
      || (x.for_settled && child->state == run_state::parked))
    return true; // the run is about to hear of it
  x.child = child->number;
  return !waits_for_people(*child);
}

bool waits_for_people(store& in, const run_row& row,
                      people_watch::predicate left_alone) {
  return people_watch{in, std::move(left_alone)}.waits_for_people(row);
}

} // namespace stanchion
