#include <stanchion/core/error.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/policy/child_spec.hpp>
#include <stanchion/supervisors/policy/restart_decision.hpp>
#include <stanchion/supervisors/tree/detail/child.hpp>
#include <stanchion/supervisors/tree/detail/report.hpp>
#include <stanchion/supervisors/tree/detail/subtree.hpp>
#include <stanchion/supervisors/tree/supervisor.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stanchion {

namespace {

using detail::child;
using detail::is_alive;

// -- validation --------------------------------------------------------------

child_facts facts_of(const child_spec& x) {
  child_facts result;
  result.id = x.id;
  result.restart = x.restart;
  result.start_deadline = x.start_deadline;
  result.stop_deadline = x.stop_deadline;
  result.significant = x.significant;
  result.budget = x.budget;
  result.backoff = x.backoff;
  result.auto_shutdown = x.auto_shutdown;
  return result;
}

std::vector<std::string> problems_of(const supervisor_options& x) {
  supervisor_facts facts;
  facts.strategy = x.strategy;
  facts.auto_shutdown = x.auto_shutdown;
  facts.budget = x.budget;
  for (const auto& each : x.children)
    facts.children.push_back(facts_of(each));
  auto result = problems(facts);
  if (x.name.empty())
    result.emplace_back("name: must not be empty; name the supervisor");
  if (x.give_up_deadline <= duration::zero())
    result.emplace_back("give_up_deadline: must be longer than zero; give a "
                        "span such as 5s");
  for (const auto& each : x.children)
    if (!each.start)
      result.push_back("children[" + each.id
                       + "].start: must not be empty; say how to make it");
  return result;
}

std::string join(const std::vector<std::string>& lines) {
  std::string result;
  for (const auto& x : lines)
    result += (result.empty() ? "" : "; ") + x;
  return result;
}

void validate(const supervisor_options& x) {
  if (const auto found = problems_of(x); !found.empty())
    throw error{error_code::invalid_spec,
                "supervisor '" + x.name + "' cannot start: " + join(found)};
}

// -- own messages ------------------------------------------------------------

/// A delay of zero has passed; a message, so that others get in between.
struct restart_due {
  std::uint64_t serial = 0;
  std::uint64_t turn = 0;
};

/// `on_give_up` is done.
struct give_up_noted {};

// -- the actor ---------------------------------------------------------------

/// Whether it decides about its children, or how it is about to end.
///
///   open ──────────────────────▶ stopping ──▶ (ended)
///     │  stop, auto_shutdown        ▲
///     └─▶ noting ───────────────────┘
///  budget spent    on_give_up done
enum class phase : std::uint8_t {
  open,
  noting,
  stopping,
  ended,
};

class supervisor : public fabric::actor {
public:
  explicit supervisor(supervisor_options options)
    : options_(std::move(options)), budget_(options_.budget),
      random_(options_.random ? options_.random : entropy_random()),
      report_(options_.name, options_.events) {
    for (auto& spec : options_.children)
      append(std::move(spec));
    options_.children.clear();
  }

  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  ~supervisor() override {
    if (phase_ != phase::ended)
      answer_all();
    for (const auto& x : children_)
      if (x->ref)
        sys().kill(x->ref);
  }

  [[nodiscard]] std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    settle();
  }

  void receive(fabric::envelope& e) override;

  void on_down(const fabric::down& d) override {
    std::erase_if(abandoned_,
                  [&](const auto& x) { return x.id() == d.source; });
    if (auto* x = find_ref(d.source))
      went_down(*x, d);
  }

  void on_stop() override {
    if (phase_ == phase::open || phase_ == phase::noting)
      stop_all();
  }

private:
  // -- looking up ------------------------------------------------------------

  void append(child_spec spec) {
    children_.push_back(std::make_unique<child>(std::move(spec), ++serials_));
  }

  template <class Predicate>
  child* find(Predicate p) {
    const auto at = std::ranges::find_if(
      children_, [&](const auto& x) { return p(std::as_const(*x)); });
    return at == children_.end() ? nullptr : at->get();
  }

  child* find_ref(fabric::actor_id id) {
    return find([id](const child& x) { return x.ref && x.ref.id() == id; });
  }

  child* find_id(const std::string& id) {
    return find([&](const child& x) { return x.spec.id == id; });
  }

