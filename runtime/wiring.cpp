#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/run/run.hpp>
#include <stanchion/actors/timer/timers.hpp>
#include <stanchion/actors/tool/tool_actor.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/runtime/detail/faulty_tool.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/mcp_servers.hpp>
#include <stanchion/runtime/detail/notifications.hpp>
#include <stanchion/runtime/detail/surroundings.hpp>
#include <stanchion/runtime/router.hpp>
#include <stanchion/supervisors/guard/guard.hpp>
#include <stanchion/supervisors/modes/modes.hpp>
#include <stanchion/supervisors/tree/run_supervisor.hpp>

#include <utility>

namespace stanchion {

namespace {

/// Before the name of a server, under the supervisor of tools.
const auto server_prefix = std::string{"server "};

child_spec system_child(std::string id,
                        std::function<std::unique_ptr<fabric::actor>()> make) {
  auto spec = child_spec{};
  spec.id = std::move(id);
  spec.start
    = [make = std::move(make)](const fabric::actor_ref&) { return make(); };
  spec.budget = system_restart_budget;
  return spec;
}

supervisor_options named(runtime::impl& rt, std::string name, strategy how) {
  auto x = supervisor_options{};
  x.name = std::move(name);
  x.strategy = how;
  x.budget = system_restart_budget;
  x.events = rt.bus;
  x.random = rt.random;
  x.on_child = [&rt](const std::string& child, const fabric::actor_ref& ref) {
    rt.part(child, ref);
  };
  return x;
}

} // namespace

/// Reads what a tool was built with.
struct tool_parts {
  [[nodiscard]] static std::shared_ptr<const tool_options>
  work(const tool& t, runtime::impl& rt) {
    auto x = tool_options{};
    x.name = t.name_;
    x.function = t.function_;
    x.coroutine = t.coroutine_;
    x.reconcile = t.reconcile_;
    x.rules = rules_of(rt.failures, t.failures());
    x.run_inline = t.inline_;
    x.pool = rt.pool;
    x.sink = rt.bus;
    if (rt.settings.virtual_seed)
      x.pool_clock = &rt.sys->clock();
    return std::make_shared<const tool_options>(std::move(x));
  }

