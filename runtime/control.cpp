#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/runtime/agent_use.hpp>
#include <stanchion/runtime/detail/ask.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/stop_file.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/supervisors/modes/modes.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

void require_name(const std::string& by) {
  if (by.empty())
    throw error{error_code::bad_decision,
                "what agents may do is changed by somebody: give a name"};
}

/// Whether a ticket says that a run got into trouble, rather than that it was
/// told to wait.
bool is_trouble(const std::string& ticket_opened) {
  const auto x = json::parse(ticket_opened, nullptr, false);
  return x.is_object()
         && x.value("kind", "") == to_string(ticket_kind::escalation)
         && x.value("reason", "") != to_string(park_reason::stopped_mode);
}

/// One that is damaged cannot be read.
mode_setting mode_in(store& from, const std::string& agent) {
  try {
    const auto text = from.find_fact(mode_fact(agent));
    return text.empty() ? mode_setting{} : parse_mode_setting(text);
  } catch (const error&) {
    return parse_mode_setting({});
  }
}

} // namespace

// -- what agents may do -------------------------------------------------------

void runtime::impl::load_modes() {
  modes = std::make_shared<mode_directory>();
  for (const auto& [agent, version] : latest)
    modes->set(agent, mode_in(*store, agent));
  if (!lock)
    return;
  if (auto all = detail::read_stop(data_dir{settings.data_dir}.stop()))
    modes->set({}, *std::move(all));
}

void runtime::impl::load_ledger() {
  auto all = std::make_shared<agent_ledger>();
  for (const auto& [agent, version] : latest)
    if (const auto& most = agents.at({agent, version})->shared_limits())
      all->limit(agent, *most);
  if (all->windows().empty())
    return;
  count_agent_use(*store, *all,
                  settings.virtual_seed ? settings.virtual_start
                                        : system_clock().now());
  all->on_spent = [this](const std::string& agent) {
    if (const auto to = part("modes"))
      sys->send(to, agent_spent{agent});
  };
  ledger = std::move(all);
}

void runtime::impl::watch_failures() {
  const auto tell = [this](const event& x) {
    const auto counts = x.kind == event_kind::run_ended
                          ? x.severity == severity::error
                          : is_trouble(x.fields);
    if (counts && !x.run.nil() && sys != nullptr)
      if (const auto to = part("modes"))
        sys->send(to, agent_failed{x.subject});
  };
  bus->subscribe(tell, {event_kind::run_ended, event_kind::ticket_opened});
}

mode_rules runtime::impl::rules_of_modes(const std::string& agent) const {
  const auto version = latest.find(agent);
  return version == latest.end() ? mode_rules{}
                                 : agents.at({agent, version->second})->modes();
}

std::string runtime::impl::wrong_arguments(const std::string& tool,
                                           const value& x) const {
  const auto found = tools.find(tool);
  if (found == tools.end())
    return {};
  return found->second.input_schema().check(x.get()).value_or(std::string{});
}

void runtime::impl::resume_stopped(const std::string& agent) {
  const auto parked
    = store->list_tickets({.states = {ticket_state::open},
                           .limit = unlimited,
                           .reason = park_reason::stopped_mode});
  for (const auto& t : parked) {
    const auto row = store->find_run(t.run);
    if (!row || (!agent.empty() && row->agent != agent))
      continue;
    const auto at_present = modes->effective(row->agent);
    if (at_present.mode != mode::stopped)
      sys->send(part("desk"),
                decide_ticket{
                  t.id,
                  {.version = t.version,
                   .verb = verb::resume,
                   .by = at_present.by.empty() ? "stanchion" : at_present.by,
                   .comment = "it is no longer stopped"},
                  {}});
  }
}

void runtime::impl::note_change(audit_entry x) {
  auto content = batch{};
  content.audits.push_back(std::move(x));
  sys->send(part("journal"), append{std::move(content), 0, false});
}

// -- what people want undone --------------------------------------------------

