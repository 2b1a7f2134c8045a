#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

std::string timeout_of(const json& tool) {
  return to_text(duration{tool.value("timeout_us", std::int64_t{0})});
}

std::string fallbacks_of(const json& tool) {
  auto text = std::string{};
  for (const auto& each : tool.value("fallbacks", json::array()))
    text += (text.empty() ? "" : ", ") + each.get<std::string>();
  return one_line(text);
}

std::string breaker_cell(const terminal& io, const json& tool) {
  const auto state = text_of(tool, "breaker");
  return colored(io,
                 state == "closed"    ? "green"
                 : state == "unknown" ? ""
                                      : "red",
                 state);
}

void print_tool(const command_context& x, const json& tool) {
  const auto line = [&x](const char* name, const std::string& text) {
    if (!text.empty())
      x.io.out << name << std::string(11 - std::string{name}.size(), ' ')
               << text << '\n';
  };
  line("tool", one_line(text_of(tool, "name")));
  line("effect", text_of(tool, "effect"));
  line("breaker", breaker_cell(x.io, tool));
  line("timeout", timeout_of(tool));
  line("attempts", text_of(tool, "attempts"));
  line("undo", one_line(text_of(tool, "undo")));
  line("fallbacks", fallbacks_of(tool));
  for (const auto* schema : {"input", "output"})
    line(schema, plain_text(pretty(tool.value(schema, json{}))));
}

exit_code set_breaker(command_context& x, const char* state) {
  const auto request
    = json{{"state", state}, {"reason", x.words.reason}, {"by", who(x.words)}};
  auto s = session{x, false};
  const auto tool = s.reach().set_breaker(x.words.tool, request);
  if (!print_document(x, tool))
    x.io.out << one_line(text_of(tool, "name")) << ' '
             << text_of(tool, "breaker") << '\n';
  return exit_code::ok;
}

exit_code stop(command_context& x, bool lift) {
  auto s = session{x, false};
  const auto state = s.reach().stop_all(
    {{"lift", lift}, {"reason", x.words.reason}, {"by", who(x.words)}});
  if (!print_document(x, state))
    x.io.out << (lift ? "lifted\n" : "stopped\n");
  return exit_code::ok;
}

} // namespace

exit_code mode_set(command_context& x) {
  auto s = session{x, false};
  const auto agent = s.reach().set_mode(
    x.words.agent,
    {{"mode", x.words.mode}, {"reason", x.words.reason}, {"by", who(x.words)}});
  if (!print_document(x, agent))
    x.io.out << one_line(text_of(agent, "name")) << ' '
             << text_of(agent.value("mode", json::object()), "mode") << '\n';
  return exit_code::ok;
}

exit_code stop_all(command_context& x) {
  return stop(x, false);
}

exit_code stop_lift(command_context& x) {
  return stop(x, true);
}

exit_code tool_list(command_context& x) {
  auto s = session{x, false};
  const auto page = s.ask([](operations& by) { return by.list_tools(); });
  if (print_list(x, page, "tools"))
    return exit_code::ok;
  auto table = text_table{
    .heads = {"TOOL", "EFFECT", "BREAKER", "TIMEOUT", "ATTEMPTS", "FALLBACKS"}};
  for (const auto& t : page.at("tools"))
    table.rows.push_back({one_line(text_of(t, "name")), text_of(t, "effect"),
                          breaker_cell(x.io, t), timeout_of(t),
                          text_of(t, "attempts"), fallbacks_of(t)});
  print(x.io.out, table);
  return exit_code::ok;
}

exit_code tool_show(command_context& x) {
  auto s = session{x, false};
  const auto tool
    = s.ask([&x](operations& by) { return by.find_tool(x.words.tool); });
  if (!print_document(x, tool))
    print_tool(x, tool);
  return exit_code::ok;
}

exit_code breaker_isolate(command_context& x) {
  return set_breaker(x, "isolated");
}

exit_code breaker_close(command_context& x) {
  return set_breaker(x, "closed");
}

} // namespace stanchion::verbs
