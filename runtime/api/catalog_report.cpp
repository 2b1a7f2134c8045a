#include <stanchion/core/mode.hpp>
#include <stanchion/runtime/api/reports.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <utility>

namespace stanchion {

namespace {

/// The breakers of all guards, by tool.
void collect_breakers(const tree_node& from,
                      std::map<std::string, std::string>& to) {
  if (from.kind == "guard")
    to[from.name] = from.detail;
  for (const auto& child : from.children)
    collect_breakers(child, to);
}

} // namespace

json mode_document(const mode_setting& x) {
  auto to = json{{"mode", to_string(x.mode)}};
  if (!x.by.empty())
    to["by"] = x.by;
  if (!x.reason.empty())
    to["reason"] = x.reason;
  return to;
}

json agent_document(const agent_summary& x, const mode_setting& mode) {
  return {{"name", x.name},
          {"version", x.latest},
          {"versions", x.versions},
          {"state", x.stopped ? "stopped" : "running"},
          {"mode", mode_document(mode)}};
}

json tool_list(const std::vector<tool_summary>& tools, const tree_node& tree) {
  auto breakers = std::map<std::string, std::string>{};
  collect_breakers(tree, breakers);
  auto all = json::array();
  for (const auto& x : tools) {
    auto to = json{{"name", x.name},
                   {"effect", to_string(x.effect)},
                   {"timeout_us", x.timeout.count()},
                   {"attempts", x.attempts}};
    if (!x.undo.empty())
      to["undo"] = x.undo;
    if (!x.fallbacks.empty())
      to["fallbacks"] = x.fallbacks;
    const auto found = breakers.find(x.name);
    to["breaker"] = found == breakers.end() || found->second.empty()
                      ? "unknown"
                      : found->second;
    all.push_back(std::move(to));
  }
  return all;
}

} // namespace stanchion
