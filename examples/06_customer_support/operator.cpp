#include "operator.hpp"

#include "replies.hpp"

#include <stanchion/stanchion.hpp>

#include <algorithm>
#include <utility>

namespace customer_support {

using namespace stanchion;

namespace {

/// Returns are taken of what was bought since.
constexpr auto first_day = "2026-01-01";

bool wants_money(const support_case& mail) {
  return mail.truth == category::refund || mail.truth == category::damage;
}

decision_request say(verb v, std::string comment = {}) {
  return {.verb = v, .by = "ann", .comment = std::move(comment)};
}

decision_request change(const value& arguments, const char* key,
                        const value& to, std::string comment) {
  auto changed = arguments.get();
  changed[key] = to;
  auto said = say(verb::edit, std::move(comment));
  said.payload = changed.dump();
  return said;
}

decision_request judge_refund(const value& refund, const support_case& mail) {
  if (!wants_money(mail))
    return say(verb::reject, "asks for no money");
  if (refund["bought"] < first_day)
    return say(verb::reject, "bought on " + refund["bought"].as_string());
  if (refund["cents"] > refund["paid"])
    return change(refund, "cents", refund["paid"],
                  as_money(refund["cents"].as_int()) + " asked, "
                    + as_money(refund["paid"].as_int()) + " paid");
  return say(verb::approve);
}

decision_request judge_letter(const value& reply, const support_case& mail) {
  const auto taken_for = parse_category(reply["category"].as_string());
  if (mail.injection && mail.cents == 0)
    return say(verb::reject, "gives orders, asks nothing");
  if (taken_for == mail.truth)
    return say(verb::approve);
  // The sentence about money stays as it is: that has been decided.
  const auto& letter = reply["letter"].as_string();
  const auto old = draft_reply(taken_for, {});
  const auto about_money = letter.substr(std::min(old.size(), letter.size()));
  auto right = args("case", reply["case"], "category", to_string(mail.truth),
                    "letter", draft_reply(mail.truth, {}) + about_money);
  auto said
    = say(verb::edit, "not " + std::string{to_string(taken_for)} + ", but "
                        + std::string{to_string(mail.truth)});
  said.payload = right.dump();
  return said;
}

} // namespace

clerk::clerk(const case_file& x) {
  for (const auto& mail : x.cases)
    mails_[mail.id] = mail;
}

void clerk::attend(runtime& rt) const {
  for (const auto& t : rt.journal().list_tickets(
         {.states = {ticket_state::open}, .limit = 1'000}))
    rt.decide(judge(t));
}

decision_request clerk::judge(const ticket& t) const {
  const auto step = value{json::parse(t.context)}["failing_step"];
  const auto arguments = step["arguments"];
  const auto& mail = mails_.at(arguments["case"].as_string());
  auto said = step["name"] == "refunds.pay" ? judge_refund(arguments, mail)
                                            : judge_letter(arguments, mail);
  said.ticket = t.id;
  said.version = t.version;
  return said;
}

} // namespace customer_support
