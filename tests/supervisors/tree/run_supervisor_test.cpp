#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/tree/run_supervisor.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace stanchion;

namespace {

// -- a run, as far as its supervisor is concerned ----------------------------

/// What stands in for the journal: outlives all actors.
struct facts {
  int written = 0; ///< signals that are durable
  int seen = 0;    ///< signals the run has acted on
  int spawned = 0;
  int from_beginning = 0;
  int exhausted = 0;
  bool alive = false;
};

struct crash_now {};
struct finish_now {};
struct vanish_now {};
struct be_busy {};
struct be_idle {
  std::optional<duration> next_in;
};
struct question {};
struct answer {
  run_number from = 0;
};
/// Not a hint: must reach some incarnation.
struct command {
  int id = 0;
};

struct world {
  std::map<run_number, facts> runs;
  std::set<run_number> broken; ///< crash whenever they are started
  std::vector<int> commands;
  std::size_t most_starting = 0;
  std::size_t starting = 0;
  int guard_news = 0;
  int declined = 0;
  std::map<run_number, fabric::actor_ref> refs;
  bool deaf = false;
  bool parks = true; ///< exhausted runs park, instead of crashing
};

class fake_run : public fabric::actor {
public:
  fake_run(world& w, run_number number, bool exhausted,
           fabric::actor_ref supervisor)
    : world_(&w), number_(number), exhausted_(exhausted),
      supervisor_(std::move(supervisor)) {
    world_->most_starting = std::max(world_->most_starting, ++world_->starting);
  }
  fake_run(const fake_run&) = delete;
  fake_run& operator=(const fake_run&) = delete;
  ~fake_run() override {
    mine().alive = false;
  }
  [[nodiscard]] std::string name() const override {
    return "run";
  }

protected:
  void start() override {
    --world_->starting;
    if (mine().alive)
      throw std::logic_error{"two incarnations"};
    mine().alive = true;
    world_->refs[number_] = self();
    ++mine().spawned;
    mine().exhausted += exhausted_ ? 1 : 0;
    if (world_->broken.contains(number_) && !(exhausted_ && world_->parks))
      throw std::runtime_error{"broken"};
    if (exhausted_)
      send(supervisor_, run_exhausted{number_, failure{}});
    look();
    idle(std::nullopt);
  }

  void receive(fabric::envelope& e) override {
    if (e.body.is<run_woken>()) {
      look();
      idle(std::nullopt);
    } else if (e.body.is<evict_request>()) {
      evict();
    } else if (e.body.is<crash_now>()) {
      throw std::runtime_error{"crash"};
    } else if (e.body.is<finish_now>()) {
      send(supervisor_, run_over{number_, run_state::completed});
      quit();
    } else if (e.body.is<vanish_now>()) {
      quit();
    } else if (e.body.is<be_busy>()) {
      busy_ = true;
      send(supervisor_, run_busy{number_});
    } else if (const auto* i = e.body.as<be_idle>()) {
      idle(i->next_in);
    } else if (e.body.is<question>()) {
      e.take_promise().deliver(answer{number_});
    } else if (const auto* c = e.body.as<command>()) {
      world_->commands.push_back(c->id);
    } else if (e.body.is<guards_changed>()) {
      ++world_->guard_news;
    }
  }

  void on_stop() override {
    if (!world_->deaf)
      quit(fabric::exit_kind::shutdown);
  }

private:
  facts& mine() {
    return world_->runs[number_];
  }
  void look() {
    mine().seen = mine().written;
  }
  void idle(std::optional<duration> next_in) {
    busy_ = false;
    std::optional<instant> next;
    if (next_in)
      next = now() + *next_in;
    send(supervisor_, run_idle{number_, now(), next});
  }
  void evict() {
    if (busy_) {
      ++world_->declined;
      return;
    }
    send(supervisor_, run_evicted{number_});
    quit();
  }

  world* world_;
  run_number number_;
  bool exhausted_;
  fabric::actor_ref supervisor_;
  bool busy_ = false;
};

/// Asks on behalf of the test.
class asker : public fabric::actor {
public:
  struct ask {
    fabric::actor_ref who;
    fabric::message what;
  };
  explicit asker(std::vector<fabric::reply>& to) : replies_(&to) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "asker";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* a = e.body.as<ask>())
      request(a->who, a->what,
              [this](fabric::reply& r) { replies_->push_back(r); });
  }

