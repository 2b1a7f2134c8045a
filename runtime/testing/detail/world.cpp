#include <stanchion/actors/run/history.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/people.hpp>
#include <stanchion/runtime/testing/detail/world.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

/// Messages after which a system counts as one that never comes to rest, and
/// lives after which it counts as one that never lives.
constexpr auto most_messages = std::size_t{2'000'000};
constexpr auto most_lives = std::uint64_t{1'000};
/// How long a submitter waits before it asks again, and people before they look
/// whether what they said was heard.
constexpr auto ask_again = duration{60s};
constexpr auto look_again = duration{10min};
/// How long what is over may take to be cleaned up.
constexpr auto clean_up = duration{2min};
/// The longest that people take, and a process to be started again.
constexpr auto slow_people = duration{120s};
constexpr auto slow_start = duration{30s};

/// Kinds that are counted in every simulation; the others come with every step.
constexpr auto counted
  = event_kinds{event_kind::run_parked,         event_kind::run_ended,
                event_kind::run_crashed,        event_kind::run_evicted,
                event_kind::attempt_ended,      event_kind::retry_scheduled,
                event_kind::late_result,        event_kind::arguments_drifted,
                event_kind::breaker_opened,     event_kind::breaker_half_opened,
                event_kind::breaker_closed,     event_kind::breaker_isolated,
                event_kind::child_down,         event_kind::child_restarted,
                event_kind::supervisor_gave_up, event_kind::agent_stopped,
                event_kind::ticket_opened,      event_kind::ticket_decided,
                event_kind::ticket_withdrawn,   event_kind::store_trouble,
                event_kind::store_recovered,    event_kind::step_charged,
                event_kind::step_quarantined,   event_kind::mailbox_long,
                event_kind::worker_abandoned,   event_kind::replay_differed,
                event_kind::fault_injected,     event_kind::retry_denied,
                event_kind::budget_low,         event_kind::call_refused,
                event_kind::limit_lowered,      event_kind::hedge_started,
                event_kind::step_reopened,      event_kind::fallback_used,
                event_kind::run_stuck,          event_kind::undo_started,
                event_kind::undo_failed};

void require_submitted(const scenario& s) {
  for (const auto& x : s.acts)
    if (x.cancels > s.submissions.size())
      throw error{error_code::invalid_spec,
                  "the simulation cancels submission "
                    + std::to_string(x.cancels) + ", and has "
                    + std::to_string(s.submissions.size()) + " submissions"};
}

/// Independent streams of chance from one seed.
std::uint64_t stream(std::uint64_t seed, std::uint64_t which) {
  return mix64(mix64(seed) + which);
}

fault_schedule schedule_of(const scenario& s, const plan& p) {
  const auto seed = stream(p.seed, 1);
  return p.only ? fault_schedule{s.faults, seed, *p.only}
                : fault_schedule{s.faults, seed};
}

} // namespace

/// Notes what becomes durable; takes nothing from a process that is dead.
class world::noted_store final : public memory_store {
public:
  explicit noted_store(world& w) : world_(w) {
    // nop
  }
  [[nodiscard]] commit_status
  commit(std::span<const batch* const> xs) override {
    if (world_.dead_)
      return commit_status::io_error;
    const auto status = memory_store::commit(xs);
    if (status == commit_status::done)
      world_.committed(xs);
    return status;
  }
  void remember(std::string_view text) override {
    if (!world_.dead_)
      memory_store::remember(text);
  }
  void lose_power() {
    memory_store::remember({});
  }

private:
  world& world_;
};

class world::listener final : public event_sink {
public:
  explicit listener(world& w) : world_(w) {
    // nop
  }
  void publish(event x) override {
    if (!world_.dead_)
      world_.heard(x);
  }
  [[nodiscard]] bool wants(event_kind x) const override {
    return world_.plan_.trace || counted.contains(x);
  }

private:
  world& world_;
};

