#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/run.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/detail/ask.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/notifications.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/runtime/people.hpp>
#include <stanchion/runtime/router.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/supervisors/policy/relations.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <utility>

namespace stanchion {

namespace {

using detail::look_again;

error unknown_run(const run_id& id) {
  return {error_code::unknown_run, "there is no run " + to_string(id)
                                     + "; `run list` shows what there is"};
}

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

void require_none(const std::vector<std::string>& problems,
                  const std::string& about) {
  if (problems.empty())
    return;
  auto text = about + ":";
  for (const auto& x : problems)
    text += "\n  " + x;
  throw error{error_code::invalid_spec, text};
}

std::function<void(const fabric::overload&)>
overload_events(const std::shared_ptr<event_bus>& bus) {
  return [bus](const fabric::overload& x) {
    const auto slow = x.kind == fabric::overload_kind::slow_handler;
    const auto fields
      = slow ? json{{"busy_us", x.busy.count()}} : json{{"waiting", x.waiting}};
    bus->publish({slow ? event_kind::handler_slow : event_kind::mailbox_long,
                  severity::warning,
                  x.at,
                  {},
                  {},
                  x.actor,
                  fields.dump()});
  };
}

/// Asks the root how the tree stands, and ends.
class tree_reader final : public fabric::actor {
public:
  tree_reader(fabric::actor_ref root,
              std::shared_ptr<std::promise<tree_node>> to)
    : root_(std::move(root)), to_(std::move(to)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "tree reader";
  }

protected:
  void start() override {
    request(root_, fabric::message::of(describe_tree{}),
            [this](fabric::reply& r) {
              const auto* tree = r.body.as<tree_node>();
              to_->set_value(tree != nullptr ? *tree : tree_node{});
              quit();
            });
  }
  void receive(fabric::envelope&) override {
    // nop
  }

private:
  fabric::actor_ref root_;
  std::shared_ptr<std::promise<tree_node>> to_;
};

/// What the audit says of a decision.
std::function<audit_entry(const ticket&, const ticket&)>
audited(const decision_request& x, const clock& time) {
  return [entry = audit_entry{.at = time.now(),
                              .by = x.by,
                              .act = "ticket.decide",
                              .subject = x.ticket,
                              .reason = x.comment}](const ticket& before,
                                                    const ticket& after) {
    auto full = entry;
    full.before = gist_of(json(before));
    full.after = gist_of(json(after));
    return full;
  };
}

void send_decision(runtime::impl& rt, const decision_request& x,
                   std::function<void(std::variant<ticket, error>)> then) {
  rt.sys->send(
    rt.part("desk"),
    decide_ticket{x.ticket,
                  {x.version, x.verb, x.by, x.comment, x.payload, x.roles},
                  std::move(then),
                  audited(x, rt.sys->clock())});
}

} // namespace

// -- runtime ------------------------------------------------------------------

runtime::runtime(config c) : impl_(std::make_unique<impl>(std::move(c))) {
  if (const auto& sink = impl_->settings.events)
    impl_->bus->subscribe([sink](const event& x) { sink->publish(x); },
                          heard_by(*sink));
  impl_->bus->subscribe([this](const event&) { impl_->wake(); },
                        {event_kind::run_ended, event_kind::run_parked});
  impl_->watch_failures();
}

runtime::~runtime() {
  stop();
}

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

void runtime::start() {
  if (impl_->settings.host != nullptr && impl_->settings.virtual_seed)
    throw error{error_code::invalid_spec,
                "virtual_seed: there is no virtual time in an actor system of "
                "the program's; leave host or virtual_seed out"};
  if (!impl_->settings.faults.empty() && !impl_->settings.allow_faults)
    throw error{error_code::invalid_spec,
                "faults: they are injected only where allow_faults is set "
                "(--allow-faults), for what they do is real"};
  require_none(validate(impl_->settings.faults), "the faults to inject");
  require_none(validate(impl_->settings.telemetry), "telemetry");
  const auto& told = impl_->settings.notifications;
  require_none(validate(told), "notifications");
  if (impl_->settings.virtual_seed && !told.channels.empty() && !told.carrier)
    throw error{error_code::invalid_spec,
                "notifications.carrier: in virtual time nothing leaves the "
                "program; set one"};
  impl_->check_fallbacks();
  impl_->open();
  impl_->sys = std::make_unique<fabric::system>(
    fabric::system_options{.threads = impl_->settings.threads,
                           .virtual_seed = impl_->settings.virtual_seed,
                           .virtual_start = impl_->settings.virtual_start,
                           .host = impl_->settings.host,
                           .on_overload = overload_events(impl_->bus)});
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->running = true;
  }
  impl_->root = impl_->sys->spawn(make_supervisor(impl_->root_options()));
  if (!impl_->settings.virtual_seed) {
    // What is sent to a part that is not up yet would be lost.
    auto lock = std::unique_lock{impl_->mutex};
    impl_->changed.wait(lock,
                        [this] { return impl_->taken_up || impl_->root_down; });
  }
  impl_->require_running();
  impl_->bus->publish({event_kind::runtime_started,
                       severity::info,
                       impl_->sys->clock().now(),
                       {},
                       {},
                       "runtime",
                       {}});
}