private:
  std::vector<fabric::reply>* replies_;
};

struct fixture {
  explicit fixture(std::uint64_t seed = 1)
    : sys(fabric::system_options{.virtual_seed = seed}), sim(sys) {
    asks = sys.spawn(std::make_unique<asker>(replies));
  }

  world on;
  std::vector<fabric::reply> replies;
  std::vector<std::vector<run_number>> stopped;
  fabric::system sys;
  fabric::simulation sim;
  fabric::actor_ref asks;
  fabric::actor_ref top;

  run_supervisor_options options() {
    run_supervisor_options x;
    x.agent = "refund";
    x.random = seeded_random(3);
    x.make = [this](run_number number, const std::shared_ptr<const void>& what,
                    bool exhausted, const fabric::actor_ref& supervisor) {
      if (what != nullptr)
        ++on.runs[number].from_beginning;
      return std::make_unique<fake_run>(on, number, exhausted, supervisor);
    };
    x.on_agent_stopped = [this](const std::vector<run_number>& runs) {
      stopped.push_back(runs);
    };
    return x;
  }

  void begin(run_supervisor_options x) {
    top = sys.spawn(make_run_supervisor(std::move(x)));
    sim.run();
  }
  void begin() {
    begin(options());
  }

  template <class T>
  void tell(T x) {
    sys.send(top, std::move(x));
  }
  template <class T>
  void route(run_number to, T x) {
    tell(fabric::routed{to, fabric::message::of(std::move(x))});
  }
  /// Has runs taken up from their journal.
  void start(const std::vector<run_number>& all) {
    for (const auto x : all)
      tell(start_run{x, nullptr});
  }
  /// Makes a signal durable and wakes the run, as the runtime does.
  void signal(run_number x) {
    ++on.runs[x].written;
    route(x, run_woken{});
  }
  void ask(fabric::message what) {
    sys.send(asks, asker::ask{top, std::move(what)});
  }
  tree_node tree() {
    ask(fabric::message::of(describe_tree{}));
    sim.run();
    return *replies.back().body.as<tree_node>();
  }
};

constexpr backoff_options at_once{
  .first = 0s, .factor = 1.0, .cap = 0s, .jitter = jitter::none};
constexpr backoff_options steady{
  .first = 1s, .factor = 2.0, .cap = 60s, .jitter = jitter::none};

} // namespace

TEST_CASE_METHOD(fixture, "illegal options are named before anything starts",
                 "[supervisors][tree]") {
  auto x = options();
  x.agent.clear();
  x.make = nullptr;
  x.evict_after = 0s;
  x.starting_at_once = 0;
  x.budget.window = 1s;
  try {
    (void)make_run_supervisor(x);
    FAIL("accepted");
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_spec);
    for (const auto* part :
         {"id", "make", "evict_after", "starting_at_once", "budget.window"})
      CHECK_THAT(e.what(), ContainsSubstring(part));
  }
}

TEST_CASE_METHOD(fixture,
                 "a run starts from its beginning once, and later "
                 "from the journal",
                 "[supervisors][tree]") {
  begin();
  tell(start_run{7, std::make_shared<int>(1)});
  sim.run();
  CHECK(on.runs[7].from_beginning == 1);
  route(7, crash_now{});
  sim.advance(1s);
  CHECK(on.runs[7].spawned == 2);
  CHECK(on.runs[7].from_beginning == 1);
}

TEST_CASE_METHOD(fixture,
                 "what comes for a run before it is spawned waits "
                 "for it",
                 "[supervisors][tree]") {
  auto x = options();
  x.starting_at_once = 1;
  begin(x);
  start({1, 2, 3});
  tell(start_run{4, std::make_shared<int>(1)});
  route(4, command{40});
  signal(4);
  ask(fabric::message::of(fabric::routed{4, fabric::message::of(question{})}));
  sim.run();
  CHECK(on.most_starting == 1);
  CHECK(on.commands == std::vector<int>{40});
  CHECK(on.runs[4].seen == 1);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].body.as<answer>()->from == 4);
}