world::world(const scenario& s, const plan& p)
  : scenario_(s), plan_(p), random_(seeded_random(stream(p.seed, 2))),
    sink_(stream(p.seed, 3)), person_(s, sink_),
    auditor_(
      [this](const std::string& key) { //
        return sink_.result_of(key) != nullptr;
      },
      [this](const std::string& tool) { return most_attempts_[tool]; },
      [this](const std::string& tool) { return asking_.contains(tool); }),
    injector_(std::make_shared<fault_injector>(
      schedule_of(s, p), [this](const fault_rule& why) { die(why); })),
    store_(std::make_shared<noted_store>(*this)),
    listener_(std::make_shared<listener>(*this)), now_(fabric::virtual_epoch),
    began_(now_), acknowledged_(s.submissions.size()),
    submitted_(s.submissions.size()), acted_(s.acts.size()) {
  require_submitted(s);
  for (const auto& [tool, fn] : s.fakes)
    sink_.fake(tool, fn);
  sink_.on_attempt = [this](const simulated_call& x) { attempted(x); };
  result_.seed = p.seed;
  for (auto i = std::size_t{0}; i < s.submissions.size(); ++i)
    plan_at(began_ + s.submissions[i].after, [this, i] { submit(i); });
  for (auto i = std::size_t{0}; i < s.acts.size(); ++i)
    plan_at(began_ + s.acts[i].from + some(s.acts[i].within),
            [this, i] { act(i); });
}

world::~world() {
  dead_ = true;
  sink_.deaf = true;
}

// -- the process --------------------------------------------------------------

config world::settings() {
  auto x = config{};
  x.store = store_;
  x.replay_twice = true;
  x.events = listener_;
  x.random = seeded_random(stream(plan_.seed, 100 + 2 * lives_));
  x.virtual_seed = stream(plan_.seed, 101 + 2 * lives_);
  x.virtual_start = now_;
  x.around = std::shared_ptr<surroundings>{std::shared_ptr<void>{}, this};
  return x;
}

std::unique_ptr<fabric::actor> world::work_of(const tool& t) {
  most_attempts_[t.name()] = t.retries().max_attempts;
  if (t.always_asks())
    asking_.insert(t.name());
  return make_stand_in(t, sink_);
}

void world::begin_life() {
  ++lives_;
  dead_ = false;
  sink_.deaf = false;
  auditor_.started(*store_);
  note("the process starts");
  rt_ = std::make_unique<runtime>(settings());
  scenario_.setup(*rt_);
  try {
    rt_->start();
  } catch (const error& e) {
    const auto injected
      = e.code() == error_code::store_full || e.code() == error_code::store_io;
    if (!dead_ && !injected)
      throw;
    note(e.what());
    dead_ = true; // it ends by itself
    return;
  }
  driver_.emplace(rt_->actors());
  if (result_.messages >= plan_.shuffled)
    driver_->in_order();
  people_look();
}

/// What it leaves behind is what the store has.
void world::end_life() {
  sink_.deaf = true;
  ++result_.deaths;
  auditor_.process_died();
  if (driver_)
    now_ = now();
  driver_.reset();
  rt_.reset();
  now_ += 1s + some(slow_start);
  looking_ = false;
}

void world::die(const fault_rule& why) {
  note("the process dies: " + to_text(why));
  if (why.kind == fault_kind::power)
    store_->lose_power();
  dead_ = true;
  sink_.deaf = true;
}

// -- time ---------------------------------------------------------------------

instant world::now() const {
  return driver_ ? rt_->actors().clock().now() : now_;
}

duration world::some(duration most) {
  const auto range = static_cast<std::uint64_t>(most.count());
  return duration{static_cast<std::int64_t>(random_->next() % range)};
}

void world::plan_at(instant at, std::function<void()> what) {
  agenda_.emplace(at, std::move(what));
}

outcome_of_plan world::run() {
  begin_life();
  while (go_on()) {
    // nop
  }
  return finish();
}

/// One message, or one thing that happens while nobody has any. False when it
/// is over.
bool world::go_on() {
  if (dead_ && lives_ == most_lives) {
    auditor_.complain("I8", "the process never stays alive");
    return false;
  }
  if (dead_) {
    end_life();
    begin_life();
    return true;
  }
  if (!driver_->step())
    return at_rest();
  if (++result_.messages == plan_.shuffled)
    driver_->in_order();
  if (result_.messages < most_messages)
    return true;
  auditor_.complain("I8", "it does not come to rest");
  return false;
}

