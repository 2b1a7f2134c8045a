#pragma once

#include <stanchion/core/failure_rules.hpp>
#include <stanchion/supervisors/policy/decision_table.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How failures are read, and what follows from them: of a runtime, or of one
/// of its tools, whose own come first.
struct failure_policy {
  /// What failures are taken for. Tried before the runtime's and the default
  /// ones.
  failure_rules rules;
  /// Rows in place of those of the runtime and the default ones.
  std::vector<decision_entry> rows;
};

/// What is wrong with `x`, one sentence a fault; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const failure_policy& x);

/// Who a row is by.
enum class row_origin : std::uint8_t {
  built_in = 1, ///< the default
  runtime = 2,
  tool = 3,
};

[[nodiscard]] std::string_view to_string(row_origin x);

/// A row that counts, and who it is by.
struct effective_row {
  decision_entry entry;
  row_origin origin = row_origin::built_in;
};

/// What holds for a tool with `own` in a runtime with `common`.
[[nodiscard]] decision_table table_of(const failure_policy& common,
                                      const failure_policy& own);
[[nodiscard]] failure_rules rules_of(const failure_policy& common,
                                     const failure_policy& own);
/// The same table with the origin of each row, in the order of the kinds.
[[nodiscard]] std::vector<effective_row>
explain_table(const failure_policy& common, const failure_policy& own);

} // namespace stanchion
