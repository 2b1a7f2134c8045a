#include <stanchion/core/encode.hpp>
#include <stanchion/core/redaction.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/core/version.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/run_export.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

/// The run before its records: those of an ended run are then all there.
json whole_run(store& in, const run_row& row, instant now) {
  auto to = run_document(in, row, now);
  auto& tickets = to["tickets"] = json::array();
  for (const auto& t : in.list_tickets({.run = row.number, .limit = unlimited}))
    tickets.push_back(t);
  auto& records = to["records"] = json::array();
  for (const auto& r : in.read(row.number, 0))
    records.push_back(r);
  auto& children = to["children"] = json::array();
  auto rows = in.list_runs({.parent = row.number, .limit = unlimited});
  std::reverse(rows.begin(), rows.end()); // oldest first
  for (const auto& child : rows)
    children.push_back(whole_run(in, child, now));
  return to;
}

} // namespace

json run_export(store& in, const run_row& row, instant now) {
  auto to = json{{"format", export_format},
                 {"stanchion", version()},
                 {"at", to_rfc3339_micros(now)}};
  to["run"] = whole_run(in, row, now);
  redaction{}.apply(to["run"]);
  return to;
}

} // namespace stanchion