  /// The child if it still has its turn.
  child* find_turn(std::uint64_t serial, std::uint64_t turn) {
    return find(
      [=](const child& x) { return x.serial == serial && x.turn == turn; });
  }

  std::size_t position_of(const child& x) const {
    const auto same = [&](const auto& each) { return each.get() == &x; };
    const auto at = std::ranges::find_if(children_, same);
    return static_cast<std::size_t>(at - children_.begin());
  }

  void forget_child_record(const child& x) {
    children_.erase(children_.begin()
                    + static_cast<std::ptrdiff_t>(position_of(x)));
  }

  std::vector<detail::standing> standings() const {
    std::vector<detail::standing> result;
    for (const auto& x : children_)
      result.push_back(*x);
    return result;
  }

  std::vector<child_view> views() const {
    std::vector<child_view> result;
    for (const auto& x : children_)
      result.push_back({x->spec.restart, x->state, x->spec.significant});
    return result;
  }

  bool none_alive() const {
    return std::ranges::none_of(
      children_, [](const auto& x) { return is_alive(x->state); });
  }

  // -- doing what is due -----------------------------------------------------

  /// Does everything whose turn has come.
  void settle() {
    while (phase_ != phase::ended && act()) {
      // again: a start that fails at once changes whose turn it is
    }
    if (phase_ == phase::stopping && none_alive())
      finish();
    else if (!up_ && phase_ == phase::open && booted())
      announce_up();
  }

  bool act() {
    const auto now_standing = standings();
    if (const auto i = detail::next_stop(now_standing)) {
      stop_child(*children_[*i]);
      return true;
    }
    if (phase_ != phase::open)
      return false;
    if (const auto i = detail::next_start(options_.strategy, now_standing)) {
      start_child(*children_[*i]);
      return true;
    }
    return false;
  }

  bool booted() const {
    return std::ranges::all_of(
      children_, [](const auto& x) { return x->booted || !x->wanted; });
  }

  void announce_up() {
    up_ = true;
    for (auto& x : std::exchange(await_up_, {}))
      x.deliver(started{});
  }

  // -- starting --------------------------------------------------------------

  void start_child(child& x) {
    x.state = child_state::starting;
    ++x.turn;
    x.next_at.reset();
    x.late = x.killed = false;
    x.why.reset();
    try {
      auto made = x.spec.start(self());
      if (made == nullptr)
        throw std::runtime_error{"its start function made no actor"};
      x.ref = spawn(std::move(made));
    } catch (const std::exception& e) {
      went_down(x, {0, fabric::exit_kind::failed, e.what()});
      return;
    } catch (...) {
      went_down(x, {0, fabric::exit_kind::failed,
                    "its start function threw what is no std::exception"});
      return;
    }
    watch_start(x);
  }

  void watch_start(const child& x) {
    monitor(x.ref);
    const auto serial = x.serial;
    const auto turn = x.turn;
    request(x.ref, fabric::message::of(await_start{}),
            [this, serial, turn](fabric::reply& r) {
              auto* who = find_turn(serial, turn);
              if (who == nullptr || r.how == fabric::reply::status::bounced)
                return; // its end is on the way
              came_up(*who);
            });
    if (!x.spec.is_supervisor)
      after(x.spec.start_deadline, [this, serial, turn] {
        if (auto* who = find_turn(serial, turn);
            who != nullptr && who->state == child_state::starting)
          start_timed_out(*who);
      });
  }

  void came_up(child& x) {
    x.state = child_state::running;
    report_.started(now(), x.spec.id, x.booted);
    x.booted = true;
    x.announced = true;
    if (options_.on_child)
      options_.on_child(x.spec.id, x.ref);
    x.up.answer();
    settle();
  }

  void start_timed_out(child& x) {
    x.late = true;
    kill_child(x);
  }

  // -- stopping --------------------------------------------------------------

  void stop_child(child& x) {
    x.state = child_state::stopping;
    const auto turn = ++x.turn;
    stop(x.ref);
    if (!x.spec.is_supervisor)
      after(x.spec.stop_deadline, [this, serial = x.serial, turn] {
        if (auto* who = find_turn(serial, turn))
          kill_child(*who);
      });
  }

