#include "actors/run/run_world.hpp"

#include <algorithm>

namespace stanchion::test {

namespace {

/// Supervisor and router in one: restarts what fails, at once.
class boss final : public fabric::actor {
public:
  explicit boss(run_world& w) : world_(w) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "boss";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* x = e.body.as<start_run>())
      launch(x->number, x->beginning);
    else if (const auto* m = e.body.as<fabric::routed>())
      route(*m);
    else if (const auto* asked = e.body.as<ask_turn>())
      send(e.sender(), turn_granted{asked->who});
    else if (const auto* over = e.body.as<run_over>())
      world_.runs.erase(over->number);
    else if (const auto* gone = e.body.as<run_evicted>())
      world_.runs.erase(gone->number);
  }

  void on_down(const fabric::down& d) override {
    const auto found = numbers_.find(d.source);
    if (found == numbers_.end())
      return;
    const auto number = found->second;
    numbers_.erase(found);
    if (d.kind != fabric::exit_kind::failed)
      return;
    world_.crashes.push_back(d.text);
    launch(number, nullptr);
  }

private:
  void launch(run_number n, const std::shared_ptr<const void>& beginning) {
    const auto begin = std::static_pointer_cast<const run_beginning>(beginning);
    const auto name
      = begin ? begin->row.agent : world_.store->find_run(n)->agent;
    auto ref = spawn(make_run(
      {.number = n,
       .program = std::make_shared<stanchion::agent>(world_.agents.at(name)),
       .services = world_.services,
       .beginning = begin,
       .supervisor = self()}));
    monitor(ref);
    numbers_[ref.id()] = n;
    world_.runs[n] = ref;
  }

  void route(const fabric::routed& m) {
    const auto found = world_.runs.find(m.to);
    if (found != world_.runs.end())
      return send(found->second, m.body);
    const auto row = world_.store->find_run(m.to);
    if (!row || is_terminal(row->state))
      return;
    launch(m.to, nullptr);
    send(world_.runs.at(m.to), m.body);
  }

  run_world& world_;
  std::map<fabric::actor_id, run_number> numbers_;
};

} // namespace

run_world::run_world(std::shared_ptr<memory_store> in, std::uint64_t seed,
                     std::size_t bound)
  : store(std::move(in)), sys(fabric::system_options{.virtual_seed = seed}),
    sim(sys), services(std::make_shared<run_services>()) {
  boss = sys.spawn(std::make_unique<class boss>(*this));
  services->store = store;
  services->random = seeded_random(seed);
  services->tools = std::make_shared<tool_directory>();
  services->last_number
    = std::make_shared<std::atomic<run_number>>(store->last_run());
  services->backlog = std::make_shared<backlog>(bound);
  services->journal = sys.spawn(make_journal(
    {.store = store, .backlog = services->backlog, .inline_commits = true}));
  desk = sys.spawn(
    make_desk({.store = store, .journal = services->journal, .router = boss}));
  services->desk = [this] { return desk; };
  services->timers = sys.spawn(make_timers(boss));
  services->router = boss;
  services->replay_twice = true;
  sim.run();
}

run_world::~run_world() {
  sys.shutdown(1s);
}

void run_world::tool(const std::string& name, effect e, tool_script s) {
  services->tools->put(name, e);
  services->tools->set_guard(
    name, sys.spawn(std::make_unique<simple_guard>(std::move(s), calls)));
}

void run_world::agent(stanchion::agent x) {
  agents.insert_or_assign(x.name(), x);
  auto versions = std::map<std::string, std::string>{};
  for (const auto& [name, a] : agents)
    versions[name] = a.version();
  services->agents = std::make_shared<const std::map<std::string, std::string>>(
    std::move(versions));
}

run_number run_world::submit(const std::string& agent, const value& input) {
  const auto n = begin(agent, input);
  sim.run();
  return n;
}

run_number run_world::begin(const std::string& agent, const value& input) {
  auto begin = std::make_shared<run_beginning>();
  begin->row.number = ++*services->last_number;
  begin->row.id = derived_uuid(1, begin->row.number);
  begin->row.agent = agent;
  begin->row.version = agents.at(agent).version();
  begin->row.created = sys.clock().now();
  begin->input = input;
  const auto n = begin->row.number;
  sys.send(boss, start_run{n, std::move(begin)});
  return n;
}

void run_world::recover() {
  store->each_open_run([this](const run_row& row) {
    sys.send(boss, start_run{row.number, nullptr});
  });
  sim.run();
}

void run_world::tell(run_number to, fabric::message m) {
  sys.send(boss, fabric::routed{to, std::move(m)});
  sim.run();
}

void run_world::decide(run_number run, verb v, const std::string& payload) {
  for (auto t :
       store->list_tickets({.states = {ticket_state::open}, .run = run})) {
    t.state = ticket_state::decided;
    t.decided = decision{v, "ann", sys.clock().now(), "", payload};
    auto b = batch{};
    b.tickets.push_back(t);
    const auto* p = &b;
    static_cast<void>(store->commit({&p, 1}));
    tell(run, fabric::message::of(ticket_decided{t.id}));
    return;
  }
}

run_row run_world::row(run_number n) {
  return store->find_run(n).value_or(run_row{});
}

std::string run_world::state(run_number n) {
  return std::string{to_string(row(n).state)};
}

std::string run_world::result(run_number n) {
  if (!is_terminal(row(n).state))
    return state(n);
  const auto past = history{store->read(n, 0)};
  const auto x = past.ending();
  return x.ok() ? x.get().dump() : to_string(x.why());
}

std::vector<ticket> run_world::tickets() {
  return store->list_tickets({.states = {ticket_state::open}});
}

std::vector<std::string> run_world::kinds(run_number n) {
  auto names = std::vector<std::string>{};
  for (const auto& r : store->read(n, 0))
    names.emplace_back(to_string(r.kind));
  return names;
}

} // namespace stanchion::test
