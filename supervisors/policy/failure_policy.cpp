#include <stanchion/supervisors/policy/failure_policy.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace stanchion {

namespace {

bool has_row(const failure_policy& x, failure_kind kind) {
  return std::any_of(x.rows.begin(), x.rows.end(),
                     [kind](const auto& row) { return row.kind == kind; });
}

} // namespace

std::vector<std::string> validate(const failure_policy& x) {
  auto found = x.rules.problems();
  for (auto& problem : validate(std::span{x.rows}))
    found.push_back(std::move(problem));
  return found;
}

std::string_view to_string(row_origin x) {
  switch (x) {
  case row_origin::built_in:
    return "default";
  case row_origin::runtime:
    return "runtime";
  case row_origin::tool:
    return "tool";
  }
  return "invalid";
}

decision_table table_of(const failure_policy& common,
                        const failure_policy& own) {
  auto rows = common.rows;
  rows.insert(rows.end(), own.rows.begin(), own.rows.end());
  return decision_table{rows};
}

failure_rules rules_of(const failure_policy& common,
                       const failure_policy& own) {
  return own.rules.then(common.rules).then(default_failure_rules());
}

std::vector<effective_row> explain_table(const failure_policy& common,
                                         const failure_policy& own) {
  std::vector<effective_row> result;
  for (const auto& entry : table_of(common, own).entries())
    result.push_back({entry, has_row(own, entry.kind) ? row_origin::tool
                             : has_row(common, entry.kind)
                               ? row_origin::runtime
                               : row_origin::built_in});
  return result;
}

} // namespace stanchion
