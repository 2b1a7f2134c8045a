#pragma once

#include "cases.hpp"

#include <map>
#include <string>

namespace stanchion {
class runtime;
class value;
struct decision_request;
struct ticket;
} // namespace stanchion

namespace customer_support {

/// Ann, who decides what the agent may not do by itself. She is scripted: she
/// has read the mails, knows what each is about, and looks into the order.
///
///   refund, of a mail that wants no money     reject
///   refund, of something bought years ago     reject
///   refund, of more than was paid             edit: what was paid
///   letter to who only gave orders            reject
///   letter about the wrong thing              edit: the right one
///   everything else                           approve
class clerk {
public:
  explicit clerk(const case_file& x);

  /// Decides all tickets that are open.
  void attend(stanchion::runtime& rt) const;

  /// What she says to an approval. Errors: `std::out_of_range` for one about an
  /// unknown mail; `step_error` for a ticket of another kind.
  [[nodiscard]] stanchion::decision_request
  judge(const stanchion::ticket& t) const;

private:
  std::map<std::string, support_case> mails_;
};

} // namespace customer_support
