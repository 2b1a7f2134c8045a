// A tool that fails twice and an agent that never notices.
//
// Shows:    a tool with an effect class and a retry policy, an agent, and
//           running it to the end.
// Run:      ./dev example 00_hello
// Expected: {"text":"hello, world (attempt 3)"}

#include <stanchion/stanchion.hpp>

using namespace stanchion;

json greeting(const value& who, tool_context& call) {
  if (call.attempt < 3)
    throw tool_error{failure_kind::overloaded, side_effect::none, "busy"};
  return args("text", "hello, " + who["name"].as_string() + " (attempt "
                        + std::to_string(call.attempt) + ")");
}

task<json> greet(agent_context& ctx, value who) {
  auto words = co_await ctx.call("greeting", args("name", who["name"]));
  co_return args("text", words["text"]);
}

int main(int argc, char** argv) {
  return command_line(argc, argv, [](runtime& rt) {
    rt.add(tool{"greeting", effect::read_only, greeting}
             .input(any()).output(any()).run_inline());
    rt.add(agent{"greet", "v1", greet});
  });
}
