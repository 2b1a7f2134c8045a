#include "orders.hpp"

#include <stanchion/stanchion.hpp>

namespace shop {

using namespace stanchion;

namespace {

bool is_large(const value& payment) {
  return payment["cents"] > largest_unattended;
}

task<json> order(agent_context& ctx, value wanted) {
  auto paid
    = co_await ctx.call("payments.charge", args("cents", wanted["cents"]));
  co_return args("item", wanted["item"], "payment", paid["id"]);
}

} // namespace

void add_orders(runtime& rt, const std::shared_ptr<provider>& bank) {
  const auto charge = [bank](const value& x, tool_context& call) {
    bank->charge(call.key, x["cents"].as_int(), call.stop);
    return args("id", call.key);
  };
  rt.add(tool{"payments.charge", effect::idempotent, charge}
           .input(any())
           .output(any())
           .approve_if(is_large)
           .timeout(2min));
  rt.add(agent{"order", "1", order});
}

} // namespace shop