bool runtime::impl::is_being_undone(const ticket& t) const {
  return store->find_run(detail::undo_agent_name, t.id).has_value();
}

/// At most one run, however often it is said.
void runtime::impl::start_undo(const ticket& t) {
  try {
    submit({.agent = detail::undo_agent_name,
            .input = parse_json(t.terms.undo, wrapping_limits),
            .key = t.id,
            .submitter = t.decided->by},
           [](const run_row&) {});
  } catch (const error& e) {
    // Said again when its agent, or the desk, starts again.
    bus->publish({.kind = event_kind::undo_failed,
                  .severity = severity::error,
                  .at = sys->clock().now(),
                  .run = t.run_id,
                  .step = t.step,
                  .subject = "desk",
                  .fields = json{{"ticket", t.id}, {"why", e.what()}}.dump()});
  }
}

/// What was refused while the agent that undoes was stopped.
void runtime::impl::start_undos() {
  const auto reviews = store->list_tickets({.states = {ticket_state::decided},
                                            .limit = unlimited,
                                            .kind = ticket_kind::review});
  for (const auto& t : reviews)
    if (t.decided->verb == verb::undo && !is_being_undone(t))
      start_undo(t);
}

mode_setting runtime::set_mode(const std::string& agent,
                               const mode_setting& to) {
  auto answer = std::future<mode_setting>{};
  const auto send = [&] {
    auto told = std::make_shared<std::promise<mode_setting>>();
    answer = told->get_future();
    set_mode(agent, to,
             [told](const mode_setting& before) { told->set_value(before); });
  };
  // Said twice, it says so of what it has set itself.
  return impl_->ask<mode_setting>(
    answer, send, [] { return std::nullopt; }, [] {});
}

void runtime::set_mode(const std::string& agent, const mode_setting& to,
                       std::function<void(const mode_setting&)> then) {
  impl_->require_running();
  require_name(to.by);
  if (!impl_->latest.contains(agent))
    throw error{error_code::unknown_agent,
                "this program has no agent named " + agent};
  impl_->sys->send(impl_->part("modes"),
                   stanchion::set_mode{agent, to, std::move(then)});
}

mode_setting runtime::mode_of(const std::string& agent) const {
  return agent.empty() ? impl_->modes->find({})
                       : impl_->modes->effective(agent);
}

// -- everything ---------------------------------------------------------------

void runtime::impl::set_all(const mode_setting& to) {
  const auto before = modes->find({});
  modes->set({}, to);
  const auto now = sys->clock().now();
  bus->publish(
    {.kind = event_kind::mode_changed,
     .severity = severity::critical,
     .at = now,
     .subject = "everything",
     .fields
     = json{{"mode", to_string(to.mode)}, {"by", to.by}, {"reason", to.reason}}
         .dump()});
  sys->send(part("router"), mode_changed{});
  note_change({.at = now,
               .by = to.by,
               .act = to.mode == mode::stopped ? "stop.all" : "stop.lift",
               .subject = "everything",
               .reason = to.reason,
               .before = json(to_string(before.mode)).dump(),
               .after = json(to_string(to.mode)).dump()});
}

void runtime::stop_all(const std::string& by, const std::string& reason) {
  impl_->require_running();
  require_name(by);
  const auto to = mode_setting{mode::stopped, by, reason};
  impl_->set_all(to); // in memory first
  if (impl_->lock)
    detail::write_stop(data_dir{impl_->settings.data_dir}.stop(), to);
}

void runtime::lift_stop(const std::string& by, const std::string& reason) {
  impl_->require_running();
  require_name(by);
  if (impl_->modes->find({}).mode != mode::stopped)
    throw error{error_code::run_conflict, "nothing was stopped"};
  if (impl_->lock)
    detail::remove_stop(data_dir{impl_->settings.data_dir}.stop());
  impl_->set_all({mode::autonomous, by, reason});
  impl_->resume_stopped({});
}

// -- one run ------------------------------------------------------------------