  void kill_child(child& x) {
    x.state = child_state::stopping;
    x.killed = true;
    const auto turn = ++x.turn;
    kill(x.ref);
    after(x.spec.stop_deadline, [this, serial = x.serial, turn] {
      if (auto* who = find_turn(serial, turn))
        abandon(*who);
    });
  }

  /// Its handler hangs: it ends whenever that returns.
  void abandon(child& x) {
    report_.abandoned(now(), x.spec.id);
    abandoned_.push_back(x.ref);
    went_down(x, {0, fabric::exit_kind::killed, "did not end when killed"});
  }

  // -- one end ---------------------------------------------------------------

  exit_cause cause_of(const child& x, const fabric::down& d) const {
    if (x.marked || phase_ == phase::stopping)
      return exit_cause::killed_by_supervisor;
    if (x.late)
      return exit_cause::start_failure;
    if (d.kind == fabric::exit_kind::normal)
      return exit_cause::normal;
    if (d.kind == fabric::exit_kind::shutdown)
      return exit_cause::shutdown;
    return x.announced ? exit_cause::failure : exit_cause::start_failure;
  }

  void note_failure(child& x, exit_cause cause, const fabric::down& d) const {
    if (x.why != nullptr)
      return; // it said so itself
    auto why = detail::failure_of(cause, d);
    if (why && x.late)
      why->message = "did not start within " + to_text(x.spec.start_deadline);
    if (why)
      x.why = std::make_shared<const failure>(std::move(*why));
  }

  void went_down(child& x, const fabric::down& d) {
    const auto cause = cause_of(x, d);
    note_failure(x, cause, d);
    x.ref = {};
    ++x.turn;
    x.state = x.wanted ? child_state::waiting : child_state::stopped;
    if (std::exchange(x.announced, false) && options_.on_child)
      options_.on_child(x.spec.id, {});
    if (cause == exit_cause::killed_by_supervisor)
      was_stopped(x);
    else if (phase_ == phase::open)
      decide_about(x, cause);
    else
      report_.down(now(), x.spec.id, cause, x.why.get(), nullptr);
    settle();
  }

  void was_stopped(child& x) {
    report_.stopped(now(), x.spec.id, x.killed);
    x.marked = false;
    x.up.answer("child '" + x.spec.id + "' was stopped");
    x.down.answer();
    if (x.forget || x.spec.restart == restart_type::temporary)
      forget_child_record(x);
  }

  void decide_about(child& x, exit_cause cause) {
    const auto verdict
      = decide(x.spec.restart, cause, {x.budget, &budget_, x.backoff}, now(),
               unit_interval(random_->next()));
    const auto work_done = shuts_down(options_.auto_shutdown, views(),
                                      position_of(x), cause, verdict);
    report_.down(now(), x.spec.id, cause, x.why.get(), &verdict);
    x.up.answer(x.why != nullptr ? to_string(*x.why)
                                 : "child '" + x.spec.id + "' ended");
    std::visit([&](const auto& v) { apply(v, x); }, verdict);
    if (work_done)
      stop_all();
  }

  // -- one verdict -----------------------------------------------------------

  void apply(const restart_after& v, child& x) {
    x.state = child_state::waiting;
    const auto plan = plan_restart(options_.strategy, views(), position_of(x));
    for (const auto i : plan.stop)
      children_[i]->marked = true;
    for (const auto i : plan.forget)
      children_[i]->forget = true;
    for (const auto i : plan.start) {
      auto& member = *children_[i];
      member.wanted = !member.held;
      member.delayed = false;
      member.next_at.reset();
    }
    delay_start(x, v.delay);
  }

  void apply(const forget_child&, child& x) {
    forget_child_record(x);
  }

  void apply(const keep_stopped&, child& x) {
    x.state = child_state::stopped;
    x.wanted = false;
    x.booted = true;
  }

  void apply(const stop_and_escalate& v, child& x) {
    x.state = child_state::stopped;
    give_up(detail::give_up_failure(options_.name, x.spec.id, v, x.why));
  }

  void delay_start(child& x, duration delay) {
    x.delayed = true;
    const auto due = restart_due{x.serial, ++x.turn_of_delay};
    if (delay <= duration::zero()) {
      send(self(), due);
      return;
    }
    x.next_at = now() + delay;
    after(delay, [this, due] { delay_passed(due); });
  }

