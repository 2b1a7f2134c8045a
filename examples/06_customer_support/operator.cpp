#include "operator.hpp"

#include "replies.hpp"

#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/stanchion.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace customer_support {

using namespace stanchion;

namespace {

/// Returns are taken of what was bought since.
constexpr auto first_day = "2026-01-01";

bool wants_money(const support_case& mail) {
  return mail.truth == category::refund || mail.truth == category::damage;
}

json say(const char* verb, const std::string& comment = {}) {
  auto said = json{{"verb", verb}};
  if (!comment.empty())
    said["comment"] = comment;
  return said;
}

json edit(json arguments, const std::string& comment) {
  auto said = say("edit", comment);
  said["payload"] = std::move(arguments);
  return said;
}

json judge_refund(const value& refund, const support_case& mail) {
  if (!wants_money(mail))
    return say("reject", "asks for no money");
  if (refund["bought"] < first_day)
    return say("reject", "bought on " + refund["bought"].as_string());
  if (refund["cents"] > refund["paid"]) {
    auto changed = refund.get();
    changed["cents"] = refund["paid"].get();
    return edit(std::move(changed),
                as_money(refund["cents"].as_int()) + " asked, "
                  + as_money(refund["paid"].as_int()) + " paid");
  }
  return say("approve");
}

json judge_letter(const value& reply, const support_case& mail) {
  const auto taken_for = parse_category(reply["category"].as_string());
  if (mail.injection && mail.cents == 0)
    return say("reject", "gives orders, asks nothing");
  if (taken_for == mail.truth)
    return say("approve");
  // The sentence about money stays as it is: that has been decided.
  const auto& letter = reply["letter"].as_string();
  const auto old = draft_reply(taken_for, {});
  const auto about_money = letter.substr(std::min(old.size(), letter.size()));
  auto right = args("case", reply["case"], "category", to_string(mail.truth),
                    "letter", draft_reply(mail.truth, {}) + about_money);
  return edit(right, "not " + std::string{to_string(taken_for)} + ", but "
                       + std::string{to_string(mail.truth)});
}

json answer_of(const http_answer& x) {
  if (x.status != 200)
    throw std::runtime_error{"ann is refused: " + x.body};
  return json::parse(x.body);
}

} // namespace

clerk::clerk(const case_file& x) {
  for (const auto& mail : x.cases)
    mails_[mail.id] = mail;
}

std::size_t clerk::attend(http_client& at) const {
  const auto page = answer_of(at.get("/v1/tickets?state=open"));
  const auto& open = page.at("tickets");
  for (const auto& t : open)
    static_cast<void>(answer_of(
      at.post("/v1/tickets/" + t.at("id").get<std::string>() + "/decision",
              judge(t).dump())));
  return open.size();
}

json clerk::judge(const json& ticket) const {
  const auto step = value{ticket.at("context")}["failing_step"];
  const auto arguments = step["arguments"];
  const auto& mail = mails_.at(arguments["case"].as_string());
  auto said = step["name"] == "refunds.pay" ? judge_refund(arguments, mail)
                                            : judge_letter(arguments, mail);
  said["version"] = ticket.at("version");
  return said;
}

} // namespace customer_support
