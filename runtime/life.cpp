#include <stanchion/actors/http/http_loop.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/tool/inline_executor.hpp>
#include <stanchion/actors/tool/thread_pool.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/runtime/detail/faulty_store.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/mcp_servers.hpp>
#include <stanchion/runtime/detail/notifications.hpp>
#include <stanchion/runtime/detail/surroundings.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/runtime/recovery.hpp>
#include <stanchion/runtime/router.hpp>
#include <stanchion/runtime/tree_tickets.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

namespace stanchion {

namespace {

/// Ends the process as a `kill -9` does.
[[noreturn]] void die_at_once(const fault_rule& why) {
  const auto text = "stanchion: injected: " + to_text(why) + "\n";
  static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()));
  static_cast<void>(::kill(::getpid(), SIGKILL));
  std::abort(); // cannot be reached
}

} // namespace

/// Makes what injects faults; stands it before the store.
void runtime::impl::prepare_faults() {
  if (settings.around)
    faults = settings.around->faults();
  else if (!settings.faults.empty())
    faults = std::make_shared<detail::fault_injector>(
      fault_schedule{settings.faults, settings.fault_seed}, die_at_once);
  if (faults == nullptr)
    return;
  faults->tell(bus);
  store = detail::make_faulty_store(store, faults, [this] {
    if (sys != nullptr)
      return sys->clock().now();
    return settings.virtual_seed ? settings.virtual_start
                                 : system_clock().now();
  });
}

/// All that metrics may name.
metric_names names_in(const runtime::impl& x) {
  auto names = metric_names{};
  for (const auto& [name, t] : x.tools) {
    names.tools.insert(name);
    if (t.is_critical())
      names.critical.insert(name);
  }
  for (const auto& [name, version] : x.latest)
    names.agents.insert(name);
  names.parts = {"journal", "router", "timers", "people", "desk",    "modes",
                 "alerts",  "tools",  "teams",  "agents", "notifier"};
  for (const auto& team : x.teams)
    names.parts.insert(team.name());
  return names;
}

/// Lets the store keep what people are to be told, before anything changes.
void runtime::impl::start_notifications() {
  const auto& wanted = settings.notifications;
  if (wanted.channels.empty())
    return;
  const auto hears_alerts
    = [](const notification_channel& x) { return x.alerts; };
  if (!settings.telemetry.alerts
      && std::ranges::any_of(wanted.channels, hears_alerts))
    settings.telemetry.alerts.emplace();
  notices = std::make_shared<detail::notifications>(
    wanted, bus, [this](fabric::message x) {
      if (const auto to = part("notifier"))
        sys->send(to, std::move(x));
    });
  store = notices->stand_before(store, [this] {
    if (sys != nullptr)
      return sys->clock().now();
    return settings.virtual_seed ? settings.virtual_start
                                 : system_clock().now();
  });
}

void runtime::impl::start_observers() {
  const auto look_now = [this] {
    if (const auto to = part("alerts"))
      sys->send(to, check_alerts{});
  };
  const auto made = std::make_shared<detail::observers>(
    settings.telemetry, bus, store, names_in(*this), look_now);
  made->read_breakers(settings.virtual_seed ? settings.virtual_start
                                            : system_clock().now());
  const std::lock_guard guard{mutex};
  observing = made;
}

void runtime::impl::stop_observers() {
  auto ended = std::shared_ptr<detail::observers>{};
  const std::lock_guard guard{mutex};
  ended.swap(observing);
}

void runtime::impl::open_store() {
  random = settings.random ? settings.random : entropy_random();
  if (settings.store != nullptr) {
    store = settings.store;
  } else if (settings.in_memory) {
    store = make_memory_store();
  } else {
    const auto dir = data_dir{settings.data_dir};
    dir.create();
    lock.emplace(dir, lock_purpose::drive);
    store = open_sqlite_store(dir.database());
  }
  prepare_faults();
  start_notifications();
}

void runtime::impl::discover(runtime& rt) {
  if (settings.virtual_seed)
    throw error{error_code::invalid_spec,
                "mcp server " + servers->names().front()
                  + ": in virtual time nothing outside of the program is "
                    "asked; add tools in its place"};
  for (auto& x : servers->discover(*store, system_clock().now()))
    rt.add(std::move(x));
}

