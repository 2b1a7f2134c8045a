#include "replies.hpp"

namespace customer_support {

namespace {

std::string about_money(const settlement_of_claim& money) {
  if (money.asked == 0)
    return {};
  if (money.paid == 0)
    return " We have looked at the amount that you asked for and cannot pay "
           "it; answer this letter if you see that differently.";
  auto text = " We have sent " + as_money(money.paid)
              + " EUR back to the card that you paid with";
  if (money.paid != money.asked)
    text += ", which is what we owe you by our books";
  return text + ".";
}

std::string_view body_of(category about) {
  switch (about) {
  case category::refund:
    return "What you do not like you may send back within 30 days; the label "
           "is in the box, and it costs you nothing.";
  case category::delivery:
    return "We have asked the courier where your parcel is and write again "
           "within a day. You can change address and day on the tracking "
           "page.";
  case category::damage:
    return "We are sorry that it did not reach you in one piece. Tell us "
           "whether you would rather have a new one, the part, or your money "
           "back.";
  case category::invoice:
    return "Your invoices are under My orders; there you can also change the "
           "name, the address and the VAT number on them.";
  case category::account:
    return "To get back into your account, use the link on the login page; "
           "it is valid for an hour. We never ask for a password.";
  case category::feedback:
    return "Thank you for telling us. A person reads this, too.";
  }
  return {};
}

} // namespace

std::string draft_reply(category about, const settlement_of_claim& money) {
  return "Hello! " + std::string{body_of(about)} + about_money(money);
}

} // namespace customer_support