// -- eviction ----------------------------------------------------------------

TEST_CASE_METHOD(fixture,
                 "a run that waits long enough leaves memory and comes "
                 "back when it is woken",
                 "[supervisors][tree]") {
  begin();
  tell(start_run{1, nullptr});
  sim.advance(60s - 1us);
  CHECK(on.runs[1].alive);
  sim.advance(1us);
  CHECK_FALSE(on.runs[1].alive);
  CHECK(tree().detail == "0 in memory, 0 queued");
  signal(1);
  sim.run();
  CHECK(on.runs[1].alive);
  CHECK(on.runs[1].seen == 1);
  CHECK(on.runs[1].spawned == 2);
}

TEST_CASE_METHOD(fixture, "a run that works, or soon goes on, stays in memory",
                 "[supervisors][tree]") {
  begin();
  start({1, 2, 3});
  route(1, be_busy{});
  route(2, be_idle{90s});
  route(3, be_idle{200s});
  sim.advance(10min);
  CHECK(on.runs[1].alive);
  CHECK(on.runs[2].alive);
  CHECK_FALSE(on.runs[3].alive);
  route(1, be_idle{});
  sim.advance(59s);
  CHECK(on.runs[1].alive);
  sim.advance(1s);
  CHECK_FALSE(on.runs[1].alive);
}

TEST_CASE("nothing that is sent to a run while it is evicted is lost",
          "[supervisors][tree]") {
  auto evicted = 0;
  auto declined = 0;
  for (auto seed = std::uint64_t{0}; seed < 600; ++seed) {
    fixture f{seed};
    auto x = f.options();
    x.evict_after = 1s;
    f.begin(x);
    const auto chance = seeded_random(seed);
    f.start({1, 2});
    auto sent = 0;
    auto asked = std::size_t{0};
    for (auto round = 0; round < 12; ++round) {
      f.sim.run();
      // On to the next eviction, and some steps into it.
      auto steps = chance->next() % 10;
      f.sim.run_until([&] { return steps-- == 0; }, 1h);
      for (auto run = run_number{1}; run <= 2; ++run) {
        f.route(run, command{++sent});
        f.signal(run);
        if (chance->next() % 3 == 0) // as guards do: past the supervisor
          f.sys.send(f.on.refs[run], be_busy{});
        f.ask(fabric::message::of(
          fabric::routed{run, fabric::message::of(question{})}));
        ++asked;
        for (auto i = chance->next() % 12; i > 0; --i)
          f.sim.step();
        f.route(run, be_idle{});
      }
    }
    f.sim.run();
    for (auto run = run_number{1}; run <= 2; ++run) {
      REQUIRE(f.on.runs[run].seen == f.on.runs[run].written);
      evicted += f.on.runs[run].spawned - 1;
    }
    auto got = f.on.commands;
    std::ranges::sort(got);
    REQUIRE(got.size() == static_cast<std::size_t>(sent));
    REQUIRE(std::ranges::adjacent_find(got) == got.end());
    REQUIRE(f.replies.size() == asked);
    for (const auto& r : f.replies)
      REQUIRE(r.how == fabric::reply::status::answered);
    declined += f.on.declined;
  }
  CHECK(evicted > 1000);
  CHECK(declined > 0);
}

TEST_CASE_METHOD(fixture, "a run that is over is forgotten",
                 "[supervisors][tree]") {
  begin();
  tell(start_run{1, nullptr});
  route(1, finish_now{});
  sim.advance(1h);
  CHECK(on.runs[1].spawned == 1);
  CHECK_FALSE(on.runs[1].alive);
  CHECK(sys.alive() == 2);
}

// -- crashes -----------------------------------------------------------------

TEST_CASE_METHOD(fixture,
                 "a crashed run comes back after its delay, and others "
                 "do not wait for it",
                 "[supervisors][tree]") {
  auto x = options();
  x.backoff = steady;
  begin(x);
  start({1, 2});
  sim.run();
  for (const auto wait : {1s, 2s, 4s}) {
    const auto before = on.runs[1].spawned;
    route(1, crash_now{});
    route(2, command{1});
    sim.advance(wait - 1us);
    CHECK(on.runs[1].spawned == before);
    sim.advance(1us);
    CHECK(on.runs[1].spawned == before + 1);
  }
  CHECK(on.commands.size() == 3);
  CHECK(on.runs[2].spawned == 1);
}

