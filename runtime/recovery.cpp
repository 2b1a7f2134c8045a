#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/runtime/recovery.hpp>

#include <algorithm>

namespace stanchion {

namespace {

/// Records that charge a death to what was under way in a run; empty when
/// nothing was.
batch charge(const history& past, run_number run, instant now) {
  auto charges = batch{};
  auto seq = past.next_seq;
  const auto add = [&](const step_path& step, bool alone) {
    charges.records.push_back(
      {run, seq++, record_kind::death, now, step, bodies::death(alone)});
  };
  auto waits = false;
  for (const auto& [path, s] : past.steps) {
    if (s.attempts.open)
      add(path, s.charged);
    waits = waits || !s.has_outcome;
  }
  if (!waits && past.parked.empty())
    add({}, past.code_charged); // its own code was running
  return charges;
}

} // namespace

recovery_plan plan_recovery(store& from, bool died, instant now,
                            const std::function<bool(const run_row&)>& knows) {
  auto plan = recovery_plan{};
  auto open = std::vector<run_row>{};
  from.each_open_run([&open](const run_row& row) { open.push_back(row); });
  for (auto& row : open) {
    if (!knows(row)) {
      plan.orphans.push_back(std::move(row));
      continue;
    }
    if (row.state == run_state::parked) {
      plan.resume.push_back(row.number); // its ticket may be decided by now
      continue;
    }
    if (row.state == run_state::waiting && row.next_at && *row.next_at > now) {
      plan.sleeping.push_back(std::move(row));
      continue;
    }
    const auto past = history{from.read(row.number, 0)};
    auto charges = died ? charge(past, row.number, now) : batch{};
    const auto suspect
      = !charges.records.empty() || past.code_charged
        || std::any_of(past.steps.begin(), past.steps.end(),
                       [](const auto& x) { return x.second.charged; });
    if (!charges.records.empty())
      plan.charges.push_back(std::move(charges));
    (suspect ? plan.suspects : plan.resume).push_back(row.number);
  }
  return plan;
}

} // namespace stanchion
