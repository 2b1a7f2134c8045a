#include <stanchion/core/budget.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/runtime/agent_use.hpp>
#include <stanchion/supervisors/policy/mode_watch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace stanchion {

namespace {

using nlohmann::json;

agent_use of(const spending& x, std::int64_t sign = 1) {
  return {.tokens = sign * static_cast<std::int64_t>(x.tokens),
          .cost = sign * static_cast<std::int64_t>(x.cost)};
}

/// What is said of the spending in a record.
spending spending_in(const record& r) {
  return spending_from_json(json::parse(r.body));
}

std::optional<mode> mode_in(const std::string& text) {
  const auto x = json::parse(text, nullptr, false);
  if (x.is_string())
    return parse_mode(x.get<std::string>());
  return x.is_object() ? parse_mode(x.value("mode", "")) : std::nullopt;
}

bool raises(const audit_entry& x) {
  const auto before = mode_in(x.before);
  const auto after = mode_in(x.after);
  return x.act == "mode.set" && x.by != mode_rule && before && after
         && *after < *before;
}

/// Of a run whose records cannot be read nobody knows what it used.
void count_run(store& in, agent_ledger& to, const run_row& row, instant since) {
  try {
    for (const auto& [at, used] : use_in(in.read(row.number, 0)))
      if (at >= since)
        to.add(row.agent, used, at);
  } catch (const error&) {
    return;
  } catch (const json::exception&) {
    return;
  }
}

void count_agent(store& in, agent_ledger& to, const std::string& agent,
                 instant since) {
  auto filter = run_filter{.agent = agent, .limit = 1'000};
  for (;;) {
    const auto rows = in.list_runs(filter);
    for (const auto& row : rows)
      if (!is_terminal(row.state) || row.updated >= since)
        count_run(in, to, row, since);
    if (rows.size() < filter.limit)
      return;
    filter.before = rows.back().number;
  }
}

} // namespace

std::vector<std::pair<instant, agent_use>>
use_in(std::span<const record> records) {
  auto all = std::vector<std::pair<instant, agent_use>>{};
  auto set_aside = std::map<step_path, spending>{};
  for (const auto& r : records) {
    if (r.kind == record_kind::intent && r.step.find('~') == step_path::npos) {
      all.push_back({r.at, {.steps = 1}});
    } else if (r.kind == record_kind::attempt) {
      const auto much = spending_in(r);
      auto used = of(much);
      used.attempts = 1;
      all.push_back({r.at, used});
      set_aside[r.step] = much;
    } else if (r.kind == record_kind::spent
               && json::parse(r.body).value("n", 0U) != 0) {
      all.push_back({r.at, of(set_aside[r.step], -1)});
      all.push_back({r.at, of(spending_in(r))});
      set_aside.erase(r.step);
    }
  }
  return all;
}

instant last_raised(store& in, const std::string& agent) {
  const auto entries = in.list_audits({.subject = agent, .limit = 1'000});
  const auto found = std::ranges::find_if(entries, raises);
  return found == entries.end() ? instant{} : found->at;
}

void count_agent_use(store& in, agent_ledger& to, instant now) {
  for (const auto& [agent, window] : to.windows())
    count_agent(in, to, agent, std::max(now - window, last_raised(in, agent)));
}

} // namespace stanchion
