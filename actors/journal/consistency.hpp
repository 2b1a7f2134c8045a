#pragma once

#include <stanchion/core/store.hpp>

#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// What a run's records, taken in their order, say about the run: enough to
/// compare with its row.
class run_digest {
public:
  /// Takes the next record. Returns what is wrong with its place; empty if
  /// nothing is.
  [[nodiscard]] std::string add(std::uint32_t seq, record_kind kind);

  /// What is wrong between the records and `row`; empty if nothing is.
  [[nodiscard]] std::string compare(const run_row& row) const;

private:
  std::uint32_t next_ = 0;
  record_kind end_ = record_kind::started; // a terminal kind, once there is one
};

/// The state a terminal record leaves its run in.
[[nodiscard]] run_state terminal_state(record_kind kind);

/// What is wrong between a ticket and the id of its run, null if there is no
/// such run; empty if nothing is.
[[nodiscard]] std::string compare(const ticket& x, const run_id* run);

/// Throws `error{store_damaged}` unless `xs`, read from `from` on, follow each
/// other without a gap.
void require_no_gap(run_number run, std::uint32_t from,
                    const std::vector<record>& xs);

} // namespace stanchion
