#include <stanchion/core/approval.hpp>

#include <algorithm>

namespace stanchion {

std::vector<std::string> validate(const approval_options& x,
                                  std::string_view field) {
  auto problems = std::vector<std::string>{};
  const auto wrong = [&](const char* member, const std::string& what) {
    problems.push_back(std::string{field} + "." + member + ": " + what);
  };
  if (x.expires_in <= duration::zero())
    wrong("expires_in", "must be positive");
  if (x.needed == 0)
    wrong("needed", "must be at least 1");
  auto sum = duration::zero();
  for (const auto& rung : x.ladder) {
    if (rung.target.empty())
      wrong("ladder", "a rung needs somebody to ask");
    if (rung.after <= duration::zero())
      wrong("ladder",
            "the time before " + rung.target + " is asked must be positive");
    sum += rung.after;
  }
  if (!x.ladder.empty() && sum >= x.expires_in)
    wrong("ladder", "its times (" + to_text(sum) + ") >= expires_in ("
                      + to_text(x.expires_in)
                      + "): the last ones are never asked");
  return problems;
}

ticket_terms terms_of(const approval_options& x, const std::string& submitter,
                      instant now) {
  auto terms = ticket_terms{};
  terms.needed = x.needed;
  terms.roles = x.roles;
  if (x.four_eyes)
    terms.requester = submitter;
  if (x.four_eyes && submitter.empty()) // of two people one is not the asker
    terms.needed = std::max(terms.needed, 2U);
  terms.expires = now + x.expires_in;
  terms.ladder = x.ladder;
  if (!x.ladder.empty())
    terms.escalates = now + x.ladder.front().after;
  terms.assignee = x.assignee;
  return terms;
}

} // namespace stanchion
