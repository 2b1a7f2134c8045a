#pragma once

#include "cases.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace stanchion {
class http_client;
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

  /// Decides all tickets that are open, over the operator API: `at` shows her
  /// token. Returns how many there were. Errors: `std::runtime_error` when she
  /// is refused; `error{no_server}`.
  std::size_t attend(stanchion::http_client& at) const;

  /// What she says to an approval, as the operator API has both. Errors:
  /// `std::out_of_range` for one about an unknown mail; `step_error` for a
  /// ticket of another kind.
  [[nodiscard]] nlohmann::json judge(const nlohmann::json& ticket) const;

private:
  std::map<std::string, support_case> mails_;
};

} // namespace customer_support