  void delay_passed(const restart_due& due) {
    auto* x = find([&](const child& each) {
      return each.serial == due.serial && each.turn_of_delay == due.turn;
    });
    if (x == nullptr)
      return;
    x->delayed = false;
    settle();
  }

  // -- the end ---------------------------------------------------------------

  void give_up(failure why) {
    report_.gave_up(now(), why);
    gave_up_ = std::move(why);
    phase_ = phase::noting;
    if (!options_.on_give_up) {
      stop_all();
      return;
    }
    after(options_.give_up_deadline, [this] { noted(); });
    options_.on_give_up(*gave_up_, [&system = sys(), me = self()] {
      system.send(me, give_up_noted{});
    });
  }

  void noted() {
    if (phase_ == phase::noting)
      stop_all();
  }

  /// Everyone is to stop, and nothing is started again. `settle` does it.
  void stop_all() {
    phase_ = phase::stopping;
    for (const auto& x : children_) {
      x->wanted = false;
      x->marked = is_alive(x->state);
      x->next_at.reset();
      if (!x->marked)
        x->state = child_state::stopped;
    }
    settle();
  }

  void finish() {
    phase_ = phase::ended;
    answer_all();
    if (gave_up_ && options_.parent)
      send(options_.parent, escalation{options_.name, *gave_up_});
    if (options_.on_ended)
      options_.on_ended(gave_up_);
    if (gave_up_)
      quit(fabric::exit_kind::failed, gave_up_->message);
    else
      quit(fabric::exit_kind::shutdown);
  }

  void answer_all() {
    for (auto& x : std::exchange(await_up_, {}))
      x.fail("supervisor '" + options_.name + "' ended before it was up");
    for (const auto& x : children_) {
      x->up.answer("supervisor '" + options_.name + "' is stopping");
      x->down.answer();
    }
    subtrees_.close();
  }

  // -- operators -------------------------------------------------------------

  void change(add_child x, fabric::promise p);
  void change(const terminate_child& x, fabric::promise p);
  void change(const restart_child& x, fabric::promise p);
  void change(const delete_child& x, fabric::promise p);

  /// The child named so, or null with `p` answered why nothing can be done.
  child* subject_of(const std::string& id, fabric::promise& p) {
    auto* x = find_id(id);
    if (phase_ != phase::open)
      p.deliver(
        child_changed{"supervisor '" + options_.name + "' is stopping"});
    else if (x == nullptr)
      p.deliver(child_changed{"supervisor '" + options_.name
                              + "' has no child '" + id + "'"});
    return phase_ == phase::open ? x : nullptr;
  }

  // -- describing ------------------------------------------------------------

  tree_node node() const;
  tree_node node(const child& x) const;
  void describe(duration patience, fabric::promise p);

  // ----------------------------------------------------------------------------

  supervisor_options options_; // its children are moved into `children_`
  restart_budget budget_;
  std::shared_ptr<random_source> random_;
  detail::reporter report_;
  std::vector<std::unique_ptr<child>> children_; // in start order
  std::uint64_t serials_ = 0;
  phase phase_ = phase::open;
  bool up_ = false;
  std::optional<failure> gave_up_;
  std::vector<fabric::promise> await_up_;
  std::vector<fabric::actor_ref> abandoned_;
  detail::subtrees subtrees_;
};

void supervisor::receive(fabric::envelope& e) {
  if (const auto* due = e.body.as<restart_due>()) {
    delay_passed(*due);
  } else if (e.body.is<give_up_noted>()) {
    noted();
  } else if (e.body.is<await_start>()) {
    auto p = e.take_promise();
    if (up_)
      p.deliver(started{});
    else
      await_up_.push_back(std::move(p));
  } else if (const auto* d = e.body.as<describe_tree>()) {
    describe(d->patience, e.take_promise());
  } else if (const auto* said = e.body.as<escalation>()) {
    if (auto* x = find_ref(e.sender().id()))
      x->why = std::make_shared<const failure>(said->why);
  } else if (const auto* a = e.body.as<add_child>()) {
    change(*a, e.take_promise());
  } else if (const auto* t = e.body.as<terminate_child>()) {
    change(*t, e.take_promise());
  } else if (const auto* r = e.body.as<restart_child>()) {
    change(*r, e.take_promise());
  } else if (const auto* f = e.body.as<delete_child>()) {
    change(*f, e.take_promise());
  }
}

