#include <stanchion/runtime/testing/detail/tally.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion::detail {

namespace {

/// The counters of a report, by name.
template <class Report, class F>
void each_counter(Report& x, F f) {
  f("systems", x.systems);
  f("runs", x.runs);
  f("ended", x.ended);
  f("completed", x.completed);
  f("calls", x.calls);
  f("effects", x.effects);
  f("tickets", x.tickets);
  f("deaths", x.deaths);
  f("messages", x.messages);
}

json failure_json(const failing_seed& x) {
  auto doc = json{{"seed", x.seed}, {"violations", json::array()}};
  for (const auto& v : x.violations)
    doc["violations"].push_back({{"rule", v.rule}, {"what", v.what}});
  doc["fired"] = json::array();
  if (x.least.faults)
    for (const auto& f : *x.least.faults)
      doc["fired"].push_back({f.rule, f.nth});
  return doc;
}

failing_seed failure_from(const json& doc) {
  auto x = failing_seed{};
  x.seed = doc.at("seed");
  x.least.seed = x.seed;
  for (const auto& v : doc.at("violations"))
    x.violations.push_back({v.at("rule"), v.at("what")});
  auto fired = std::set<fired_fault>{};
  for (const auto& f : doc.at("fired"))
    fired.insert({f.at(0).get<std::size_t>(), f.at(1).get<std::uint64_t>()});
  x.least.faults = std::move(fired);
  return x;
}

void add_runs(campaign_report& to, const simulated& x) {
  to.runs += x.runs.size();
  to.completed += x.count(run_state::completed);
  for (const auto& r : x.runs)
    to.ended += is_terminal(r.row.state) ? 1 : 0;
}

} // namespace

campaign_report empty_report(const scenario& s) {
  auto x = campaign_report{};
  for (const auto& rule : s.faults.rules)
    x.faults[to_text(rule)] = 0;
  for (const auto& goal : s.goals)
    x.goals[goal.text] = 0;
  return x;
}

void add(campaign_report& to, const scenario& s, const outcome_of_plan& x) {
  const auto& result = x.result;
  ++to.systems;
  add_runs(to, result);
  to.calls += result.calls.size();
  to.effects += static_cast<std::uint64_t>(
    std::ranges::count(result.calls, true, &simulated_call::happened));
  to.tickets += result.tickets.size();
  to.deaths += result.deaths;
  to.messages += result.messages;
  to.simulated_time += result.took;
  for (const auto& f : x.fired)
    ++to.faults[to_text(s.faults.rules[f.rule])];
  for (const auto& [kind, count] : result.events)
    to.events[kind] += count;
  for (const auto& goal : s.goals)
    to.goals[goal.text] += goal.holds(result) ? 1 : 0;
  if (result.violations.empty())
    return;
  auto failed = failing_seed{.seed = result.seed,
                             .violations = result.violations,
                             .least = {},
                             .faults = {},
                             .trace = {}};
  failed.least.seed = result.seed;
  failed.least.faults = std::set<fired_fault>{x.fired.begin(), x.fired.end()};
  to.failures.push_back(std::move(failed));
}

void merge(campaign_report& to, const json& from) {
  each_counter(to, [&from](const char* name, std::uint64_t& x) {
    x += from.at(name).get<std::uint64_t>();
  });
  to.simulated_time += duration{from.at("simulated_us").get<std::int64_t>()};
  for (const auto& [name, count] : from.at("faults").items())
    to.faults[name] += count.get<std::uint64_t>();
  for (const auto& [name, count] : from.at("goals").items())
    to.goals[name] += count.get<std::uint64_t>();
  for (const auto& x : from.at("events"))
    to.events[static_cast<event_kind>(x.at(0).get<int>())]
      += x.at(1).get<std::uint64_t>();
  for (const auto& x : from.at("failures"))
    to.failures.push_back(failure_from(x));
}

json to_json(const campaign_report& x) {
  auto doc = json::object();
  each_counter(
    x, [&doc](const char* name, std::uint64_t count) { doc[name] = count; });
  doc["simulated_us"] = x.simulated_time.count();
  doc["faults"] = x.faults;
  doc["goals"] = x.goals;
  doc["events"] = json::array();
  for (const auto& [kind, count] : x.events)
    doc["events"].push_back({static_cast<int>(kind), count});
  doc["failures"] = json::array();
  for (const auto& f : x.failures)
    doc["failures"].push_back(failure_json(f));
  return doc;
}

void judge(campaign_report& x, const campaign_options& options) {
  const auto least = options.least_progress * static_cast<double>(x.runs);
  if (x.runs == 0)
    x.shortfalls.emplace_back("progress: no run was ever started");
  else if (static_cast<double>(x.ended) < least)
    x.shortfalls.push_back("progress: only " + std::to_string(x.ended) + " of "
                           + std::to_string(x.runs) + " runs ended");
  if (!x.failures.empty())
    return; // the rest was not tried
  for (const auto& [goal, count] : x.goals)
    if (count == 0)
      x.shortfalls.push_back("goal: no system reached: " + goal);
}

std::string fired_text(const faults& rules,
                       const std::set<fired_fault>& fired) {
  auto exact = faults{};
  for (const auto& f : fired) {
    auto rule = rules.rules.at(f.rule);
    rule.rate = 0;
    rule.nth = f.nth;
    exact.rules.push_back(std::move(rule));
  }
  return to_text(exact);
}

} // namespace stanchion::detail
