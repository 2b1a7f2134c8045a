#include <stanchion/core/error.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/policy/child_spec.hpp>
#include <stanchion/supervisors/policy/restart_decision.hpp>
#include <stanchion/supervisors/tree/detail/report.hpp>
#include <stanchion/supervisors/tree/detail/run_entry.hpp>
#include <stanchion/supervisors/tree/run_supervisor.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace stanchion {

namespace {

using detail::held_message;
using detail::last_word;
using detail::never;
using detail::run_entry;
using detail::run_life;

// -- validation --------------------------------------------------------------

std::vector<std::string> problems_of(const run_supervisor_options& x) {
  child_facts run;
  run.id = x.agent;
  run.stop_deadline = x.stop_deadline;
  run.budget = x.budget;
  run.backoff = x.backoff;
  supervisor_facts facts;
  facts.budget = x.budget;
  facts.children.push_back(run);
  auto result = problems(facts);
  const auto require = [&](bool ok, const char* what) {
    if (!ok)
      result.emplace_back(what);
  };
  require(static_cast<bool>(x.make), "make: must not be empty");
  require(x.evict_after > duration::zero(),
          "evict_after: must be longer than zero; give a span such as 60s");
  require(
    x.exhausted_window > duration::zero(),
    "exhausted_window: must be longer than zero; give a span such as 60s");
  require(x.starting_at_once > 0,
          "starting_at_once: must be at least 1, or no run could start");
  return result;
}

void validate(const run_supervisor_options& x) {
  std::string text;
  for (const auto& each : problems_of(x))
    text += (text.empty() ? "" : "; ") + each;
  if (!text.empty())
    throw error{error_code::invalid_spec, "the supervisor of agent '" + x.agent
                                            + "' cannot start: " + text};
}

// -- own messages ------------------------------------------------------------

/// A restart without delay; a message, so that others get in between.
struct respawn {
  run_number run = 0;
  std::uint32_t turn = 0;
};

/// More runs are to be evicted than one handler should ask.
struct evict_more {};

/// Evictions asked by one handler.
constexpr std::size_t eviction_batch = 1'024;
/// Runs in trouble that a tree shows.
constexpr std::size_t shown_runs = 100;

std::string label(run_number x) {
  return "run " + std::to_string(x);
}

// -- the actor ---------------------------------------------------------------

class run_supervisor : public fabric::actor {
public:
  explicit run_supervisor(run_supervisor_options options)
    : options_(std::move(options)),
      random_(options_.random ? options_.random : entropy_random()),
      report_(options_.agent, options_.events) {
    // nop
  }

  run_supervisor(const run_supervisor&) = delete;
  run_supervisor& operator=(const run_supervisor&) = delete;

  ~run_supervisor() override {
    refuse_all("ended");
    for (const auto& [run, x] : runs_)
      if (x.ref)
        sys().kill(x.ref);
  }

  [[nodiscard]] std::string name() const override {
    return "runs of " + options_.agent;
  }

protected:
  void receive(fabric::envelope& e) override;
  void on_down(const fabric::down& d) override;

  void on_stop() override {
    if (!std::exchange(ending_, true))
      stop_all();
  }

private:
  run_entry* find(run_number run) {
    const auto at = runs_.find(run);
    return at == runs_.end() ? nullptr : &at->second;
  }

  /// The run if `sender` is its present incarnation.
  run_entry* find(run_number run, const fabric::actor_ref& sender) {
    auto* x = find(run);
    return x != nullptr && x->ref == sender ? x : nullptr;
  }

  [[nodiscard]] bool closed() const {
    return stopped_ || ending_;
  }

  // -- starting --------------------------------------------------------------

  /// Puts the run in line to be spawned.
  void enqueue(run_number run, std::shared_ptr<const void> beginning) {
    runs_[run].life = run_life::queued;
    queue_.emplace_back(run, std::move(beginning));
  }

  /// Spawns those whose turn has come.
  void pump() {
    while (starting_ < options_.starting_at_once && !queue_.empty()) {
      const auto [run, beginning] = std::move(queue_.front());
      queue_.pop_front();
      if (auto* x = find(run); x != nullptr && x->life == run_life::queued)
        spawn_run(run, *x, beginning);
    }
  }

