#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/runtime/detail/commit.hpp>
#include <stanchion/runtime/recovery.hpp>

#include <algorithm>

namespace stanchion {

namespace {

/// Whether what an open step waits for was there: the agent's code may have
/// been given it.
bool is_ready(store& in, const history& past, const step_path& path,
              const recorded_step& s, instant now) {
  if (past.held.contains(path) || (s.due && *s.due <= now))
    return true;
  if (s.kind != step_kind::child && s.kind != step_kind::settled)
    return false;
  const auto child = in.find_run(s.child_number);
  return child
         && (is_terminal(child->state)
             || (s.kind == step_kind::settled
                 && child->state == run_state::parked));
}

/// Records that charge a death to what was under way in a run; none when
/// nothing was.
std::vector<record> charge(store& in, const history& past, const run_row& row,
                           instant now, std::string_view alone) {
  const auto run = row.number;
  auto charges = std::vector<record>{};
  auto seq = past.next_seq;
  const auto add = [&](const step_path& step) {
    const auto was_alone = to_text({run, step}) == alone;
    charges.push_back(
      {run, seq++, record_kind::death, now, step, bodies::death(was_alone)});
  };
  auto waits = false;
  auto ready = false;
  for (const auto& [path, s] : past.steps) {
    if (s.attempts.open)
      add(path);
    const auto open = !s.has_outcome && !s.abandoned;
    waits = waits || open;
    ready = ready || (open && is_ready(in, past, path, s, now));
  }
  for (const auto& [path, s] : past.own)
    if (s.attempts.open)
      add(path);
  const auto ran = charges.empty() && (!waits || ready);
  if ((ran || to_text({run, {}}) == alone) && past.parked.empty()
      && !past.terminal && past.undoing.empty())
    add({}); // its own code was running
  return charges;
}

/// One of which may have ended since the run last looked.
bool has_children(store& in, run_number run) {
  return !in.list_runs({.parent = run, .limit = 1}).empty();
}

} // namespace

std::string to_text(const suspect& x) {
  return "run " + std::to_string(x.run) + " step " + x.step;
}

void charge_deaths(store& in, instant now, event_sink* events) {
  const auto alone = in.remembered();
  auto charges = batch{};
  auto told = std::vector<event>{};
  in.each_open_run([&](const run_row& row) {
    if (row.state == run_state::parked)
      return;
    auto found = charge(in, history{in.read(row.number, 0)}, row, now, alone);
    for (const auto& x : found)
      told.push_back({event_kind::step_charged, severity::warning, now, row.id,
                      x.step, row.agent, x.body});
    std::move(found.begin(), found.end(), std::back_inserter(charges.records));
  });
  if (charges.records.empty())
    return;
  detail::commit_or_throw(in, charges);
  if (events != nullptr)
    for (auto& x : told)
      events->publish(std::move(x));
}

recovery_plan plan_recovery(store& from, instant now,
                            const std::function<bool(const run_row&)>& knows) {
  auto plan = recovery_plan{};
  auto open = std::vector<run_row>{};
  from.each_open_run([&open](const run_row& row) { open.push_back(row); });
  for (auto& row : open) {
    if (!knows(row))
      plan.orphans.push_back(std::move(row));
    else if (row.state == run_state::waiting && row.next_at
             && *row.next_at > now && !has_children(from, row.number))
      plan.sleeping.push_back(std::move(row));
    else // parked ones too: their ticket may be decided by now
      plan.resume.push_back(row.number);
  }
  return plan;
}

} // namespace stanchion