run_row runtime::impl::require_open(const run_id& id) {
  require_running();
  const auto row = store->find_run(id);
  if (!row)
    throw error{error_code::unknown_run,
                "there is no run " + to_string(id)
                  + "; `run list` shows what there is"};
  if (is_terminal(row->state))
    throw error{error_code::run_conflict,
                "run " + to_string(id) + " has ended already"};
  require_version(*row);
  require_agent_runs(row->agent);
  return *row;
}

namespace {

/// Sends a run what it answers with yes once that is durable.
template <class Make>
void send_run(runtime::impl& rt, const run_row& row, Make make,
              std::function<void(bool)> then) {
  rt.sys->send(
    rt.part("router"),
    fabric::routed{row.number, fabric::message::of(make(std::move(then)))});
}

/// The same, and waits for it, unless the run has ended meanwhile.
template <class Make>
void ask_run(runtime::impl& rt, const run_row& row, Make make) {
  auto answer = std::future<bool>{};
  const auto send = [&] {
    auto told = std::make_shared<std::promise<bool>>();
    answer = told->get_future();
    send_run(rt, row, make, [told](bool x) { told->set_value(x); });
  };
  const auto over = [&]() -> std::optional<bool> {
    const auto now = rt.store->find_run(row.number);
    return now && is_terminal(now->state) ? std::optional{false} : std::nullopt;
  };
  if (!rt.ask<bool>(answer, send, over,
                    [&] { rt.require_agent_runs(row.agent); }))
    throw error{error_code::run_conflict,
                "run " + to_string(row.id) + " has ended already"};
}

/// How a run is told what it alone may do.
auto set_mode_of(runtime::impl& rt, const run_row& row,
                 const mode_setting& to) {
  return [&rt, row, to](std::function<void(bool)> answer) {
    return set_run_mode{to, [&rt, row, to, answer](bool done) {
                          rt.note_change(
                            {.at = rt.sys->clock().now(),
                             .by = to.by,
                             .act = "mode.set",
                             .subject = to_string(row.id),
                             .reason = to.reason,
                             .before = {},
                             .after = json(to_string(to.mode)).dump()});
                          rt.resume_stopped(row.agent);
                          if (answer)
                            answer(done);
                        }};
  };
}

auto cancel_of(const std::string& reason, const std::string& by) {
  return [reason, by](std::function<void(bool)> answer) {
    return cancel_run{reason, by, std::move(answer)};
  };
}

auto signal_of(const signal_request& x) {
  if (x.name.empty() || x.id.empty())
    throw error{error_code::bad_decision,
                "a signal needs a name, and an id that tells it from others"};
  return [x](std::function<void(bool)> answer) {
    return signal_run{x.name, x.id, x.content, x.by, std::move(answer)};
  };
}

} // namespace

void runtime::cancel(const run_id& id, const std::string& reason,
                     const std::string& by) {
  ask_run(*impl_, impl_->require_open(id), cancel_of(reason, by));
}

void runtime::cancel(const run_id& id, const std::string& reason,
                     const std::string& by, std::function<void(bool)> then) {
  send_run(*impl_, impl_->require_open(id), cancel_of(reason, by),
           std::move(then));
}

void runtime::set_mode(const run_id& id, const mode_setting& to) {
  require_name(to.by);
  const auto row = impl_->require_open(id);
  ask_run(*impl_, row, set_mode_of(*impl_, row, to));
}

void runtime::set_mode(const run_id& id, const mode_setting& to,
                       std::function<void(bool)> then) {
  require_name(to.by);
  const auto row = impl_->require_open(id);
  send_run(*impl_, row, set_mode_of(*impl_, row, to), std::move(then));
}

void runtime::signal(const run_id& id, const signal_request& x) {
  const auto make = signal_of(x);
  ask_run(*impl_, impl_->require_open(id), make);
}

void runtime::signal(const run_id& id, const signal_request& x,
                     std::function<void(bool)> then) {
  send_run(*impl_, impl_->require_open(id), signal_of(x), std::move(then));
}

} // namespace stanchion
