#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>

#include <nlohmann/json.hpp>

namespace stanchion::detail {

namespace {

task<json> undo_it(agent_context& ctx, value what) {
  auto done = co_await ctx.call(what["tool"].as_string(), what["arguments"]);
  co_return args("undone", what["tool"], "result", done);
}

} // namespace

agent make_undo_agent() {
  return {undo_agent_name, "1", undo_it};
}

} // namespace stanchion::detail