  [[nodiscard]] static guard_options policy(const tool& t, runtime::impl& rt,
                                            const fabric::actor_ref& parent) {
    auto x = guard_options{};
    x.name = t.name_;
    x.effect = t.effect_;
    x.input = *t.input_;
    x.output = *t.output_;
    x.attempt_timeout = t.timeout_;
    x.idle_timeout = t.idle_;
    x.retry = t.retry_;
    x.retry_budget = t.retry_budget_;
    x.retry_budget_text = rt.store->find_fact(retry_budget_fact(t.name_));
    x.rate = t.rate_;
    x.cost = t.cost_;
    x.vault = rt.vault;
    x.secrets = t.secrets_;
    x.limit = t.limit_;
    x.hedge = t.hedge_;
    x.approvals = t.approvals_;
    x.desk = [&rt] { return rt.part("desk"); };
    x.breaker = t.breaker_;
    x.table = table_of(rt.failures, t.failures());
    x.rules = rules_of(rt.failures, t.failures());
    x.breaker_text = rt.store->find_fact(breaker_fact(t.name_));
    if (rt.settings.around)
      x.child = [around = rt.settings.around, t] { return around->work_of(t); };
    else if (t.worker_.make)
      x.child
        = [make = t.worker_.make, with = tool_surroundings{rt.bus, rt.http}] {
            return make(with);
          };
    else
      x.child = [spec = work(t, rt)] { return make_tool_actor(spec); };
    if (rt.faults != nullptr) {
      x.child = [faulty = detail::faulty_tool_options{
                   t.name_, *t.output_, std::move(x.child), rt.faults}] {
        return detail::make_faulty_tool(faulty);
      };
      x.injected
        = [faults = rt.faults](const std::string& key, std::uint32_t attempt) {
            return faults->mark_of(key, attempt);
          };
    }
    x.restarts = t.restarts_;
    x.restart_backoff = t.backoff_;
    x.stash = t.stash_;
    if (!t.inline_ && t.function_)
      x.replace_worker = [pool = rt.pool](std::thread::id worker) {
        pool->replace_hung_worker(worker);
      };
    x.on_isolated
      = [&rt, name = t.name_](instant since, const std::string& reason) {
          return rt.tool_isolated(name, since, reason);
        };
    x.events = rt.bus;
    x.random = rt.random;
    x.journal = rt.part("journal");
    x.parent = parent;
    return x;
  }
};

bool runtime::impl::may_pass(std::string_view tool, const failure& why) const {
  const auto found = tools.find(std::string{tool});
  return found != tools.end()
         && table_of(failures, found->second.failures())[why.kind].retry
              != retry_when::never;
}

child_spec runtime::impl::guard_child(const tool& t) {
  auto spec = child_spec{};
  spec.id = t.name();
  spec.kind = "guard";
  spec.start = [this, t](const fabric::actor_ref& parent) {
    return make_guard(tool_parts::policy(t, *this, parent));
  };
  // It waits for its tool to stop, and kills it at the deadline.
  spec.stop_deadline = defaults::stop_deadline + 1s;
  spec.budget = system_restart_budget;
  return spec;
}

child_spec runtime::impl::server_child(const std::string& name) {
  auto spec = child_spec{};
  spec.id = server_prefix + name;
  spec.kind = "server";
  spec.start = [this, name](const fabric::actor_ref&) {
    return servers->make_server(
      name, random, [this](const std::string& tool, const std::string& why) {
        if (const auto found = directory->find(tool))
          sys->send(found->guard, isolate_tool{why});
      });
  };
  // It waits for the server to end, and kills it.
  spec.stop_deadline = defaults::stop_deadline + 1s;
  spec.budget = system_restart_budget;
  return spec;
}

child_spec runtime::impl::agent_child(const std::string& name) {
  auto spec = child_spec{};
  spec.id = name;
  spec.kind = "agent";
  spec.is_supervisor = true;
  spec.start = [this, name](const fabric::actor_ref&) {
    const auto& program = *agents.at({name, latest.at(name)});
    auto x = run_supervisor_options{};
    x.agent = name;
    x.make = [this, common = services()](
               run_number number, const std::shared_ptr<const void>& beginning,
               bool exhausted, const fabric::actor_ref& supervisor) {
      return run_actor(common, number, beginning, exhausted, supervisor);
    };
    x.budget = {program.max_restarts(), program.restart_window()};
    x.backoff.first = program.first_backoff();
    x.evict_after = program.eviction();
    x.events = bus;
    x.random = random;
    x.on_agent_stopped = [this, name](const std::vector<run_number>& runs) {
      agent_stopped(name, runs);
    };
    return make_run_supervisor(std::move(x));
  };
  spec.budget = system_restart_budget;
  return spec;
}

std::unique_ptr<fabric::actor>
runtime::impl::run_actor(const std::shared_ptr<const run_services>& common,
                         run_number number,
                         const std::shared_ptr<const void>& beginning,
                         bool exhausted, const fabric::actor_ref& supervisor) {
  auto x = run_options{};
  x.number = number;
  x.services = common;
  x.beginning = std::static_pointer_cast<const run_beginning>(beginning);
  x.exhausted = exhausted;
  x.supervisor = supervisor;
  auto key = version_key{};
  if (x.beginning != nullptr) {
    key = {x.beginning->row.agent, x.beginning->row.version};
  } else if (const auto row = store->find_run(number)) {
    key = {row->agent, row->version};
  }
  x.program = agents.at(key);
  return make_run(std::move(x));
}

supervisor_options runtime::impl::root_options() {
  auto x = named(*this, "root", strategy::rest_for_one);
  x.children = {
    system_child("journal",
                 [this] {
                   return make_journal(
                     {.store = store,
                      .events = bus,
                      .backlog = backlog,
                      .inline_commits = settings.virtual_seed.has_value(),
                      .on_commit = observers_now()->on_commit()});
                 }),
    system_child("router",
                 [this] {
                   return make_router(
                     store, [this](const run_row& row) { return knows(row); });
                 }),
    system_child("timers", [this] { return make_timers(part("router")); }),
    supervisor_child(people_options()),
    supervisor_child(tools_options()),
  };
  if (!teams.empty())
    x.children.push_back(supervisor_child(teams_options()));
  x.children.push_back(supervisor_child(agents_options()));
  x.on_child = [this](const std::string& child, const fabric::actor_ref& ref) {
    part(child, ref);
    if (child == "agents" && ref)
      take_up();
  };
  x.on_give_up = [this](const failure& why, std::function<void()> proceed) {
    last_word(why, std::move(proceed));
  };
  x.on_ended = [this](const std::optional<failure>&) {
    root_down = true;
    wake();
  };
  return x;
}

supervisor_options runtime::impl::people_options() {
  auto x = named(*this, "people", strategy::one_for_one);
  x.children = {
    system_child(
      "desk",
      [this] {
        return make_desk(
          {.store = store,
           .journal = part("journal"),
           .router = part("router"),
           .on_tree_decided = [this](const ticket& t) { tree_decided(t); },
           .on_undo = [this](const ticket& t) { start_undo(t); },
           .undoing = [this](const ticket& t) { return is_being_undone(t); },
           .events = bus,
           .check_arguments =
             [this](const std::string& tool, const value& arguments) {
               return wrong_arguments(tool, arguments);
             },
           .on_proposal =
             [this](const std::string& agent, const std::string& tool,
                    const proposal_record& record) {
               sys->send(part("modes"), proposal_judged{agent, tool, record});
             }});
      }),
    system_child("modes", [this] {
      return make_modes(
        {.directory = modes,
         .rules
         = [this](const std::string& agent) { return rules_of_modes(agent); },
         .ledger = ledger,
         .journal = part("journal"),
         .router = part("router"),
         .events = bus,
         .on_changed
         = [this](const std::string& agent) { resume_stopped(agent); }});
    })};
  if (const auto feed = observers_now()->alerts())
    x.children.push_back(system_child("alerts", [this, feed] {
      return make_alert_watch(
        {.feed = feed,
         .store = store,
         .events = bus,
         .check_every = settings.telemetry.alerts->check_every});
    }));
  if (notices != nullptr)
    x.children.push_back(system_child("notifier", [this] {
      return make_notifier({.settings = settings.notifications,
                            .outbox = notices->outbox(),
                            .carrier = notices->carrier(),
                            .store = store,
                            .journal = part("journal"),
                            .events = bus,
                            .random = random});
    }));
  return x;
}

void runtime::impl::guard_changed(const std::string& tool,
                                  const fabric::actor_ref& ref) {
  if (const auto why = servers ? servers->disputed(tool) : std::string{};
      ref && !why.empty())
    sys->send(ref, isolate_tool{why}); // before anybody finds it
  directory->set_guard(tool, ref);
  if (const auto to = part("router"))
    sys->send(to, guards_changed{});
}

void runtime::impl::agent_changed(const std::string& agent,
                                  const fabric::actor_ref& ref) {
  part(agent_part(agent), ref);
  if (ref) {
    const std::lock_guard guard{mutex};
    stopped_agents.erase(agent); // a new supervisor stops nothing
  }
  if (const auto to = part("router"))
    sys->send(to, agent_supervised{agent, ref});
  if (ref)
    take_up_agent(agent);
}

supervisor_options runtime::impl::tools_options() {
  auto x = named(*this, "tools", strategy::one_for_one);
  if (servers != nullptr)
    for (const auto& name : servers->names())
      x.children.push_back(server_child(name));
  for (const auto& [name, t] : tools)
    if (!in_teams.contains(name))
      x.children.push_back(guard_child(t));
  x.on_child = [this](const std::string& child, const fabric::actor_ref& ref) {
    if (tools.contains(child))
      guard_changed(child, ref);
    else
      servers->server_changed(child.substr(server_prefix.size()), ref);
  };
  return x;
}

supervisor_options runtime::impl::agents_options() {
  auto x = named(*this, "agents", strategy::one_for_one);
  for (const auto& [name, version] : latest)
    if (!in_teams.contains(name))
      x.children.push_back(agent_child(name));
  x.on_child = [this](const std::string& child, const fabric::actor_ref& ref) {
    agent_changed(child, ref);
  };
  return x;
}

supervisor_options runtime::impl::teams_options() {
  auto x = named(*this, "teams", strategy::one_for_one);
  x.on_child = nullptr; // a team may bear any name
  for (const auto& team : teams)
    x.children.push_back(supervisor_child(team_options(team)));
  return x;
}

supervisor_options runtime::impl::team_options(const supervisor& team) {
  auto x = named(*this, team.name(), team.how());
  x.budget = {team.max_restarts(), team.restart_window()};
  for (const auto& child : team.children()) {
    if (const auto* nested = std::get_if<supervisor>(&child)) {
      x.children.push_back(supervisor_child(team_options(*nested)));
      continue;
    }
    const auto* t = std::get_if<tool>(&child);
    const auto* led = std::get_if<llm_agent>(&child);
    auto spec = t != nullptr     ? guard_child(*t)
                : led != nullptr ? agent_child(led->plain().name())
                                 : agent_child(std::get<agent>(child).name());
    spec.budget = x.budget;
    spec.backoff.first = team.first_backoff();
    x.children.push_back(std::move(spec));
  }
  x.on_child = [this](const std::string& child, const fabric::actor_ref& ref) {
    if (tools.contains(child))
      guard_changed(child, ref);
    else if (latest.contains(child))
      agent_changed(child, ref);
  };
  return x;
}

} // namespace stanchion
