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
#include <stanchion/runtime/detail/require.hpp>
#include <stanchion/runtime/people.hpp>
#include <stanchion/runtime/router.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <future>
#include <utility>

namespace stanchion {

namespace {

using detail::look_again;

error unknown_run(const run_id& id) {
  return {error_code::unknown_run, "there is no run " + to_string(id)
                                     + "; `run list` shows what there is"};
}

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
    full.before = gist_of(before);
    full.after = gist_of(after);
    return full;
  };
}

void send_decision(runtime::impl& rt, const decision_request& x,
                   std::function<void(std::variant<ticket, error>)> then) {
  rt.sys->send(rt.part("desk"), decide_ticket{x.ticket,
                                              {x.version, x.verb, x.by,
                                               x.comment, x.payload, x.roles},
                                              std::move(then),
                                              audited(x, rt.sys->clock())});
}

} // namespace

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
  detail::require_none(validate(x.limits), "the limits of the run");
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

} // namespace stanchion
