#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>
#include <stanchion/cli/ticket_text.hpp>
#include <stanchion/cli/top/report.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::top {

namespace {

/// Lists longer than this are no longer looked at by people.
constexpr auto most = std::size_t{200};
constexpr auto last_ended = std::size_t{20};

std::string age_of(const json& x, const char* member, instant now) {
  const auto at = parse_rfc3339(text_of(x, member));
  return at ? to_text(std::max(duration{0}, now - *at)) : "";
}

std::string left_of(const json& x, const char* member, instant now) {
  const auto at = parse_rfc3339(text_of(x, member));
  if (!at)
    return {};
  return *at > now ? to_text(*at - now) : "now";
}

// -- tickets ------------------------------------------------------------------

/// What it is about; of an approval with the arguments as far as they fit.
std::string subject_of(const ticket_line& x) {
  if (text_of(*x.ticket, "kind") != "approval")
    return x.title;
  const auto arguments = arguments_of(*x.ticket);
  return arguments.is_null() ? x.title : x.title + "  " + compact(arguments);
}

listing ticket_rows(const report& x) {
  auto to = listing{.heads = {"TICKET", "FOR", "LEFT", "WHOSE", "WHAT"},
                    .rows = {},
                    .none = "nothing waits for a person"};
  for (const auto& line : fold_tickets(x.tickets)) {
    const auto& t = *line.ticket;
    const auto terms = t.value("terms", json::object());
    to.rows.push_back(
      {subject_kind::ticket,
       text_of(t, "id"),
       {text_of(t, "id"), age_of(t, "created", x.at),
        left_of(terms, "expires", x.at), text_of(terms, "assignee"),
        subject_of(line)},
       text_of(t, "kind") == "review" ? look_of::plain : look_of::warn});
  }
  return to;
}

// -- runs ---------------------------------------------------------------------

/// The order in which people look at runs.
int rank_of(const json& run) {
  const auto state = text_of(run, "state");
  if (state == "parked")
    return 0;
  if (is_stuck(run))
    return 1;
  if (state == "compensating")
    return 2;
  return state == "waiting" ? 3 : 4;
}

std::string why_of(const json& run, instant now) {
  auto why = shown_wait(run, "waiting_for");
  if (const auto left = left_of(run, "next_at", now); !left.empty())
    why += (why.empty() ? "" : "; ") + std::string{"goes on by itself in "}
           + left;
  return why;
}

look_of look_at(const json& run) {
  const auto state = text_of(run, "state");
  if (state == "parked")
    return look_of::bad;
  if (state == "failed")
    return look_of::bad;
  if (is_stuck(run) || state == "compensating")
    return look_of::warn;
  return state == "running" ? look_of::good : look_of::plain;
}

row run_row(const json& run, instant now, bool ended) {
  constexpr auto short_id = std::size_t{13}; // to the millisecond
  const auto id = text_of(run, "id");
  return {subject_kind::run,
          id,
          {id.substr(0, short_id), text_of(run, "agent"), text_of(run, "state"),
           age_of(run, ended ? "updated" : "created", now),
           ended ? "ended that long ago" : why_of(run, now)},
          ended && text_of(run, "state") != "failed" ? look_of::dim
                                                     : look_at(run)};
}

listing run_rows(const report& x) {
  auto to = listing{.heads = {"RUN", "AGENT", "STATE", "FOR", "WHY"},
                    .rows = {},
                    .none = "there are no runs"};
  auto sorted = std::vector<const json*>{};
  for (const auto& run : x.runs)
    sorted.push_back(&run);
  std::reverse(sorted.begin(), sorted.end()); // the oldest first
  std::stable_sort(
    sorted.begin(), sorted.end(),
    [](const json* a, const json* b) { return rank_of(*a) < rank_of(*b); });
  for (const auto* run : sorted)
    to.rows.push_back(run_row(*run, x.at, false));
  for (const auto& run : x.ended)
    to.rows.push_back(run_row(run, x.at, true));
  return to;
}

// -- the tree -----------------------------------------------------------------

void add_node(const json& node, const std::string& above,
              const std::string& margin, instant now, std::vector<row>& to) {
  const auto path = above + "/" + text_of(node, "name");
  const auto state = text_of(node, "state");
  const auto kind = text_of(node, "kind");
  auto more = text_of(node, "detail");
  const auto add = [&more](const std::string& text) {
    more += (more.empty() ? "" : ", ") + text;
  };
  if (node.contains("restarts"))
    add("restarted " + text_of(node, "restarts") + " times");
  if (const auto left = left_of(node, "next_at", now); !left.empty())
    add("again in " + left);
  to.push_back({subject_kind::none,
                path,
                {margin + text_of(node, "name"), kind, state, more},
                state == "running"                    ? look_of::plain
                : state == "waiting" || state.empty() ? look_of::dim
                                                      : look_of::warn});
  for (const auto& child : node.value("children", json::array()))
    add_node(child, path, margin + "  ", now, to);
}

listing tree_rows(const report& x) {
  auto to = listing{
    .heads = {"NAME", "KIND", "STATE", "MORE"}, .rows = {}, .none = x.undriven};
  if (!x.tree.empty())
    add_node(x.tree, {}, {}, x.at, to.rows);
  return to;
}

// -- agents and tools ---------------------------------------------------------

row agent_row(const json& agent) {
  const auto setting = agent.value("mode", json::object());
  const auto mode = text_of(setting, "mode");
  const auto by = text_of(setting, "by");
  const auto stopped = text_of(agent, "state") == "stopped";
  return {subject_kind::agent,
          text_of(agent, "name"),
          {text_of(agent, "name"), "agent",
           stopped ? "stopped, its supervisor gave up" : mode,
           by.empty() ? "version " + text_of(agent, "version")
                      : by + ": " + text_of(setting, "reason")},
          stopped || mode == "stopped" ? look_of::bad
          : mode == "autonomous"       ? look_of::good
                                       : look_of::warn};
}

bool lets_pass(const json& tool) {
  const auto state = text_of(tool, "breaker");
  return state == "closed" || state == "unknown";
}

row tool_row(const json& tool) {
  return {subject_kind::tool,
          text_of(tool, "name"),
          {text_of(tool, "name"), "tool", "breaker " + text_of(tool, "breaker"),
           text_of(tool, "effect")},
          lets_pass(tool) ? look_of::good : look_of::bad};
}

listing tool_rows(const report& x) {
  auto to = listing{
    .heads = {"NAME", "KIND", "STATE", "MORE"}, .rows = {}, .none = x.undriven};
  for (const auto& agent : x.agents)
    to.rows.push_back(agent_row(agent));
  for (const auto& tool : x.tools)
    to.rows.push_back(tool_row(tool));
  return to;
}

template <class Predicate>
std::size_t count(const json& xs, Predicate holds) {
  return static_cast<std::size_t>(std::count_if(xs.begin(), xs.end(), holds));
}

} // namespace