TEST_CASE_METHOD(fixture, "a run that ends without a word has crashed",
                 "[supervisors][tree]") {
  begin();
  tell(start_run{1, nullptr});
  route(1, vanish_now{});
  sim.advance(1s);
  CHECK(on.runs[1].alive);
  CHECK(on.runs[1].spawned == 2);
}

TEST_CASE_METHOD(fixture,
                 "a run out of budget is started once more to park "
                 "itself, and its siblings go on",
                 "[supervisors][tree]") {
  begin();
  on.broken = {1};
  start({1, 2});
  sim.advance(55s);
  CHECK(on.runs[1].spawned == 5); // one, three restarts, and the one to park
  CHECK(on.runs[1].exhausted == 1);
  CHECK(on.runs[1].alive);
  CHECK(on.runs[2].spawned == 1);
  CHECK(stopped.empty());
  const auto line = tree();
  REQUIRE(line.children.size() == 1);
  CHECK(line.children[0].name == "run 1");
  CHECK(line.children[0].state == "exhausted");
  SECTION("until a person lets it go on, with a new budget") {
    on.broken.clear();
    route(1, be_busy{});
    sim.run();
    CHECK(tree().children.empty());
    route(1, crash_now{});
    sim.advance(1s);
    CHECK(on.runs[1].alive);
    CHECK(on.runs[1].exhausted == 1);
  }
}

TEST_CASE_METHOD(fixture,
                 "a run that cannot even park is tried for ever, at "
                 "its own pace",
                 "[supervisors][tree]") {
  auto x = options();
  x.backoff = at_once;
  begin(x);
  on.broken = {1};
  on.parks = false;
  start({1, 2});
  sim.advance(1min);
  CHECK(on.runs[1].spawned > 100);
  CHECK(on.runs[1].spawned < 130); // no more than twice a second
  on.parks = true;
  sim.advance(1s);
  CHECK(on.runs[1].alive);
}

TEST_CASE_METHOD(fixture, "crashes that the window has forgotten cost nothing",
                 "[supervisors][tree]") {
  begin();
  tell(start_run{1, nullptr});
  for (auto i = 0; i < 5; ++i) {
    for (auto crash = 0; crash < 3; ++crash) {
      route(1, crash_now{});
      sim.advance(5s);
    }
    route(1, be_busy{});
    sim.advance(2min);
  }
  CHECK(on.runs[1].exhausted == 0);
  CHECK(on.runs[1].alive);
}

TEST_CASE("too many exhausted runs stop the agent, whatever the schedule",
          "[supervisors][tree]") {
  for (auto seed = std::uint64_t{0}; seed < 100; ++seed) {
    fixture f{seed};
    f.begin();
    f.on.broken = {1, 2, 3, 4, 5, 6};
    f.start({1, 2, 3, 4, 5, 6, 7, 8});
    f.sim.advance(50s);
    REQUIRE(f.stopped.size() == 1);
    auto named = f.stopped[0];
    std::ranges::sort(named);
    REQUIRE(named == std::vector<run_number>{1, 2, 3, 4, 5, 6});
    REQUIRE(f.sys.alive() == 2);
    REQUIRE(f.tree().state == "stopped");
    // Nothing starts any more, and those who ask are told.
    f.tell(start_run{9, nullptr});
    f.route(7, run_woken{});
    f.ask(
      fabric::message::of(fabric::routed{7, fabric::message::of(question{})}));
    f.sim.advance(10min);
    REQUIRE(f.sys.alive() == 2);
    REQUIRE(f.replies.back().how == fabric::reply::status::died);
    REQUIRE_THAT(f.replies.back().text, ContainsSubstring("is stopped"));
    // Until a person says so.
    f.on.broken.clear();
    f.tell(resume_agent{});
    f.start({7, 8});
    f.sim.run();
    REQUIRE(f.on.runs[7].alive);
    REQUIRE(f.sys.alive() == 4);
  }
}