bool world::at_rest() {
  if (!at_first_)
    at_first_ = rt_->actors().alive();
  const auto due = driver_->next_due();
  const auto mine = agenda_.begin();
  if (is_over() || (!due && mine == agenda_.end()))
    return false;
  const auto next
    = mine == agenda_.end() || (due && *due < mine->first) ? *due : mine->first;
  if (next - began_ > scenario_.patience)
    return false;
  if (mine == agenda_.end() || next < mine->first)
    return driver_->fire();
  driver_->pass_to(next);
  const auto what = std::move(mine->second);
  agenda_.erase(mine);
  what();
  return true;
}

bool world::is_over() {
  auto open = std::ranges::count(acknowledged_, false) > 0;
  if (!open)
    store_->each_open_run([&open](const run_row&) { open = true; });
  return !open;
}

// -- submitters ---------------------------------------------------------------

/// Submits and asks again, under the same key, until it is acknowledged.
void world::submit(std::size_t i) {
  if (acknowledged_[i])
    return;
  plan_at(now() + ask_again, [this, i] { submit(i); });
  auto what = scenario_.submissions[i].what;
  if (what.key.empty())
    what.key = "submission " + std::to_string(i + 1);
  try {
    rt_->submit(what, [this, i](const run_row& row) {
      if (dead_ || acknowledged_[i])
        return;
      acknowledged_[i] = true;
      submitted_[i] = row.id;
      auditor_.acknowledged(row);
    });
  } catch (const error& e) {
    if (e.code() != error_code::run_conflict
        && e.code() != error_code::not_running)
      throw;
    note(e.what());
  }
}

// -- people who act by themselves ---------------------------------------------

/// Does it again until it was heard.
void world::act(std::size_t i) {
  if (acted_[i])
    return;
  plan_at(now() + ask_again, [this, i] { act(i); });
  try {
    if (scenario_.acts[i].cancels != 0)
      cancel(i);
    else
      set_mode(i);
  } catch (const error& e) {
    if (e.code() != error_code::run_conflict
        && e.code() != error_code::not_running)
      throw;
    note(e.what());
  }
}

void world::cancel(std::size_t i) {
  const auto nth = scenario_.acts[i].cancels - 1;
  if (!acknowledged_.at(nth))
    return;
  const auto row = store_->find_run(submitted_[nth]);
  acted_[i] = row && is_terminal(row->state);
  if (!acted_[i])
    rt_->cancel(submitted_[nth], "changed their mind", "simulated person",
                [this, i](bool) { acted_[i] = acted_[i] || !dead_; });
}

void world::set_mode(std::size_t i) {
  const auto& x = scenario_.acts[i];
  auditor_.said(x.agent, x.mode);
  rt_->set_mode(
    x.agent, {x.mode, "simulated person", "to see what happens"},
    [this, i](const mode_setting&) { acted_[i] = acted_[i] || !dead_; });
}

// -- people -------------------------------------------------------------------