bool runtime::stop() {
  {
    const std::lock_guard guard{impl_->mutex};
    if (!impl_->running || std::exchange(impl_->stopped, true))
      return true;
  }
  auto& sys = *impl_->sys;
  impl_->bus->publish({event_kind::runtime_stopping,
                       severity::info,
                       sys.clock().now(),
                       {},
                       {},
                       "runtime",
                       {}});
  auto clean = true;
  if (!impl_->settings.virtual_seed) {
    sys.stop(impl_->root);
    auto lock = std::unique_lock{impl_->mutex};
    clean = impl_->changed.wait_for(lock, impl_->settings.grace,
                                    [this] { return impl_->root_down.load(); });
  }
  clean = sys.shutdown(1s) && clean;
  impl_->stop_observers();
  impl_->notices.reset();
  impl_->pool.reset();
  if (impl_->lock && clean)
    impl_->lock->mark_clean();
  impl_->changed.notify_all();
  return clean;
}

// -- runs ---------------------------------------------------------------------

void runtime::submit(const submission& x,
                     std::function<void(const run_row&)> then) {
  impl_->wait_for_journal();
  impl_->submit(x, std::move(then));
}

void runtime::impl::submit(const submission& x,
                           std::function<void(const run_row&)> then) {
  auto claim = std::shared_ptr<void>{};
  if (!x.key.empty()) {
    claim = keys.try_claim(key_of(x.agent, x.key), [this, x, then] {
      try {
        submit(x, then);
      } catch (const error& refused) {
        static_cast<void>(refused); // nobody is left who could be told
      }
    });
    if (claim == nullptr)
      return;
    if (const auto known = known_run(x))
      return then(*known);
  }
  const auto begin = prepare(x);
  // The run keeps a copy of this for as long as it lives.
  const auto held = std::make_shared<std::shared_ptr<void>>(std::move(claim));
  begin->on_durable = [then = std::move(then), row = begin->row, held] {
    held->reset();
    then(row);
  };
  send_new(begin);
}

std::optional<run_row> runtime::impl::known_run(const submission& x) {
  auto known = store->find_run(x.agent, x.key);
  if (!known)
    return std::nullopt;
  const auto past = history{store->read(known->number, 0)};
  if (canonical(past.input) != canonical(x.input))
    throw error{error_code::idempotency_mismatch,
                "key " + x.key + " was used for run " + to_string(known->id)
                  + " with another input; choose another key"};
  return known;
}

void runtime::impl::require_agent_runs(const std::string& name) const {
  if (is_stopped(name))
    throw error{error_code::run_conflict,
                "agent " + name
                  + " is stopped, since too many of its runs crashed; its "
                    "ticket starts it again, with restart"};
}

void runtime::impl::require_version(const run_row& row) const {
  if (!knows(row))
    throw error{error_code::unknown_agent,
                "this program has no version " + row.version + " of agent "
                  + row.agent + ", and only one that has it drives the run"};
}

/// A stop empties the backlog, too: so what is looked at first is whether it is
/// full, and only then whether anybody is still there.
void runtime::impl::wait_for_journal() {
  require_running();
  for (auto full = true; full;) {
    full = !settings.virtual_seed && backlog->past_bound();
    require_running();
    if (full)
      backlog->wait(look_again);
  }
}

std::shared_ptr<run_beginning> runtime::impl::prepare(const submission& x) {
  require_running();
  require_agent_runs(x.agent);
  const auto version = latest.find(x.agent);
  if (version == latest.end())
    throw error{error_code::unknown_agent,
                "there is no agent named " + x.agent
                  + "; add it to the program with rt.add(agent{…})"};
  static_cast<void>(canonical(x.input)); // refused here or nowhere
  require_none(validate(x.limits), "the limits of the run");
  auto begin = std::make_shared<run_beginning>();
  auto& row = begin->row;
  row.number = ++*last_number;
  row.created = sys->clock().now();
  row.updated = row.created;
  row.id = make_uuid(row.created, *random);
  row.agent = x.agent;
  row.version = version->second;
  row.submitter = x.submitter;
  row.key = x.key;
  begin->input = x.input;
  begin->limits = x.limits;
  if (const auto given = parse_traceparent(x.traceparent))
    begin->traceparent = to_string(*given);
  return begin;
}

void runtime::impl::send_new(const std::shared_ptr<run_beginning>& begin) {
  sys->send(part("router"),
            start_new_run{begin->row.agent, begin->row.number, begin});
}

run_row runtime::submit(const submission& x) {
  impl_->wait_for_journal();
  auto claim = std::shared_ptr<void>{};
  if (!x.key.empty()) {
    claim = impl_->keys.claim(impl::key_of(x.agent, x.key));
    if (const auto known = impl_->known_run(x))
      return *known;
  }
  const auto begin = impl_->prepare(x);
  auto answer = std::future<run_row>{};
  const auto send = [&] {
    // Of its own, so that the promise breaks when nobody has it any more.
    const auto sent = std::make_shared<run_beginning>(*begin);
    auto accepted = std::make_shared<std::promise<run_row>>();
    answer = accepted->get_future();
    sent->on_durable = [accepted = std::move(accepted), row = begin->row] {
      accepted->set_value(row);
    };
    impl_->send_new(sent);
  };
  return impl_->ask<run_row>(
    answer, send, [&] { return impl_->store->find_run(begin->row.id); },
    [&] { impl_->require_agent_runs(x.agent); });
}