TEST_CASE_METHOD(fixture,
                 "a run that exhausts itself again counts once, as of "
                 "then",
                 "[supervisors][tree]") {
  auto x = options();
  x.backoff = at_once;
  x.exhausted_runs = 1;
  begin(x);
  on.broken = {1};
  tell(start_run{1, nullptr});
  sim.advance(50s);
  CHECK(on.runs[1].exhausted == 1);
  route(1, be_busy{}); // a person lets it go on
  sim.run();
  route(1, crash_now{});
  sim.advance(20s);
  CHECK(on.runs[1].exhausted == 2);
  CHECK(stopped.empty());
  on.broken.insert(2);
  tell(start_run{2, nullptr});
  sim.run();
  CHECK(stopped
        == std::vector<std::vector<run_number>>{std::vector<run_number>{1, 2}});
}

TEST_CASE("runs that crash while they start keep nobody from starting",
          "[supervisors][tree]") {
  for (auto seed = std::uint64_t{0}; seed < 50; ++seed) {
    fixture f{seed};
    auto x = f.options();
    x.starting_at_once = 1;
    f.begin(x);
    f.on.broken = {1, 2, 3};
    f.start({1, 2, 3, 4, 5});
    f.sim.advance(50s);
    for (auto run = run_number{1}; run <= 5; ++run)
      REQUIRE(f.on.runs[run].alive);
  }
}

TEST_CASE_METHOD(fixture,
                 "runs that exhaust themselves slowly do not stop "
                 "their agent",
                 "[supervisors][tree]") {
  begin();
  for (auto run = run_number{1}; run <= 12; ++run) {
    on.broken.insert(run);
    tell(start_run{run, nullptr});
    sim.advance(30s);
  }
  CHECK(stopped.empty());
  for (auto run = run_number{1}; run <= 10; ++run)
    CHECK(on.runs[run].exhausted == 1);
}

// -- many --------------------------------------------------------------------

TEST_CASE_METHOD(fixture,
                 "ten thousand runs resume with few starting at once, "
                 "are evicted and come back",
                 "[supervisors][tree]") {
  begin();
  auto all = std::vector<run_number>{};
  for (auto i = run_number{1}; i <= 10'000; ++i)
    all.push_back(i);
  start(all);
  tell(start_run{20'000, nullptr});
  sim.run();
  CHECK(on.most_starting <= 256);
  CHECK(sys.alive() == 10'003);
  tell(guards_changed{});
  sim.run();
  CHECK(on.guard_news == 10'001);
  sim.advance(60s);
  CHECK(sys.alive() == 2);
  for (const auto run : all)
    signal(run);
  sim.run();
  CHECK(sys.alive() == 10'002);
  CHECK(std::ranges::all_of(
    all, [&](run_number x) { return on.runs[x].seen == 1; }));
  sys.stop(top);
  sim.run();
  CHECK(sys.alive() == 1);
}

// -- the end -----------------------------------------------------------------

TEST_CASE_METHOD(fixture, "all runs share one deadline to stop",
                 "[supervisors][tree]") {
  begin();
  start({1, 2, 3});
  sim.run();
  on.deaf = true;
  sys.stop(top);
  sim.advance(5s - 1us);
  CHECK(sys.alive() == 5);
  sim.advance(1us);
  CHECK(sys.alive() == 1);
}

TEST_CASE_METHOD(fixture,
                 "a stop reaches runs in every state and answers who "
                 "waits",
                 "[supervisors][tree]") {
  auto x = options();
  x.backoff = steady;
  x.starting_at_once = 2;
  begin(x);
  on.broken = {1};
  start({1, 2, 3, 4, 5});
  sim.run();
  ask(fabric::message::of(fabric::routed{1, fabric::message::of(question{})}));
  sim.run();
  CHECK(replies.empty()); // it is down, until its delay has passed
  sys.stop(top);
  sim.run();
  CHECK(sys.alive() == 1);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].how == fabric::reply::status::died);
  sim.advance(1h);
  CHECK(on.runs[1].spawned == 1);
}

TEST_CASE_METHOD(fixture, "a killed supervisor of runs takes them along",
                 "[supervisors][tree]") {
  begin();
  start({1, 2, 3});
  sim.run();
  CHECK(sys.alive() == 5);
  sys.kill(top);
  sim.run();
  CHECK(sys.alive() == 1);
}