void world::people_look() {
  looking_ = false;
  auto open
    = store_->list_tickets({.states = {ticket_state::open}, .limit = 10'000});
  for (const auto& t : open)
    decide(t);
}

void world::decide(const ticket& t) {
  const auto id = t.id + "/" + std::to_string(t.version);
  auto found = words_.find(id);
  if (found == words_.end())
    found = words_.emplace(id, person_.answer(t)).first;
  if (!found->second)
    return;
  if (!std::exchange(looking_, true))
    plan_at(now() + look_again, [this] { people_look(); });
  auto request = decision_request{};
  request.ticket = t.id;
  request.version = t.version;
  request.verb = found->second->verb;
  request.by = "simulated person";
  request.payload = found->second->payload;
  rt_->decide(request, [this, t](const std::variant<ticket, error>& answer) {
    if (!dead_)
      decided(t, std::get_if<error>(&answer));
  });
}

void world::decided(const ticket& t, const error* why) {
  if (why == nullptr || why->code() != error_code::bad_decision)
    return; // or overtaken by something else
  words_[t.id + "/" + std::to_string(t.version)] = std::nullopt;
  auditor_.complain("script", why->what());
}

// -- what is noted ------------------------------------------------------------

void world::heard(const event& x) {
  ++result_.events[x.kind];
  auditor_.heard(x);
  if (plan_.trace)
    note("event " + std::string{to_string(x.kind)} + " " + x.subject
         + (x.run.nil() ? "" : " " + to_string(x.run))
         + (x.step.empty() ? "" : " step " + x.step) + " " + x.fields);
  if (x.kind == event_kind::ticket_opened)
    plan_at(now() + 1s + some(slow_people), [this] { people_look(); });
  // The process would end with exit code 1, and be started again.
  if (x.kind == event_kind::supervisor_gave_up && x.subject == "root")
    dead_ = true;
}

void world::committed(std::span<const batch* const> xs) {
  for (const auto* x : xs) {
    auditor_.committed(*x, now());
    if (plan_.trace)
      for (const auto& r : x->records)
        note("record " + std::to_string(r.run) + "/" + std::to_string(r.seq)
             + " " + std::string{to_string(r.kind)}
             + (r.step.empty() ? "" : " step " + r.step) + " " + r.body);
  }
}

void world::attempted(const simulated_call& x) {
  auditor_.attempted(x);
  if (plan_.trace)
    note("call " + x.tool + " " + x.key + " attempt "
         + std::to_string(x.attempt) + " " + x.arguments);
}

void world::note(std::string_view text) {
  if (!plan_.trace)
    return;
  result_.trace += to_rfc3339_micros(now());
  result_.trace += ' ';
  result_.trace += text;
  result_.trace += '\n';
}

// -- the end ------------------------------------------------------------------

bool world::waits(const run_row& row) {
  return (row.next_at && *row.next_at > now())
         || waits_for_people(*store_, row, [this](const run_row& x) {
              return rt_->leaves_alone(x);
            });
}

/// Lets those who have heard of the end last leave.
void world::settle() {
  const auto until = now() + clean_up;
  while (!dead_) {
    if (driver_->step())
      continue;
    const auto due = driver_->next_due();
    if (!due || *due > until)
      break;
    driver_->fire();
  }
  if (!dead_)
    auditor_.over(rt_->actors().alive(), *at_first_);
}

outcome_of_plan world::finish() {
  if (!dead_ && at_first_ && is_over())
    settle();
  auditor_.quiet(*store_, [this](const run_row& row) { return waits(row); });
  for (auto i = std::size_t{0}; i < acknowledged_.size(); ++i)
    if (!acknowledged_[i])
      auditor_.complain("I8", "submission " + std::to_string(i + 1)
                                + " was never acknowledged");
  result_.took = now() - began_;
  for (auto n = run_number{1}; n <= store_->last_run(); ++n)
    if (const auto row = store_->find_run(n)) {
      auto x = simulated_run{*row, std::nullopt};
      if (is_terminal(row->state))
        x.result = history{store_->read(n, 0)}.ending();
      result_.runs.push_back(std::move(x));
    }
  result_.tickets = store_->list_tickets({.limit = 100'000});
  result_.calls = sink_.take_calls();
  result_.violations = auditor_.violations();
  auto x = outcome_of_plan{};
  const auto& schedule = injector_->schedule();
  x.fired = schedule.fired();
  x.attempts = schedule.attempts();
  x.commits = schedule.commits();
  dead_ = true;
  driver_.reset();
  rt_.reset();
  x.result = std::move(result_);
  return x;
}

outcome_of_plan simulate(const scenario& s, const plan& p) {
  auto x = world{s, p}.run();
  for (const auto& claim : s.checks) {
    auto why = std::string{"does not hold"};
    try {
      if (claim.holds(x.result))
        continue;
    } catch (const std::exception& e) {
      why = e.what();
    }
    x.result.violations.push_back({claim.text, std::move(why)});
  }
  return x;
}

} // namespace stanchion::detail
