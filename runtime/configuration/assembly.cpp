#include <stanchion/core/error.hpp>
#include <stanchion/core/suggest.hpp>
#include <stanchion/runtime/configuration/assembly.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::configuring {

namespace {

bool holds(const std::vector<std::string>& names, const std::string& x) {
  return std::ranges::find(names, x) != names.end();
}

} // namespace

assembly::assembly(const parts& from, const runtime& with)
  : failures_(from.failures), failures_at_(from.failures_at) {
  find_names(from);
  check_names(from, with);
  if (problems_.empty())
    make(from);
  if (problems_.empty())
    group(from);
  if (problems_.empty())
    try_out();
  std::ranges::stable_sort(problems_, {}, &configuration_problem::at);
}

void assembly::complain(configuration_problem where, std::string what) {
  where.what = std::move(what);
  problems_.push_back(std::move(where));
}

/// Does something whose errors are the part's at `where`.
template <class Do>
void assembly::attempt(const configuration_problem& where, const Do& what) {
  try {
    what();
  } catch (const error& e) {
    complain(where, std::string{detail_of(e)});
  }
}

// -- names --------------------------------------------------------------------

/// No two parts of a name may be meant by one word.
void assembly::find_names(const parts& from) {
  const auto take = [this](const part& x) {
    if (!places_.emplace(x.name, x.where).second)
      complain(x.where, "another model, tool, agent or supervisor of this file "
                        "has the name \""
                          + x.name + "\"; give it another one");
  };
  std::ranges::for_each(from.tools, take);
  std::ranges::for_each(from.agents, take);
  std::ranges::for_each(from.supervisors, take);
}

void assembly::check_mentions(const std::vector<mention>& all,
                              const std::vector<std::string>& known,
                              std::string_view as) {
  for (const auto& x : all) {
    if (holds(known, x.name))
      continue;
    const auto meant = nearest(x.name, known);
    complain(x.where, "there is no " + std::string{as} + " \"" + x.name + "\""
                        + (meant ? "; did you mean \"" + *meant + "\"?" : ""));
  }
}

void assembly::check_names(const parts& from, const runtime& with) {
  auto tools = std::vector<std::string>{};
  auto agents = std::vector<std::string>{};
  for (const auto& x : with.tools())
    tools.push_back(x.name);
  for (const auto& x : with.agents())
    agents.push_back(x.name);
  constexpr auto taken = "the program itself has one of that name; give it "
                         "another";
  for (const auto& x : from.tools)
    if (holds(tools, x.name))
      complain(x.where, taken);
  for (const auto& x : from.agents)
    if (holds(agents, x.name))
      complain(x.where, taken);
  auto models = tools; // of the program, any may be one
  for (const auto& x : from.tools) {
    tools.push_back(x.name);
    if (x.model)
      models.push_back(x.name);
  }
  for (const auto& x : from.agents)
    agents.push_back(x.name);
  for (const auto& x : from.tools)
    check_mentions(x.tools, tools, "tool or model");
  for (const auto& x : from.agents) {
    check_mentions(x.models, models, "model");
    check_mentions(x.tools, tools, "tool");
    check_mentions(x.agents, agents, "agent");
  }
}

// -- parts --------------------------------------------------------------------

void assembly::make(const parts& from) {
  for (const auto& x : from.tools)
    attempt(x.where, [&] { tools_.emplace(x.name, x.make()); });
  for (const auto& x : from.agents)
    attempt(x.where, [&] { agents_.emplace(x.name, x.make()); });
}

/// Takes the parts of a supervisor away from those that stand alone.
supervisor assembly::team_of(const supervisor_part& x) {
  auto team = supervisor{x.name, x.how};
  team.restarts(x.restarts, x.window).backoff(x.backoff);
  for (const auto& child : x.children) {
    const auto& name = child.name;
    const auto known = supervisors_.find(name);
    if (known != supervisors_.end()) {
      const auto* inner = known->second;
      supervisors_.erase(known);
      team.child(team_of(*inner));
      continue;
    }
    if (tools_.contains(name) && !holds(in_teams_, name))
      team.child(tools_.at(name));
    else if (agents_.contains(name) && !holds(in_teams_, name))
      team.child(agents_.at(name).plain());
    else
      complain(child.where,
               places_.contains(name)
                 ? "\"" + name
                     + "\" has a supervisor already, or is above "
                       "this one"
                 : "there is no model, tool, agent or supervisor \"" + name
                     + "\" in this file");
    in_teams_.push_back(name);
  }
  return team;
}

void assembly::group(const parts& from) {
  auto inner = std::vector<std::string>{};
  for (const auto& x : from.supervisors) {
    supervisors_.emplace(x.name, &x);
    for (const auto& child : x.children)
      inner.push_back(child.name);
  }
  for (const auto& x : from.supervisors)
    if (!holds(inner, x.name)) {
      supervisors_.erase(x.name);
      teams_.push_back(team_of(x));
    }
  for (const auto& [name, x] : supervisors_)
    complain(x->where, "is among its own children");
}

/// What only a runtime can say of them, one that nobody starts says.
void assembly::try_out() {
  auto scratch = runtime{config{.in_memory = true}};
  if (failures_)
    attempt(failures_at_, [&] { scratch.set(*failures_); });
  for (const auto& [name, x] : tools_)
    attempt(places_.at(name), [&] { scratch.add(x); });
  for (const auto& [name, x] : agents_)
    attempt(places_.at(name), [&] { scratch.add(x); });
  auto others = runtime{config{.in_memory = true}};
  for (const auto& x : teams_)
    attempt(places_.at(x.name()), [&] { others.add(x); });
}

void assembly::add_to(runtime& to) const {
  if (failures_)
    to.set(*failures_);
  for (const auto& [name, x] : tools_)
    if (!holds(in_teams_, name))
      to.add(x);
  for (const auto& x : teams_)
    to.add(x);
  for (const auto& [name, x] : agents_)
    to.add(x); // one of a team's is told what it may call
}

} // namespace stanchion::configuring
