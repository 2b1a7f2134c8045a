#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/runtime/tree_tickets.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace stanchion {

namespace {

/// How the groups of the tickets about each part begin.
constexpr auto groups = std::array<std::pair<tree_part, std::string_view>, 4>{{
  {tree_part::root, "crashed:root"},
  {tree_part::agent, "stopped:"},
  {tree_part::tool, "isolated:"},
  {tree_part::version, "version:"},
}};

std::string group_of(tree_part part, const std::string& name) {
  for (const auto& [known, prefix] : groups)
    if (known == part)
      return std::string{prefix} + name;
  return name;
}

/// `told_apart` tells tickets of one group apart.
ticket about(tree_part part, const std::string& name,
             const std::string& told_apart, instant now) {
  auto t = ticket{};
  t.reason = park_reason::restart_budget_spent;
  t.group = group_of(part, name);
  t.id = "T-" + to_string(sha256(t.group + told_apart)).substr(0, 16);
  t.created = now;
  return t;
}

} // namespace

tree_subject subject_of(const ticket& x) {
  if (x.run == 0)
    for (const auto& [part, prefix] : groups)
      if (x.group.starts_with(prefix))
        return {part, x.group.substr(prefix.size())};
  return {};
}

ticket root_ticket(const failure& why, instant now) {
  auto t = about(tree_part::root, {}, to_rfc3339_micros(now), now);
  t.title = "the runtime stopped: " + to_string(why);
  t.context = json{{"error", json(why)}}.dump();
  return t;
}

ticket agent_ticket(const std::string& agent,
                    const std::vector<run_number>& exhausted, instant now) {
  auto t = about(tree_part::agent, agent, to_rfc3339_micros(now), now);
  t.title = "agent " + agent
            + " was stopped: " + std::to_string(exhausted.size())
            + " of its runs crashed too often";
  t.options = {verb::restart};
  t.context = json{{"agent", agent},
                   {"runs", exhausted},
                   {"suggested_next_step",
                    "find out why its runs crash, then restart it"}}
                .dump();
  return t;
}

ticket tool_ticket(const std::string& tool, instant since,
                   const std::string& reason) {
  auto t = about(tree_part::tool, tool, to_rfc3339_micros(since), since);
  t.reason = park_reason::requires_human;
  t.title = "tool " + tool + " is isolated: "
            + (reason.empty() ? "no reason was given" : reason);
  t.options = {verb::restart};
  t.context = json{{"tool", tool},
                   {"suggested_next_step",
                    "let calls pass again, with restart, once it is mended"}}
                .dump();
  return t;
}

ticket version_ticket(const std::string& agent, const std::string& version,
                      std::size_t runs, instant now) {
  auto t = about(tree_part::version, agent + "@" + version, {}, now);
  t.reason = park_reason::requires_human;
  t.title = std::to_string(runs) + " runs wait for version " + version
            + " of agent " + agent + ", which this program lacks";
  t.context = json{{"agent", agent},
                   {"suggested_next_step",
                    "start a program that registers this version"}}
                .dump();
  return t;
}

} // namespace stanchion