  void spawn_run(run_number run, run_entry& x,
                 const std::shared_ptr<const void>& beginning) {
    x.said = last_word::none;
    x.evict_at = never;
    try {
      auto made = options_.make(run, beginning, x.exhausted, self());
      if (made == nullptr)
        throw std::runtime_error{"its factory made no actor"};
      x.ref = spawn(std::move(made));
    } catch (const std::exception& e) {
      crashed(run, x, {0, fabric::exit_kind::failed, e.what()});
      return;
    } catch (...) {
      crashed(run, x,
              {0, fabric::exit_kind::failed,
               "its factory threw what is no std::exception"});
      return;
    }
    x.life = run_life::live;
    x.starting = true;
    ++starting_;
    by_actor_.emplace(x.ref.id(), run);
    monitor(x.ref);
    request(x.ref, fabric::message::of(await_start{}),
            [this, run, id = x.ref.id()](fabric::reply&) {
              if (auto* who = find(run); who != nullptr && who->ref.id() == id)
                has_begun(*who);
              pump();
            });
    flush(run, x);
  }

  void has_begun(run_entry& x) {
    if (std::exchange(x.starting, false))
      --starting_;
  }

  void begin(run_number run, const std::shared_ptr<const void>& beginning) {
    if (closed())
      return;
    if (find(run) != nullptr) {
      hand(run, {fabric::message::of(run_woken{}), {}});
      return;
    }
    enqueue(run, beginning);
    pump();
  }

  // -- handing over ----------------------------------------------------------

  /// Hands the message to the run, or keeps it until the run can take it.
  void hand(run_number run, held_message m) {
    if (closed()) {
      m.to.fail("agent '" + options_.agent + "' is stopped");
      return;
    }
    auto* x = find(run);
    if (x == nullptr) {
      hold(run, std::move(m));
      enqueue(run, nullptr);
      pump();
    } else if (x->said == last_word::over) {
      m.to.fail(label(run) + " is over");
    } else if (x->life == run_life::live && x->said == last_word::none) {
      forward(run, *x, std::move(m));
    } else {
      x->again = true;
      hold(run, std::move(m));
    }
  }

  void forward(run_number run, const run_entry& x, held_message m) {
    if (!m.to) {
      send(x.ref, std::move(m.body));
      return;
    }
    const auto id = ++last_forward_;
    forwarded_.emplace(id, std::move(m.to));
    request(x.ref, m.body,
            [this, run, id, body = m.body, to = x.ref.id()](fabric::reply& r) {
              auto open = forwarded_.extract(id);
              if (open.empty())
                return;
              if (r.how == fabric::reply::status::answered)
                open.mapped().deliver(r.body);
              else if (r.how == fabric::reply::status::died)
                open.mapped().fail(r.text);
              else
                bounced(run, to, {body, std::move(open.mapped())});
            });
  }

  /// A request that its run's actor `from` never took, since it had ended: it
  /// is for the next incarnation.
  void bounced(run_number run, fabric::actor_id from, held_message m) {
    auto* x = find(run);
    if (x == nullptr || closed())
      m.to.fail(label(run) + " ended");
    else if (x->ref.id() == from)
      hold(run, std::move(m)); // its down message is on the way
    else
      hand(run, std::move(m));
  }

  void hold(run_number run, held_message m) {
    auto& all = held_[run];
    if (all.size() < defaults::stash) {
      all.push_back(std::move(m));
      return;
    }
    report_.crowded(now(), label(run));
    m.to.fail("too many messages wait for " + label(run));
  }

  void flush(run_number run, run_entry& x) {
    x.again = false;
    auto all = held_.extract(run);
    if (!all.empty())
      for (auto& m : all.mapped())
        forward(run, x, std::move(m));
  }

  // -- what runs say ---------------------------------------------------------

  void heard(const run_idle& m, run_entry& x) {
    x.evict_at = detail::evict_time(m.since, m.next_at, options_.evict_after);
    watch_idle(m.number, x);
  }