void runtime::impl::check_calls() {
  check_fallbacks();
  resolve_llm_agents();
}

void runtime::impl::open() {
  start_observers();
  // Where nobody can say, steps that are open are looked at with care.
  if (settings.store != nullptr || (lock && lock->last_owner_died()))
    charge_deaths(*store,
                  settings.virtual_seed ? settings.virtual_start
                                        : system_clock().now(),
                  bus.get());
  store->remember({}); // nothing is under way yet
  backlog = std::make_shared<stanchion::backlog>(settings.journal_backlog);
  last_number = std::make_shared<std::atomic<run_number>>(store->last_run());
  directory = std::make_shared<tool_directory>();
  for (const auto& [name, t] : tools)
    directory->put(name, t.effect_class(), t.traits());
  load_modes();
  load_ledger();
  if (settings.virtual_seed)
    pool = std::make_shared<inline_executor>();
  else
    pool = std::make_shared<thread_pool>(
      thread_pool_options{.threads = settings.pool_threads});
  http = std::make_shared<http_loop>();
  observers_now()->read_from(backlog, pool, modes);
}

/// Puts every open run back to work. Runs whenever the agents' supervisor is
/// up, in its parent's context.
void runtime::impl::take_up() {
  {
    const std::lock_guard guard{mutex};
    taken_up = true;
    ++epoch;
  }
  const auto plan
    = plan_recovery(*store, sys->clock().now(),
                    [this](const run_row& row) { return knows(row); });
  wait_for_version(plan.orphans);
  withdraw_mended(plan.orphans);
  drive(plan);
  resume_stopped({});
  wake();
}

/// The same for one agent, whose supervisor alone was replaced.
void runtime::impl::take_up_agent(const std::string& name) {
  {
    const std::lock_guard guard{mutex};
    if (!taken_up)
      return; // all agents are about to be taken up
    ++epoch;  // who asked one of its runs asks again
  }
  const auto mine
    = [&](const run_row& row) { return row.agent == name && knows(row); };
  drive(plan_recovery(*store, sys->clock().now(), mine));
}

void runtime::impl::drive(const recovery_plan& plan) {
  for (const auto& row : plan.sleeping)
    sys->send(part("timers"), arm_timer{row.number, *row.next_at});
  for (const auto number : plan.resume)
    sys->send(part("router"), start_run{number, nullptr});
}

/// Runs whose agent this program lacks wait, with one ticket for all of a
/// version.
void runtime::impl::wait_for_version(const std::vector<run_row>& orphans) {
  auto changes = batch{};
  auto groups = std::map<version_key, std::size_t>{};
  const auto now = sys->clock().now();
  for (auto row : orphans) {
    ++groups[{row.agent, row.version}];
    row.state = run_state::waiting;
    row.waiting_for
      = std::string{waits_for_version} + row.version + " of agent " + row.agent;
    row.updated = now;
    changes.runs.push_back(std::move(row));
  }
  for (const auto& [key, count] : groups) {
    auto t = version_ticket(key.first, key.second, count, now);
    const auto known = store->find_ticket(t.id);
    if (known && known->state == ticket_state::open)
      continue;
    if (known)
      t.version = known->version + 1;
    changes.tickets.push_back(std::move(t));
  }
  if (!changes.runs.empty())
    sys->send(part("journal"), append{std::move(changes), 0, false});
}

// -- tickets of the tree ------------------------------------------------------

/// Records the ticket, and says so.
void runtime::impl::open_ticket(ticket t, const std::string& subject) {
  bus->publish({.kind = event_kind::ticket_opened,
                .severity = severity::warning,
                .at = t.created,
                .subject = subject,
                .fields = json{{"ticket", t.id}}.dump()});
  auto b = batch{};
  b.tickets.push_back(std::move(t));
  sys->send(part("journal"), append{std::move(b), 0, false});
}

