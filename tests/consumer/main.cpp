// A program outside this repository: it sees only what was installed.
#include <stanchion/stanchion.hpp>

#include <iostream>

using namespace stanchion;

json twice(const value& x, tool_context&) {
  return args("n", 2 * x["n"].as_int());
}

task<json> answer(agent_context& ctx, value question) {
  auto doubled = co_await ctx.call("twice", args("n", question["half"]));
  co_return args("answer", doubled["n"]);
}

int main() {
  runtime rt{config{.in_memory = true}};
  rt.add(tool{"twice", effect::read_only, twice}.input(any()).output(any()));
  rt.add(agent{"answer", "v1", answer});
  rt.start();
  const auto id = rt.submit({.agent = "answer", .input = args("half", 21)}).id;
  const auto completed = rt.wait(id, 10s).state == run_state::completed;
  std::cout << (completed ? rt.result(id).get().dump() : "no answer") << '\n';
  return completed && rt.result(id).get()["answer"] == 42 ? 0 : 1;
}