  void heard(const run_busy&, run_entry& x) {
    x.evict_at = never;
    if (!x.parked)
      return;
    // A person let it go on: with a fresh budget.
    x.parked = x.exhausted = x.counted = false;
    x.trouble.reset();
  }

  static void heard(const run_evicted&, run_entry& x) {
    x.said = last_word::evicted;
  }

  static void heard(const run_over&, run_entry& x) {
    x.said = last_word::over;
  }

  void heard(const run_exhausted& m, run_entry& x) {
    x.parked = true;
    count_exhausted(m.number, x);
  }

  template <class T>
  bool heard_from(const fabric::envelope& e) {
    const auto* m = e.body.as<T>();
    if (m == nullptr)
      return false;
    if (auto* x = find(m->number, e.sender()))
      heard(*m, *x);
    return true;
  }

  bool heard_from_run(const fabric::envelope& e) {
    return heard_from<run_idle>(e) || heard_from<run_busy>(e)
           || heard_from<run_evicted>(e) || heard_from<run_over>(e)
           || heard_from<run_exhausted>(e);
  }

  // -- evicting --------------------------------------------------------------

  void watch_idle(run_number run, run_entry& x) {
    if (x.evict_at == never || std::exchange(x.timed, true))
      return;
    idle_.emplace(x.evict_at, run);
    arm_eviction();
  }

  void arm_eviction() {
    if (idle_.empty() || idle_.top().first >= armed_)
      return;
    armed_ = idle_.top().first;
    after(armed_ - now(), [this, at = armed_] {
      if (armed_ != at)
        return; // an earlier one was armed meanwhile
      armed_ = never;
      evict_due();
    });
  }

  void evict_due() {
    const auto at = now();
    for (std::size_t n = 0; !idle_.empty() && idle_.top().first <= at; ++n) {
      if (n == eviction_batch) {
        send(self(), evict_more{});
        return;
      }
      const auto run = idle_.top().second;
      idle_.pop();
      if (auto* x = find(run))
        evict_if_idle(run, *x, at);
    }
    arm_eviction();
  }

  void evict_if_idle(run_number run, run_entry& x, instant at) {
    x.timed = false;
    if (x.evict_at > at) {
      watch_idle(run, x);
      return;
    }
    if (x.life != run_life::live || x.said != last_word::none)
      return;
    x.life = run_life::evicting;
    x.evict_at = never;
    request(x.ref, fabric::message::of(evict_request{}),
            [this, run, id = x.ref.id()](fabric::reply& r) {
              auto* who = find(run);
              if (who != nullptr && who->ref.id() == id
                  && r.how != fabric::reply::status::bounced)
                evict_handled(run, *who);
            });
  }

  /// The run has seen the request: unless it said so, it does not leave.
  void evict_handled(run_number run, run_entry& x) {
    if (x.life != run_life::evicting || x.said != last_word::none)
      return;
    x.life = run_life::live;
    flush(run, x);
    watch_idle(run, x);
  }

  // -- one end ---------------------------------------------------------------

  void ended(run_number run, run_entry& x, const fabric::down& d) {
    if (x.life == run_life::stopping)
      return gone(run, x.again && !closed());
    switch (x.said) {
    case last_word::over:
      return gone(run, false);
    case last_word::evicted:
      return gone(run, held_.contains(run));
    case last_word::none:
      return crashed(run, x, d);
    }
  }

  /// The run is out of memory; `again`: and wanted back at once.
  void gone(run_number run, bool again) {
    runs_.erase(run);
    if (again)
      enqueue(run, nullptr);
    else
      refuse(run, label(run) + " ended");
  }

  void crashed(run_number run, run_entry& x, const fabric::down& d) {
    if (x.trouble == nullptr)
      x.trouble
        = std::make_unique<detail::trouble>(options_.budget, options_.backoff);
    x.life = run_life::waiting;
    const auto verdict = decide_about(x);
    const auto why = what_happened(d);
    report_.down(now(), label(run), exit_cause::failure, &why, &verdict);
    if (const auto* restart = std::get_if<restart_after>(&verdict)) {
      respawn_after(run, *x.trouble, restart->delay);
      return;
    }
    x.exhausted = true;
    if (!count_exhausted(run, x))
      respawn_after(run, *x.trouble, duration::zero());
  }

