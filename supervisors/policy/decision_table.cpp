#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>

#include <optional>
#include <unordered_set>

namespace stanchion {

namespace {

constexpr auto unhealthy = decision_row{.retry = retry_when::safe,
                                        .backoff = true,
                                        .counts_for_breaker = true,
                                        .alert = alert_when::if_repeated};

constexpr auto final_with(alert_when alert) {
  return decision_row{.alert = alert};
}

/// The default row; nothing for a number that is no kind.
std::optional<decision_row> default_row(failure_kind kind) {
  switch (kind) {
  case failure_kind::timeout:
  case failure_kind::http_5xx:
  case failure_kind::rate_limited:
  case failure_kind::overloaded:
  case failure_kind::network:
  case failure_kind::crashed:
    return unhealthy;
  case failure_kind::conflict:
    return decision_row{.retry = retry_when::repeated,
                        .backoff = true,
                        .alert = alert_when::if_repeated};
  case failure_kind::circuit_open:
    return decision_row{.retry = retry_when::safe, .costs_attempt = false};
  case failure_kind::bulkhead_full:
    return decision_row{.retry = retry_when::safe,
                        .backoff = true,
                        .alert = alert_when::if_repeated};
  case failure_kind::internal:
    return decision_row{.counts_for_breaker = true,
                        .alert = alert_when::always};
  case failure_kind::http_4xx:
  case failure_kind::auth:
  case failure_kind::budget_exhausted:
  case failure_kind::schema_violation:
  case failure_kind::loop_detected:
  case failure_kind::step_limit:
  case failure_kind::nondeterminism:
    return final_with(alert_when::always);
  case failure_kind::malformed_output:
  case failure_kind::empty_output:
  case failure_kind::truncated:
  case failure_kind::refused:
  case failure_kind::unknown_tool:
  case failure_kind::bad_arguments:
  case failure_kind::deadline_exceeded:
  case failure_kind::permission_denied:
  case failure_kind::invalid_input:
  case failure_kind::not_found:
    return final_with(alert_when::if_repeated);
  case failure_kind::cancelled:
    return final_with(alert_when::never);
  }
  return std::nullopt;
}

/// Kinds that end a call by definition.
bool is_an_end(failure_kind kind) {
  return kind == failure_kind::cancelled
         || kind == failure_kind::deadline_exceeded
         || kind == failure_kind::nondeterminism;
}

std::size_t index_of(failure_kind kind) {
  return static_cast<std::size_t>(kind);
}

} // namespace

std::string_view to_string(retry_when x) {
  switch (x) {
  case retry_when::never:
    return "never";
  case retry_when::safe:
    return "safe";
  case retry_when::repeated:
    return "repeated";
  }
  return "invalid";
}

std::string_view to_string(alert_when x) {
  switch (x) {
  case alert_when::never:
    return "never";
  case alert_when::if_repeated:
    return "if_repeated";
  case alert_when::always:
    return "always";
  }
  return "invalid";
}

std::vector<std::string> validate(std::span<const decision_entry> overrides) {
  problem_list found;
  std::unordered_set<std::size_t> seen;
  for (const auto& [kind, row] : overrides) {
    if (!default_row(kind)) {
      found.add("kind", std::to_string(index_of(kind))
                          + " is no kind of failure; see the list in the "
                            "documentation of the decision table");
      continue;
    }
    const auto name = to_string(kind);
    found.require(seen.insert(index_of(kind)).second, name,
                  "is given twice; keep one of the rows");
    found.require(row.retry == retry_when::never || !is_an_end(kind), name,
                  "ends a call and cannot be retried; set retry to never");
    found.require(row.retry != retry_when::never || !row.backoff, name,
                  "has a backoff but is never retried; drop backoff, or set "
                  "retry");
  }
  return found.take();
}

decision_table::decision_table() {
  const auto other = *default_row(failure_kind::internal);
  for (std::size_t i = 0; i < rows_.size(); ++i)
    rows_[i] = default_row(static_cast<failure_kind>(i)).value_or(other);
}

decision_table::decision_table(std::span<const decision_entry> overrides)
  : decision_table() {
  for (const auto& [kind, row] : overrides)
    if (index_of(kind) < rows_.size())
      rows_[index_of(kind)] = row;
}

const decision_row& decision_table::operator[](failure_kind kind) const {
  const auto i = index_of(kind);
  return rows_[i < rows_.size() ? i : index_of(failure_kind::internal)];
}

std::vector<decision_entry> decision_table::entries() const {
  std::vector<decision_entry> result;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (const auto kind = static_cast<failure_kind>(i); default_row(kind))
      result.push_back({kind, rows_[i]});
  return result;
}

} // namespace stanchion
