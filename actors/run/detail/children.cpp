#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/fabric/routed.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::detail {

/// Why the agent may not have a child of that name; nothing when it may.
std::optional<failure> run_actor::why_no_child(const std::string& agent) const {
  if (depth_ + 1 > defaults::child_depth)
    return refused(failure_kind::step_limit,
                   "children of children are "
                     + std::to_string(defaults::child_depth) + " deep already");
  if (!services_.agents->contains(agent))
    return refused(failure_kind::invalid_input,
                   "there is no agent named " + agent);
  if (times_above(agent) >= defaults::agent_in_chain)
    return refused(failure_kind::loop_detected,
                   agent
                     + " is above already, more than once with others "
                       "between: they hand the work round in a circle");
  return std::nullopt;
}

/// How often others had the agent do something that came back to it: itself
/// right below itself is a recursion and counts once.
std::uint32_t run_actor::times_above(const std::string& agent) const {
  auto times = std::uint32_t{0};
  auto below = std::string{};
  for (auto row = std::optional{log_->row()}; row;
       row = row->parent == 0 ? std::nullopt
                              : services_.store->find_run(row->parent)) {
    times += row->agent == agent && below != agent ? 1 : 0;
    below = row->agent;
  }
  return times;
}

void run_actor::begin_spawn(step& s) {
  if (auto why = why_no_child(s.name)) {
    log_->add(record_kind::intent, s.path, bodies::intent(s), now());
    return deliver(s, std::move(*why));
  }
  name_child(s);
  log_->add(record_kind::intent, s.path, bodies::intent(s), now());
  if (!engine_->frozen())
    add_child(s, services_.agents->at(s.name));
}

void run_actor::add_child(const step& s, const std::string& version) {
  has_acts_ = true; // the child may do something
  const auto left = remaining();
  add_run(
    {.agent = s.name,
     .version = version,
     .input = s.arguments,
     .depth = depth_ + 1,
     .parent = options_.number,
     .parent_step = s.path,
     // Of the rest, each agent has its own.
     .limits = {.time = left.time, .tokens = left.tokens, .cost = left.cost},
     .traceparent = traceparent_for(s.path),
     .fork = fork_text()},
    s.child, s.child_number);
  hand_down(s.child_number, false);
  log_->when_durable([this, path = s.path] {
    if (auto* spawned = engine_ ? engine_->find(path) : nullptr)
      announce_child(*spawned);
  });
}

void run_actor::name_child(step& s) {
  s.child = make_uuid(now(), *services_.random);
  s.child_number = ++*services_.last_number;
}

/// Keeps others from giving it out, too.
void run_actor::claim_number(run_number x) {
  auto last = services_.last_number->load();
  while (last < x && !services_.last_number->compare_exchange_weak(last, x)) {
    // nop
  }
}

void run_actor::resume_spawn(step& s) {
  if (services_.store->find_run(s.child))
    return announce_child(s);
  // Only a journal cut in the middle of a commit knows the intent alone.
  const auto found = services_.agents->find(s.name);
  claim_number(s.child_number);
  if (found != services_.agents->end())
    add_child(s, found->second);
}

void run_actor::add_run(const bodies::beginning& x, const run_id& id,
                        run_number number) {
  auto row = run_row{};
  row.number = number;
  row.id = id;
  row.agent = x.agent;
  row.version = x.version;
  row.created = now();
  row.updated = now();
  row.parent = x.parent;
  row.parent_step = x.parent_step;
  row.submitter = log_->row().submitter;
  log_->add_foreign(
    {number, 0, record_kind::started, now(), {}, bodies::started(x)},
    std::move(row));
}

void run_actor::hand_down(run_number number, bool with_signals) {
  if (!rare_)
    return;
  auto seq = std::uint32_t{1};
  const auto add = [&](record_kind kind, std::string body) {
    log_->add_foreign({number, seq++, kind, now(), {}, std::move(body)});
  };
  const auto& own = rare_->own_setting;
  if (own.mode != mode::autonomous)
    add(record_kind::mode, bodies::mode(own.mode, own));
  if (with_signals)
    for (const auto& x : rare_->signals)
      add(record_kind::signal, bodies::signal(x.name, x.id, x.by, x.content));
}

void run_actor::announce_child(step& s) {
  // It is there, whether this run still wants it or not.
  if (cancelling_)
    route(s.child_number,
          fabric::message::of(cancel_run{cancel_reason_, "its parent", {}}));
  else
    route(s.child_number, fabric::message::of(run_woken{}));
  if (s.abandoned)
    return;
  deliver(s,
          outcome{args("run", to_string(s.child), "number", s.child_number)});
}

void run_actor::route(run_number to, fabric::message m) {
  send(services_.router, fabric::routed{to, std::move(m)});
}

void run_actor::check_children() {
  if (is_undoing() && rare().undo->waits && parked_.empty() && !reloading_)
    return begin_undo();
  if (!engine_ || engine_->frozen())
    return;
  for (const auto& [path, s] : engine_->open())
    if ((s->kind == step_kind::child || s->kind == step_kind::settled)
        && !s->abandoned && !pending(path))
      check_child(*s);
}

void run_actor::check_child(step& s) {
  const auto child = present_run(*services_.store, s.child_number);
  if (!child)
    return;
  s.child_number = child->number;
  const auto parked = child->state == run_state::parked;
  if (!is_terminal(child->state) && !(parked && s.kind == step_kind::settled))
    return;
  if (is_terminal(child->state))
    pay_for(s, *child);
  deliver(s, s.kind == step_kind::settled ? settlement_of(*child)
                                          : result_of(*child));
}

outcome run_actor::settlement_of(const run_row& child) {
  if (child.state == run_state::parked)
    return args("state", "parked", "why", child.waiting_for);
  const auto x = result_of(child);
  if (x.ok())
    return args("state", "completed", "result", x.get());
  return args("state", to_string(child.state), "why", to_string(x.why()));
}

outcome run_actor::result_of(const run_row& child) {
  const auto past = history{services_.store->read(child.number, 0)};
  return past.ending();
}

// -- carrying on as new -------------------------------------------------------

/// Ends the run once its open attempts have; until then, nobody carries it on.
void run_actor::renew(const step& s) {
  successor_ = std::make_unique<successor>(
    successor{s.child_number, s.child, s.arguments});
  ending_ = std::make_unique<ending>(ending{
    record_kind::continued, bodies::continued(s.child), run_state::continued});
}

/// The number that the intent names may be another run's by now: nobody held it
/// while no process was there.
void run_actor::resume_renewal(step& s) {
  const auto known = services_.store->find_run(s.child);
  s.child_number = known ? known->number : ++*services_.last_number;
  renew(s);
}

/// In the commit that ends this run.
void run_actor::add_successor() {
  if (services_.store->find_run(successor_->id))
    return; // as only a journal cut in the middle of a commit has it
  add_run({.agent = log_->row().agent,
           .version = log_->row().version,
           .input = successor_->input,
           .depth = depth_,
           .parent = log_->row().parent,
           .parent_step = log_->row().parent_step,
           .submitter = {},
           .limits = remaining(),
           .before = has_acts_ || counts_cost() ? options_.number : 0,
           .traceparent = traceparent_for({}),
           .fork = fork_text()},
          successor_->id, successor_->number);
  hand_down(successor_->number, true);
}

} // namespace stanchion::detail