  static failure what_happened(const fabric::down& d) {
    auto result
      = detail::failure_of(exit_cause::failure, d).value_or(failure{});
    if (d.kind == fabric::exit_kind::normal
        || d.kind == fabric::exit_kind::shutdown)
      result.message = "it ended without a word";
    return result;
  }

  /// One that is exhausted already and cannot even park is tried for ever, at
  /// the pace of its backoff.
  restart_decision decide_about(const run_entry& x) {
    auto& t = *x.trouble;
    const auto unit = unit_interval(random_->next());
    if (x.exhausted)
      return restart_after{
        std::max(t.backoff.next(now(), unit), defaults::restart_backoff)};
    return decide(restart_type::permanent, exit_cause::failure, t.budget,
                  t.backoff, now(), unit);
  }

  void respawn_after(run_number run, detail::trouble& t, duration delay) {
    const auto due = respawn{run, ++t.turn};
    t.next_at = now() + delay;
    if (delay <= duration::zero())
      send(self(), due);
    else
      after(delay, [this, due] { respawn_now(due); });
  }

  void respawn_now(const respawn& due) {
    auto* x = find(due.run);
    if (x == nullptr || x->life != run_life::waiting
        || x->trouble->turn != due.turn)
      return;
    x->trouble->next_at.reset();
    enqueue(due.run, nullptr);
    pump();
  }

  // -- stopping --------------------------------------------------------------

  /// True if that was one too many: the agent is stopped, and `x` may be gone.
  bool count_exhausted(run_number run, run_entry& x) {
    if (std::exchange(x.counted, true) || closed())
      return false;
    const auto at = now();
    std::erase_if(exhausted_, [&](const auto& each) {
      return each.second == run || at - each.first >= options_.exhausted_window;
    });
    exhausted_.emplace_back(at, run);
    if (exhausted_.size() <= options_.exhausted_runs)
      return false;
    stop_agent();
    return true;
  }

  void stop_agent() {
    stopped_ = true;
    std::vector<run_number> runs;
    for (const auto& each : std::exchange(exhausted_, {}))
      runs.push_back(each.second);
    report_.agent_stopped(now(), runs);
    if (options_.on_agent_stopped)
      options_.on_agent_stopped(runs);
    stop_all();
  }

  /// Stops all runs at once; those without an actor are simply dropped.
  void stop_all() {
    queue_.clear();
    refuse_all("is stopped");
    std::erase_if(runs_, [](const auto& each) { return !each.second.ref; });
    for (auto& [run, x] : runs_) {
      x.life = run_life::stopping;
      x.again = false;
      stop(x.ref);
    }
    const auto turn = ++stop_turn_;
    after(options_.stop_deadline, [this, turn] { kill_rest(turn); });
    finish_if_done();
  }

  void kill_rest(std::uint64_t turn) {
    if (turn != stop_turn_)
      return;
    for (auto& [run, x] : runs_)
      if (x.life == run_life::stopping)
        kill(x.ref);
    after(options_.stop_deadline, [this, turn] { abandon_rest(turn); });
  }

  void abandon_rest(std::uint64_t turn) {
    if (turn != stop_turn_)
      return;
    for (auto& [run, x] : runs_)
      if (x.life == run_life::stopping) {
        report_.abandoned(now(), label(run));
        abandoned_.push_back(x.ref);
        has_begun(x);
        by_actor_.erase(x.ref.id());
      }
    std::erase_if(runs_, [](const auto& each) {
      return each.second.life == run_life::stopping;
    });
    finish_if_done();
  }

  void finish_if_done() {
    if (ending_ && runs_.empty())
      quit(fabric::exit_kind::shutdown);
  }

  void refuse(run_number run, const std::string& why) {
    auto all = held_.extract(run);
    if (!all.empty())
      for (auto& m : all.mapped())
        m.to.fail(why);
  }