run_row runtime::wait(const run_id& id, std::optional<duration> limit) {
  const auto until = std::chrono::steady_clock::now()
                     + limit.value_or(std::chrono::hours{24 * 365});
  auto people = people_watch{*impl_->store, [this](const run_row& row) {
                               return impl_->leaves_alone(row);
                             }};
  for (;;) {
    auto ticks = std::uint64_t{0};
    {
      const std::lock_guard guard{impl_->mutex};
      ticks = impl_->ticks;
    }
    const auto row = impl_->store->find_run(id);
    if (!row)
      throw unknown_run(id);
    if (is_terminal(row->state) || people.waits_for_people(*row)
        || std::chrono::steady_clock::now() >= until)
      return *row;
    impl_->require_running();
    auto lock = std::unique_lock{impl_->mutex};
    impl_->changed.wait_for(lock, look_again,
                            [&] { return impl_->ticks != ticks; });
  }
}

outcome runtime::result(const run_id& id) {
  const auto row = impl_->store->find_run(id);
  if (!row)
    throw unknown_run(id);
  if (!is_terminal(row->state))
    throw error{error_code::run_conflict,
                "run " + to_string(id) + " has not ended; it is "
                  + std::string{to_string(row->state)}};
  return history{impl_->store->read(row->number, 0)}.ending();
}

void runtime::resume(const run_id& id) {
  impl_->require_running();
  const auto row = impl_->store->find_run(id);
  if (!row)
    throw unknown_run(id);
  if (is_terminal(row->state))
    throw error{error_code::run_conflict,
                "run " + to_string(id) + " has ended; `run start` a new one"};
  impl_->require_version(*row);
  impl_->require_agent_runs(row->agent);
  impl_->sys->send(
    impl_->part("router"),
    fabric::routed{row->number, fabric::message::of(run_woken{})});
}

ticket runtime::decide(const decision_request& x) {
  impl_->require_running();
  if (x.verb == verb::fork)
    impl_->fork_for(*this, x);
  auto answer = std::future<ticket>{};
  const auto send = [&] {
    auto told = std::make_shared<std::promise<ticket>>();
    answer = told->get_future();
    send_decision(*impl_, x, [told](std::variant<ticket, error> r) {
      if (const auto* why = std::get_if<error>(&r))
        told->set_exception(std::make_exception_ptr(*why));
      else
        told->set_value(std::get<ticket>(std::move(r)));
    });
  };
  // Asked twice, the desk answers with the decision that stands.
  return impl_->ask<ticket>(answer, send, [] { return std::nullopt; }, [] {});
}

void runtime::decide(const decision_request& x,
                     std::function<void(std::variant<ticket, error>)> then) {
  impl_->require_running();
  if (x.verb == verb::fork)
    throw error{error_code::bad_decision,
                "\"fork\" begins another run first, and has to wait for that: "
                "use the decide that does"};
  send_decision(*impl_, x, std::move(then));
}

// -- looking ------------------------------------------------------------------

store& runtime::journal() const {
  return *impl_->store;
}

tree_node runtime::tree() const {
  auto told = std::make_shared<std::promise<tree_node>>();
  auto answer = told->get_future();
  impl_->require_running();
  static_cast<void>(impl_->sys->spawn(
    std::make_unique<tree_reader>(impl_->root, std::move(told))));
  while (answer.wait_for(look_again) != std::future_status::ready)
    impl_->require_running();
  return answer.get();
}

std::string runtime::metrics() const {
  const auto seen = impl_->observers_now();
  if (seen == nullptr || impl_->sys == nullptr)
    return {};
  return seen->metrics_text(impl_->sys->clock().now());
}

event_bus& runtime::events() const {
  return *impl_->bus;
}

const config& runtime::settings() const {
  return impl_->settings;
}

fabric::system& runtime::actors() const {
  return *impl_->sys;
}

bool runtime::leaves_alone(const run_row& row) const {
  return impl_->leaves_alone(row);
}

bool runtime::has_agent(const std::string& name) const {
  return impl_->latest.contains(name);
}

failure_rules runtime::rules_for(const std::string& tool) const {
  return rules_of(impl_->failures, impl_->failures_of(tool));
}

std::vector<effective_row> runtime::table_for(const std::string& tool) const {
  return explain_table(impl_->failures, impl_->failures_of(tool));
}

const failure_policy&
runtime::impl::failures_of(const std::string& name) const {
  static const auto none = failure_policy{};
  if (name.empty())
    return none;
  const auto found = tools.find(name);
  if (found == tools.end())
    throw error{error_code::invalid_spec,
                "this program has no tool named " + name};
  return found->second.failures();
}

} // namespace stanchion