/// Withdraws the open tickets about what a start has mended.
void runtime::impl::withdraw_mended(const std::vector<run_row>& orphans) {
  auto missing = std::set<std::string>{};
  for (const auto& row : orphans)
    missing.insert(row.agent + "@" + row.version);
  const auto open = store->list_tickets(
    {.states = {ticket_state::open}, .limit = unlimited, .tree = true});
  for (const auto& t : open) {
    const auto about = subject_of(t);
    if (about.part == tree_part::root)
      withdraw(t.id, "the runtime was started again");
    else if (about.part == tree_part::agent && !is_stopped(about.name))
      withdraw(t.id, "the agent was started again with the program");
    else if (about.part == tree_part::version && !missing.contains(about.name))
      withdraw(t.id, "no run waits for this version any more");
  }
}

void runtime::impl::withdraw(const std::string& id, const std::string& note) {
  sys->send(part("desk"), withdraw_ticket{id, note});
}

/// The root has given up: the ticket is committed before its children stop, or
/// else written where somebody will look.
void runtime::impl::last_word(const failure& why,
                              std::function<void()> proceed) {
  const auto t = root_ticket(why, sys->clock().now());
  auto b = batch{};
  b.tickets.push_back(t);
  const auto* pointer = &b;
  auto committed = false;
  try {
    // The journal actor may be what failed, so the store is asked directly.
    committed = store->commit({&pointer, 1}) == commit_status::done;
  } catch (const std::exception&) {
    committed = false;
  }
  if (!committed && settings.store == nullptr && !settings.in_memory) {
    const auto path = data_dir{settings.data_dir}.failed();
    std::ofstream{path} << json(t).dump() << '\n';
    std::cerr << "stanchion: " << t.title << " (" << path.string() << ")\n";
  }
  bus->publish({event_kind::supervisor_gave_up,
                severity::critical,
                t.created,
                {},
                {},
                "root",
                json{{"why", to_string(why)}}.dump()});
  if (notices != nullptr)
    notices->tell_at_once(t, t.created);
  proceed();
}

void runtime::impl::agent_stopped(const std::string& name,
                                  const std::vector<run_number>& runs) {
  {
    const std::lock_guard guard{mutex};
    stopped_agents.insert(name);
  }
  open_ticket(agent_ticket(name, runs, sys->clock().now()), name);
  wake(); // who waits for its runs waits for a person now
}

/// True when a person has decided meanwhile that it may go on.
bool runtime::impl::tool_isolated(const std::string& name, instant since,
                                  const std::string& reason) {
  auto t = tool_ticket(name, since, reason);
  try {
    const auto known = store->find_ticket(t.id);
    if (known)
      return known->state == ticket_state::decided && agree(name, *known);
  } catch (const error&) {
    return false; // the ticket is damaged: it is seen as such
  }
  open_ticket(std::move(t), name);
  return false;
}

void runtime::impl::tree_decided(const ticket& t) {
  const auto about = subject_of(t);
  if (about.part == tree_part::agent)
    restart_agent(about.name);
  else if (about.part == tree_part::tool)
    if (const auto tool = directory->find(about.name)) {
      if (agree(about.name, t))
        sys->send(tool->guard, close_breaker{t.decided->by + " decided so"});
      else // it was about something else
        sys->send(tool->guard, isolate_tool{servers->disputed(about.name)});
    }
}

bool runtime::impl::agree(const std::string& tool, const ticket& t) {
  const auto why = servers ? servers->disputed(tool) : std::string{};
  if (why.empty())
    return true;
  if (t.title.find(why) == std::string::npos)
    return false;
  auto pin = servers->accept(tool, why);
  if (!pin)
    return false; // it has said something else meanwhile
  auto b = batch{};
  b.facts.push_back(*std::move(pin));
  sys->send(part("journal"), append{std::move(b), 0, false});
  return true;
}

void runtime::impl::restart_agent(const std::string& name) {
  {
    const std::lock_guard guard{mutex};
    if (stopped_agents.erase(name) == 0)
      return; // it runs again already
  }
  sys->send(part(agent_part(name)), resume_agent{});
  take_up_agent(name);
  if (name == detail::undo_agent_name)
    start_undos();
}

} // namespace stanchion