  /// Answers all who wait, since nobody else will.
  void refuse_all(std::string_view what) {
    const auto why = "agent '" + options_.agent + "' " + std::string{what};
    for (auto& [run, all] : std::exchange(held_, {}))
      for (auto& m : all)
        m.to.fail(why);
    for (auto& [id, to] : std::exchange(forwarded_, {}))
      to.fail(why);
  }

  // -- describing ------------------------------------------------------------

  [[nodiscard]] tree_node describe() const;

  // ----------------------------------------------------------------------------

  using idle_run = std::pair<instant, run_number>;

  run_supervisor_options options_;
  std::shared_ptr<random_source> random_;
  detail::reporter report_;
  std::unordered_map<run_number, run_entry> runs_;
  std::unordered_map<fabric::actor_id, run_number> by_actor_;
  std::unordered_map<run_number, std::vector<held_message>> held_;
  std::deque<std::pair<run_number, std::shared_ptr<const void>>> queue_;
  std::size_t starting_ = 0;
  // At most one entry for each run that is `timed`.
  std::priority_queue<idle_run, std::vector<idle_run>, std::greater<>> idle_;
  instant armed_ = never;
  std::map<std::uint64_t, fabric::promise> forwarded_;
  std::uint64_t last_forward_ = 0;
  std::vector<std::pair<instant, run_number>> exhausted_; // oldest first
  std::vector<fabric::actor_ref> abandoned_;
  std::uint64_t stop_turn_ = 0;
  bool stopped_ = false;
  bool ending_ = false;
};

void run_supervisor::receive(fabric::envelope& e) {
  if (heard_from_run(e))
    return;
  if (const auto* m = e.body.as<fabric::routed>())
    hand(m->to, {m->body, e.take_promise()});
  else if (const auto* s = e.body.as<start_run>())
    begin(s->number, s->beginning);
  else if (const auto* due = e.body.as<respawn>())
    respawn_now(*due);
  else if (e.body.is<evict_more>())
    evict_due();
  else if (e.body.is<resume_agent>())
    stopped_ = false;
  else if (e.body.is<guards_changed>() || e.body.is<mode_changed>())
    for (const auto& [run, x] : runs_)
      send(x.ref, e.body);
  else if (e.body.is<describe_tree>())
    e.take_promise().deliver(describe());
}

void run_supervisor::on_down(const fabric::down& d) {
  const auto at = by_actor_.find(d.source);
  if (at == by_actor_.end()) {
    std::erase_if(abandoned_,
                  [&](const auto& x) { return x.id() == d.source; });
    return;
  }
  const auto run = at->second;
  by_actor_.erase(at);
  auto& x = runs_.at(run);
  has_begun(x);
  x.ref = {};
  x.evict_at = never;
  ended(run, x, d);
  pump();
  finish_if_done();
}

tree_node run_supervisor::describe() const {
  tree_node result;
  result.name = options_.agent;
  result.kind = "agent";
  result.state = ending_ ? "stopping" : stopped_ ? "stopped" : "running";
  std::size_t live = 0;
  for (const auto& [run, x] : runs_) {
    live += x.ref ? 1 : 0;
    const auto waits = x.life == run_life::waiting;
    if ((!waits && !x.parked && !x.exhausted)
        || result.children.size() == shown_runs)
      continue;
    tree_node line;
    line.name = label(run);
    line.kind = "run";
    line.state = waits ? "restarting" : "exhausted";
    if (x.trouble != nullptr) {
      line.restarts
        = static_cast<std::uint32_t>(x.trouble->budget.spent(now()));
      line.next_at = x.trouble->next_at;
    }
    result.children.push_back(std::move(line));
  }
  result.detail = std::to_string(live) + " in memory, "
                  + std::to_string(queue_.size()) + " queued";
  return result;
}

} // namespace

std::unique_ptr<fabric::actor>
make_run_supervisor(run_supervisor_options options) {
  validate(options);
  return std::make_unique<run_supervisor>(std::move(options));
}

} // namespace stanchion
