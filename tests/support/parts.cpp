#include "support/parts.hpp"

#include <stanchion/actors/run/agent_context.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::test {

task<json> returns(agent_context&, value input) {
  co_return input.get();
}

task<json> asks(agent_context& ctx, value) {
  auto answer
    = co_await ctx.escalate(park_reason::requires_human, "which one?");
  co_return answer.get();
}

tool failing_tool(std::string name) {
  return tool{std::move(name), effect::read_only,
              [](const value&, tool_context&) -> json {
                throw tool_error{failure_kind::http_4xx, side_effect::none,
                                 "no"};
              }}
    .input(any())
    .output(any())
    .run_inline();
}

} // namespace stanchion::test