report look(operations& by, bool offline) {
  auto x = report{};
  x.tickets = by.list_tickets({.states = {ticket_state::open}, .limit = most})
                .at("tickets");
  auto open = run_filter{.limit = most};
  open.states = {run_state::queued, run_state::running, run_state::waiting,
                 run_state::parked, run_state::compensating};
  x.runs = by.list_runs(open).at("runs");
  auto ended = run_filter{.limit = last_ended};
  ended.states = {run_state::completed, run_state::failed, run_state::cancelled,
                  run_state::continued};
  x.ended = by.list_runs(ended).at("runs");
  try {
    x.tree = by.tree();
    x.tools = by.list_tools().at("tools");
    x.agents = by.list_agents().at("agents");
  } catch (const error& e) {
    if (!offline || e.code() != error_code::no_server)
      throw;
    x.undriven = "no process drives these runs";
  }
  x.at = system_clock().now();
  return x;
}

json document_of(const report& x) {
  auto to = json{{"at", to_rfc3339(x.at)},
                 {"tickets", x.tickets},
                 {"runs", x.runs},
                 {"ended", x.ended},
                 {"driven", x.undriven.empty()}};
  if (!x.undriven.empty())
    return to;
  to["tree"] = x.tree;
  to["tools"] = x.tools;
  to["agents"] = x.agents;
  return to;
}

bool is_stuck(const json& run) {
  const auto state = text_of(run, "state");
  return state == "parked" || (state == "waiting" && !run.contains("next_at"));
}

const json* find_ticket(const report& in, const std::string& id) {
  for (const auto& t : in.tickets)
    if (text_of(t, "id") == id)
      return &t;
  return nullptr;
}

rows rows_of(report x) {
  auto to = rows{};
  to.panes = {ticket_rows(x), run_rows(x), tree_rows(x), tool_rows(x)};
  to.open = x.runs.size();
  to.stuck = count(x.runs, is_stuck);
  to.breakers = count(x.tools, [](const json& t) { return !lets_pass(t); });
  to.lowered = count(x.agents, [](const json& a) {
    return text_of(a.value("mode", json::object()), "mode") != "autonomous";
  });
  to.from = std::move(x);
  return to;
}

} // namespace stanchion::top