void supervisor::change(add_child x, fabric::promise p) {
  supervisor_options all;
  all.name = options_.name;
  all.strategy = options_.strategy;
  all.auto_shutdown = options_.auto_shutdown;
  all.budget = options_.budget;
  for (const auto& each : children_)
    all.children.push_back(each->spec);
  all.children.push_back(x.spec);
  const auto found = problems_of(all);
  if (phase_ != phase::open) {
    p.deliver(child_changed{"supervisor '" + options_.name + "' is stopping"});
  } else if (!found.empty()) {
    p.deliver(child_changed{join(found)});
  } else {
    append(std::move(x.spec));
    children_.back()->up.add(std::move(p));
    settle();
  }
}

void supervisor::change(const terminate_child& x, fabric::promise p) {
  auto* c = subject_of(x.id, p);
  if (c == nullptr)
    return;
  c->wanted = false;
  c->held = true;
  c->booted = true;
  c->next_at.reset();
  if (is_alive(c->state)) {
    c->marked = true;
    c->down.add(std::move(p));
  } else {
    c->state = child_state::stopped;
    c->up.answer("child '" + x.id + "' was terminated");
    p.deliver(child_changed{});
  }
  settle();
}

void supervisor::change(const restart_child& x, fabric::promise p) {
  auto* c = subject_of(x.id, p);
  if (c == nullptr)
    return;
  if (is_alive(c->state)) {
    p.deliver(
      child_changed{"child '" + x.id + "' is running; terminate it first"});
    return;
  }
  c->wanted = true;
  c->held = false;
  c->delayed = false;
  c->state = child_state::waiting;
  c->backoff.reset();
  c->up.add(std::move(p));
  settle();
}

void supervisor::change(const delete_child& x, fabric::promise p) {
  auto* c = subject_of(x.id, p);
  if (c == nullptr)
    return;
  if (is_alive(c->state) || c->wanted) {
    p.deliver(
      child_changed{"child '" + x.id + "' is not stopped; terminate it first"});
    return;
  }
  forget_child_record(*c);
  p.deliver(child_changed{});
}

tree_node supervisor::node() const {
  tree_node result;
  result.name = options_.name;
  result.kind = "supervisor";
  result.state = phase_ != phase::open ? "stopping"
                 : up_                 ? "running"
                                       : "starting";
  result.detail = to_string(options_.strategy);
  result.restarts = static_cast<std::uint32_t>(budget_.spent(now()));
  for (const auto& x : children_)
    result.children.push_back(node(*x));
  return result;
}

tree_node supervisor::node(const child& x) const {
  tree_node result;
  result.name = x.spec.id;
  result.kind = x.spec.kind;
  result.state = detail::text_of(x);
  if (x.why != nullptr)
    result.detail = x.why->message;
  result.restarts = static_cast<std::uint32_t>(x.budget.spent(now()));
  result.next_at = x.next_at;
  return result;
}

void supervisor::describe(duration patience, fabric::promise p) {
  auto open = subtrees_.open(std::move(p), node());
  const auto below = fabric::message::of(describe_tree{patience * 3 / 4});
  for (std::size_t i = 0; i < children_.size(); ++i)
    if (children_[i]->state == child_state::running) {
      open->ask(i);
      request(children_[i]->ref, below,
              [open, i](fabric::reply& r) { open->take(i, r); });
    }
  if (!open->finish_if_complete())
    after(patience, [open] { open->finish(); });
}

} // namespace

std::unique_ptr<fabric::actor> make_supervisor(supervisor_options options) {
  validate(options);
  return std::make_unique<supervisor>(std::move(options));
}

child_spec supervisor_child(supervisor_options options, restart_type restart) {
  validate(options);
  child_spec result;
  result.id = options.name;
  result.restart = restart;
  result.is_supervisor = true;
  result.auto_shutdown = options.auto_shutdown;
  result.kind = "supervisor";
  result.start = [shared = std::make_shared<const supervisor_options>(
                    std::move(options))](const fabric::actor_ref& parent) {
    auto mine = *shared;
    mine.parent = parent;
    return make_supervisor(std::move(mine));
  };
  return result;
}

} // namespace stanchion
