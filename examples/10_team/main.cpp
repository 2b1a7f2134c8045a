// A planner, workers and a critic, each led by a model, under one supervisor.
//
// Shows:    agents as tools of other agents, side by side; a budget that is
//           carved from the planner's; what each of them did, and cost.
// Run:      ./dev example 10_team [--url URL --model NAME]
// Expected: expected.txt; README.md explains it

#include "models.hpp"

#include <stanchion/stanchion.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <string_view>

using namespace stanchion;

namespace {

/// A library with three books.
json look_up(const value& x, tool_context&) {
  static const auto books = std::map<std::string, std::string>{
    {"height of the tower", "it is 300 m high"},
    {"height of the tower, with antenna", "it is 330 m high with its antenna"},
    {"year of the tower", "it was opened in 1889"},
  };
  const auto found = books.find(x["task"].as_string());
  if (found == books.end())
    throw tool_error{failure_kind::not_found, side_effect::none,
                     "no book says anything about it"};
  return found->second;
}

value one_task() {
  return args("type", "object", "properties",
              args("task", args("type", "string")), "required",
              json::array({"task"}));
}

/// A server's model if one is named, else a script.
tool model_of(const std::string& name, const model_settings& real,
              const model_script& script) {
  return real.url.empty() ? scripted_model(name, script)
                          : openai_model(name, real);
}

supervisor make_team(const model_settings& real) {
  return supervisor{"research", strategy::one_for_one}
    .child(model_of("planner.model", real, team::plan_or_report))
    .child(model_of("worker.model", real, team::find_out))
    .child(model_of("critic.model", real, team::criticise))
    .child(tool{"library.look_up", effect::read_only, look_up}
             .description("What the library has about a subject.")
             .input(schema{one_task().get()})
             .output(any()))
    .child(llm_agent{"worker", "1", "worker.model"}
             .instructions("Find out what you are asked, with the library.")
             .tool("library.look_up"))
    .child(llm_agent{"critic", "1", "critic.model"}.instructions(
      "Say in one sentence what is missing."))
    .child(
      llm_agent{"planner", "1", "planner.model"}
        .instructions("Have workers find things out, side by side. Ask the "
                      "critic. Report.")
        .agent("worker", "Finds one thing out.")
        .agent("critic", "Says what is missing.")
        .policies([](agent& x) { x.deadline(10min).max_tokens(20'000); }));
}

void tell_of(runtime& rt, const run_row& row, const std::string& indent) {
  std::cout << indent << row.agent << ": " << to_string(row.state);
  if (row.state == run_state::completed)
    std::cout << ", " << rt.result(row.id).get().dump();
  std::cout << '\n';
}

model_settings read(int argc, char** argv) {
  auto x = model_settings{};
  for (auto i = 1; i + 1 < argc; i += 2) {
    if (std::string_view{argv[i]} == "--url")
      x.url = argv[i + 1];
    else if (std::string_view{argv[i]} == "--model")
      x.model = argv[i + 1];
  }
  if ((argc != 1 && argc != 5) || x.url.empty() != x.model.empty())
    throw std::invalid_argument{"usage: 10_team [--url URL --model NAME]"};
  return x;
}

} // namespace

int main(int argc, char** argv) {
  try {
    auto rt = runtime{config{.in_memory = true}};
    rt.add(make_team(read(argc, argv)));
    rt.start();
    const auto id
      = rt.submit({.agent = "planner", .input = "What of the tower?"}).id;
    rt.wait(id);
    auto all = rt.journal().list_runs({});
    std::cout << "the team's work\n";
    for (auto row = all.rbegin(); row != all.rend(); ++row)
      tell_of(rt, *row, row->parent == 0 ? "  " : "    ");
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
