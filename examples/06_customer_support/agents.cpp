#include "agents.hpp"

#include "replies.hpp"

#include <stanchion/stanchion.hpp>

#include <algorithm>
#include <string>

namespace customer_support {

using namespace stanchion;

namespace {

/// What it takes the mail for, and how sure it is.
value category_in(const value& said) {
  return said["category"].with_confidence(said["confidence"].as_double());
}

/// How sure it is that the customer wants money back: P(refund) + P(damage).
double wants_money(const value& said) {
  const auto sure = said["scores"][to_string(category::refund)].as_double()
                    + said["scores"][to_string(category::damage)].as_double();
  return std::min(sure, 1.0); // rounding
}

/// All of it comes from the form and the shop's books, none from the text.
value refund_for(const value& request, const value& order, const value& said) {
  return args("case", request["id"], "order", request["order"], "cents",
              request["cents"].with_confidence(wants_money(said)), "paid",
              order["paid"], "bought", order["bought"]);
}

value reply_to(const value& request, const value& said, std::int64_t refunded) {
  const auto about = parse_category(said["category"].as_string());
  const auto letter = draft_reply(
    about, {.asked = request.get("cents", 0).as_int(), .paid = refunded});
  return args("case", request["id"], "category", category_in(said), "letter",
              letter);
}

task<json> support(agent_context& ctx, value request) {
  auto said = co_await ctx.call("classify", args("text", request["text"]));
  auto refunded = std::int64_t{0};
  if (request.contains("cents")) {
    auto order
      = co_await ctx.call("orders.look_up", args("order", request["order"]));
    auto paid
      = co_await ctx.try_call("refunds.pay", refund_for(request, order, said));
    if (paid.ok())
      refunded = paid.get()["cents"].as_int();
  }
  auto sent
    = co_await ctx.try_call("replies.send", reply_to(request, said, refunded));
  co_return args("category", said["category"], "confidence", said["confidence"],
                 "source", said.source(), "refunded", refunded, "answered",
                 sent.ok());
}

} // namespace

value request_of(const support_case& x) {
  if (x.cents == 0)
    return args("id", x.id, "text", x.text);
  return args("id", x.id, "text", x.text, "order", x.order, "cents", x.cents);
}

void add_agent(runtime& rt) {
  rt.add(agent{"support", "1", support}.modes(
    {.least_confidence = least_confidence}));
}

} // namespace customer_support
