#pragma once

#include "books.hpp"
#include "cases.hpp"

#include <stanchion/core/ticket.hpp>
#include <stanchion/core/value.hpp>

#include <cstddef>
#include <iosfwd>
#include <vector>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace customer_support {

/// What became of one mail.
struct case_history {
  support_case mail;
  /// What the agent returned; null while its run has not ended.
  stanchion::value result;
  /// What people were asked about it, oldest first.
  std::vector<stanchion::ticket> tickets;
};

/// As the journal has it. Precondition: all cases were submitted.
[[nodiscard]] std::vector<case_history> look_back(stanchion::runtime& rt,
                                                  const case_file& x);

[[nodiscard]] std::size_t open_tickets(const std::vector<case_history>& all);

/// Who decided what, by category; how good the classifiers were; what people
/// changed; what was paid.
void print_report(std::ostream& out, const std::vector<case_history>& all,
                  const books& written);

} // namespace customer_support
