#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/stats.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

using nlohmann::json;

/// Runs that are looked up at a time.
constexpr std::size_t page = 500;

/// The day of an instant: 2026-01-31.
std::string day_of(instant at) {
  return to_rfc3339(at).substr(0, 10);
}

/// Reads the records of one run.
class run_reader {
public:
  run_reader(run_stats& to, const time_range& range) : to_(to), range_(range) {
    // nop
  }

  void read(const std::vector<record>& records) {
    for (const auto& r : records)
      read(r);
    to_.runs += seen_ ? 1 : 0;
    to_.retries += retries_;
    to_.runs_with_retries += retries_ > 0 ? 1 : 0;
  }

private:
  struct call {
    std::string tool;
    bool open = false;     // an attempt has left and not ended
    std::string last_kind; // of the last failure that was counted
  };

  void read(const record& r) {
    if (r.kind == record_kind::intent)
      note_tool(r);
    if (!range_.contains(r.at))
      return;
    seen_ = true;
    const auto found = calls_.find(r.step);
    if (found == calls_.end())
      return;
    auto& step = found->second;
    auto& of = to_.tools[step.tool];
    switch (r.kind) {
    case record_kind::attempt:
      ++of.attempts;
      step.open = true;
      if (json::parse(r.body).value("n", 1U) > 1)
        retry(of);
      break;
    case record_kind::reopened:
      if (json::parse(r.body).contains("nth"))
        retry(of);
      break;
    case record_kind::attempt_end:
      ++of.failed_attempts;
      step.open = false;
      count_error(r, json::parse(r.body).at("failure"), step);
      break;
    case record_kind::decision:
      read_fallback(r, step, of);
      break;
    case record_kind::outcome:
      read_outcome(r, step, of);
      break;
    default:
      break;
    }
  }

  void note_tool(const record& r) {
    const auto body = json::parse(r.body);
    if (text_in(body, "kind") == "call")
      calls_.insert_or_assign(r.step, call{text_in(body, "name"), false, {}});
  }

  void retry(tool_stats& of) {
    ++of.retries;
    ++retries_;
  }

  /// An attempt ends without a record of its own where a value stands in for
  /// its answer.
  void read_fallback(const record& r, call& step, tool_stats& of) {
    if (!step.open)
      return;
    const auto body = json::parse(r.body);
    if (text_in(body, "event") != to_string(event_kind::fallback_used))
      return;
    ++of.failed_attempts;
    step.open = false;
    count_error(r, body.at("fields").at("instead_of"), step);
  }

  void read_outcome(const record& r, call& step, tool_stats& of) {
    const auto body = json::parse(r.body);
    ++of.calls;
    if (!body.contains("failure")) {
      of.degraded += text_in(body, "source") == "primary" ? 0 : 1;
      return;
    }
    ++of.failed;
    // The end of a call's last attempt is its outcome. Otherwise the failure
    // is of the call alone, or that of its last attempt once more.
    of.failed_attempts += step.open ? 1 : 0;
    if (step.open || text_in(body["failure"], "kind") != step.last_kind)
      count_error(r, body["failure"], step);
    step.open = false;
  }

  void count_error(const record& r, const json& failure, call& step) {
    step.last_kind = text_in(failure, "kind");
    ++to_.errors[day_of(r.at)][step.last_kind];
  }

  run_stats& to_;
  const time_range& range_;
  std::unordered_map<step_path, call> calls_;
  bool seen_ = false;
  std::uint64_t retries_ = 0;
};

/// Whether a run may have a record in the range, as its row says.
bool may_count(const run_row& row, const time_range& range) {
  return row.created < range.until
         && (!is_terminal(row.state) || row.updated >= range.from);
}

void read_run(store& in, const run_row& row, const time_range& range,
              run_stats& to) {
  if (!may_count(row, range))
    return;
  try {
    const auto records = in.read(row.number, 0);
    run_reader{to, range}.read(records);
  } catch (const error& e) {
    if (e.code() != error_code::store_damaged)
      throw;
    ++to.damaged;
  } catch (const json::exception&) {
    ++to.damaged;
  }
}

template <class Map>
auto sorted(const Map& from, auto is_before) {
  auto list
    = std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>>{
      from.begin(), from.end()};
  std::stable_sort(list.begin(), list.end(), is_before);
  return list;
}

json document(const std::string& name, const tool_stats& x) {
  return {{"tool", name},
          {"calls", x.calls},
          {"failed", x.failed},
          {"degraded", x.degraded},
          {"error_rate", x.error_rate()},
          {"attempts", x.attempts},
          {"failed_attempts", x.failed_attempts},
          {"retries", x.retries}};
}

} // namespace

double tool_stats::error_rate() const {
  return calls == 0 ? 0
                    : static_cast<double>(failed) / static_cast<double>(calls);
}

double run_stats::retries_per_run() const {
  return runs == 0 ? 0
                   : static_cast<double>(retries) / static_cast<double>(runs);
}

run_stats stats(store& in, const time_range& range) {
  auto result = run_stats{};
  auto filter = run_filter{.limit = page};
  for (;;) {
    const auto rows = in.list_runs(filter);
    for (const auto& row : rows)
      read_run(in, row, range, result);
    if (rows.size() < page)
      return result;
    filter.before = rows.back().number;
  }
}

void to_json(json& to, const run_stats& from) {
  to
    = {{"runs", from.runs},       {"runs_with_retries", from.runs_with_retries},
       {"retries", from.retries}, {"retries_per_run", from.retries_per_run()},
       {"damaged", from.damaged}, {"tools", json::array()},
       {"days", json::array()}};
  for (const auto& [name, x] :
       sorted(from.tools, [](const auto& x, const auto& y) {
         return x.second.error_rate() > y.second.error_rate();
       }))
    to["tools"].push_back(document(name, x));
  for (auto day = from.errors.rbegin(); day != from.errors.rend(); ++day) {
    auto errors = json::array();
    for (const auto& [kind, count] :
         sorted(day->second, [](const auto& x, const auto& y) {
           return x.second > y.second;
         }))
      errors.push_back({{"kind", kind}, {"count", count}});
    to["days"].push_back({{"day", day->first}, {"errors", std::move(errors)}});
  }
}

} // namespace stanchion
