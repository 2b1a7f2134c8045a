#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/mcp_servers.hpp>
#include <stanchion/runtime/detail/require.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/supervisors/policy/relations.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

using detail::require_none;

/// What is wrong with how something is restarted, field by field.
void collect_problems(std::vector<std::string>& to,
                      const restart_budget_options& restarts, duration first) {
  auto backoff = backoff_options{};
  backoff.first = first;
  for (auto& x : validate(restarts, "restarts"))
    to.push_back(std::move(x));
  for (auto& x : validate(backoff, "backoff"))
    to.push_back(std::move(x));
  for (auto& x : contradictions(restarts, backoff))
    to.push_back(std::move(x));
}

/// The same of how its failed steps are tried again.
void check_retries(std::vector<std::string>& to, const agent& a) {
  const auto& x = a.retries();
  if (!x)
    return;
  if (x->most == 0)
    to.emplace_back("on_unhandled.most: must be at least 1; leave retry out "
                    "for none");
  for (auto& problem : validate(x->backoff, "on_unhandled.backoff"))
    to.push_back(std::move(problem));
  const auto waits = sum_of_delays(x->backoff, x->most);
  if (const auto& time = a.limits().time; time && waits >= *time)
    to.push_back("the waits between " + std::to_string(x->most)
                 + " more tries of a step (" + to_text(waits)
                 + ") >= deadline (" + to_text(*time)
                 + "): the last ones are never made");
}

} // namespace

void runtime::add(tool x) {
  if (impl_->tools.contains(x.name()))
    throw error{error_code::invalid_spec,
                "there is a tool named " + x.name() + " already"};
  x.validate();
  auto name = x.name();
  auto undo = x.undo_tool();
  if (x.traits().review && !impl_->latest.contains(detail::undo_agent_name))
    add(detail::make_undo_agent());
  impl_->tools.emplace(std::move(name), std::move(x));
  if (undo)
    add(*std::move(undo));
}

void runtime::add(agent x) {
  const auto key = impl::version_key{x.name(), x.version()};
  if (x.name().empty() || x.version().empty() || !x.body())
    throw error{error_code::invalid_spec,
                "an agent needs a name, a version and a coroutine"};
  auto problems = std::vector<std::string>{};
  collect_problems(problems, {x.max_restarts(), x.restart_window()},
                   x.first_backoff());
  if (x.eviction() <= duration::zero())
    problems.emplace_back("evict_after: must be longer than zero");
  check_retries(problems, x);
  if (x.stuck())
    for (auto& problem : validate(*x.stuck(), "on_stuck"))
      problems.push_back(std::move(problem));
  for (auto& problem : validate(x.limits()))
    problems.push_back(std::move(problem));
  for (auto& problem : validate(x.modes()))
    problems.push_back(std::move(problem));
  if (x.shared_limits())
    for (auto& problem : validate(*x.shared_limits()))
      problems.push_back(std::move(problem));
  require_none(problems, "agent " + x.name());
  if (impl_->agents.contains(key))
    throw error{error_code::invalid_spec, "version " + key.second + " of agent "
                                            + key.first + " is there already"};
  impl_->latest[key.first] = key.second; // the last one added
  impl_->agents.emplace(key, std::make_shared<const agent>(std::move(x)));
}

/// What it may call is looked up when everything has been added.
void runtime::add(const llm_agent& x) {
  const auto& a = x.plain();
  if (!impl_->in_teams.contains(a.name())
      || !impl_->agents.contains({a.name(), a.version()}))
    add(a);
  impl_->llm_agents.push_back(x);
}

void runtime::add(const mcp_server& x) {
  if (impl_->servers == nullptr)
    impl_->servers = std::make_shared<detail::mcp_servers>(impl_->bus);
  impl_->servers->add(x);
}

void runtime::add(supervisor x) {
  if (x.name().empty() || x.children().empty())
    throw error{error_code::invalid_spec,
                "a supervisor needs a name and at least one child"};
  auto problems = std::vector<std::string>{};
  collect_problems(problems, {x.max_restarts(), x.restart_window()},
                   x.first_backoff());
  require_none(problems, "supervisor " + x.name());
  impl_->adopt(*this, x);
  impl_->teams.push_back(std::move(x));
}

void runtime::set(failure_policy x) {
  require_none(validate(x), "the policy of failures");
  impl_->failures = std::move(x);
}

/// Registers what a team consists of; its supervisor starts it.
void runtime::impl::adopt(runtime& rt, const supervisor& team) {
  for (const auto& child : team.children()) {
    if (const auto* t = std::get_if<tool>(&child)) {
      rt.add(*t);
      in_teams.insert(t->name());
    } else if (const auto* a = std::get_if<agent>(&child)) {
      rt.add(*a);
      in_teams.insert(a->name());
    } else if (const auto* led = std::get_if<llm_agent>(&child)) {
      rt.add(*led);
      in_teams.insert(led->plain().name());
    } else {
      adopt(rt, std::get<supervisor>(child));
    }
  }
}

/// Whatever is to be called is there.
void runtime::impl::check_fallbacks() const {
  for (const auto& [name, t] : tools)
    for (const auto& x : t.traits().fallbacks)
      if (const auto* other = std::get_if<fallback_tool>(&x)) {
        const auto why = other->tool == name ? "is the tool itself"
                         : !tools.contains(other->tool)
                           ? "is no tool of this program"
                           : "";
        if (*why != '\0')
          throw error{error_code::invalid_spec,
                      "tool " + name + ":\n  fallback: " + other->tool + " "
                        + why};
      }
}

/// What they may call is known now.
void runtime::impl::resolve_llm_agents() {
  if (llm_agents.empty())
    return;
  bus->subscribe([board = breakers](const event& x) { board->hear(x); },
                 detail::breaker_board::kinds());
  const auto with = llm_agent::surroundings{
    .find =
      [this](const std::string& name) {
        const auto found = tools.find(name);
        return found == tools.end() ? nullptr : &found->second;
      },
    .is_agent
    = [this](const std::string& name) { return latest.contains(name); },
    .is_closed =
      [this](const std::string& name) {
        return breakers->is_open(name, sys->clock().now());
      }};
  for (const auto& x : llm_agents)
    x.resolve(with);
}

} // namespace stanchion
