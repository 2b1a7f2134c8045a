#include "supervisors/tree/tree_fixture.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/supervisors/tree/supervisor.hpp>

using namespace stanchion;

namespace {

constexpr auto permanent = restart_type::permanent;
constexpr auto transient = restart_type::transient;
constexpr auto temporary = restart_type::temporary;
constexpr auto one = strategy::one_for_one;
constexpr auto all = strategy::one_for_all;
constexpr auto rest = strategy::rest_for_one;

using lines = log_lines;

/// Keeps what was published.
struct event_list : event_sink {
  std::vector<event> all;

  void publish(event x) override {
    all.push_back(std::move(x));
  }
  std::size_t count(event_kind kind) const {
    return static_cast<std::size_t>(
      std::ranges::count(all, kind, &event::kind));
  }
};

struct fixture : tree_fixture {
  void begin_abc(strategy how, restart_type type = permanent) {
    begin(
      options("sup", {spec("a", type), spec("b", type), spec("c", type)}, how));
  }

  template <class T>
  std::string problem(T what) {
    return ask(std::move(what)).body.template as<child_changed>()->problem;
  }
};

std::string invalid(supervisor_options x) {
  try {
    (void)make_supervisor(std::move(x));
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_spec);
    return e.what();
  }
  return "";
}

} // namespace

// -- validation --------------------------------------------------------------

TEST_CASE_METHOD(fixture,
                 "an illegal supervisor names what is wrong before "
                 "anything starts",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("a")});
  x.children[1].significant = true;
  x.children[0].start_deadline = 0s;
  x.children[0].start = nullptr;
  x.budget.window = 0s;
  const auto text = invalid(x);
  for (const auto* part :
       {"'sup'", "children[a].id", "significant", "start_deadline",
        "children[a].start: ", "budget.window"})
    CHECK_THAT(text, ContainsSubstring(part));
  CHECK_THAT(invalid(options("", {})), ContainsSubstring("name"));
  CHECK(on.log.empty());
  CHECK_THROWS_AS(supervisor_child(x), error);
}

// -- start and stop ----------------------------------------------------------

TEST_CASE("children start in order and stop in reverse order, whatever the "
          "schedule",
          "[supervisors][tree]") {
  for (auto seed = std::uint64_t{0}; seed < 50; ++seed) {
    tree_fixture f{seed};
    f.begin(f.options("sup", {f.spec("a"), f.spec("b"), f.spec("c")}));
    CHECK(f.taken() == lines{"+a", "+b", "+c"});
    f.sys.stop(f.top);
    f.sim.run();
    CHECK(f.taken() == lines{"-c", "-b", "-a"});
    REQUIRE(f.ended());
    CHECK(f.heard.ends[0].first == fabric::exit_kind::shutdown);
    CHECK(f.heard.escalations.empty());
    CHECK(f.sys.alive() == 1);
  }
}

TEST_CASE_METHOD(fixture, "a child starts only when the one before is up",
                 "[supervisors][tree]") {
  on.starts["a"] = {start_as::hangs};
  begin_abc(one);
  CHECK(taken() == lines{"+a"});
  CHECK_FALSE(up("a"));
  sim.advance(4999ms);
  CHECK(taken().empty());
  sim.advance(1ms); // the start deadline: killed and started again
  CHECK(taken() == lines{"+a", "+b", "+c"});
}

TEST_CASE_METHOD(fixture, "every way to fail at start is retried and counts",
                 "[supervisors][tree]") {
  const auto how = GENERATE(start_as::throws, start_as::factory_throws,
                            start_as::no_actor, start_as::hangs);
  on.starts["b"] = {how, how};
  begin_abc(one);
  sim.advance(15s);
  CHECK(up("c"));
  CHECK(tree().children[1].restarts == 2);
  CHECK(heard.ends.empty());
  const auto log = taken();
  CHECK(std::ranges::count(log, "+c") == 1);
  CHECK(log.back() == "+c");
}

TEST_CASE_METHOD(fixture,
                 "a child that can never start makes its supervisor "
                 "give up, and those before it stop",
                 "[supervisors][tree]") {
  const auto how
    = GENERATE(start_as::throws, start_as::factory_throws, start_as::no_actor);
  on.starts["b"] = std::vector<start_as>(6, how);
  begin_abc(one);
  REQUIRE(ended());
  CHECK(heard.ends[0].first == fabric::exit_kind::failed);
  CHECK(taken() == lines{"+a", "-a"});
  REQUIRE(heard.escalations.size() == 1);
  CHECK_THAT(to_string(heard.escalations[0].why),
             ContainsSubstring("'sup' gave up: child 'b' failed after 5"));
  REQUIRE(heard.escalations[0].why.cause != nullptr);
  CHECK(heard.escalations[0].why.cause->effect == side_effect::not_started);
}

TEST_CASE_METHOD(fixture, "what a child failed of is told as it was",
                 "[supervisors][tree]") {
  on.starts["a"] = {start_as::hangs};
  auto x = options("sup", {spec("a")});
  SECTION("not up in time") {
    x.budget.max_restarts = 0;
    begin(x);
    sim.advance(5s);
    CHECK(heard.escalations.at(0).why.cause->message
          == "did not start within 5s");
  }
  SECTION("crashed later") {
    x.budget.max_restarts = 1;
    begin(x);
    sim.advance(5s);
    end("a", end_as::failed, "out of paper");
    CHECK(heard.escalations.at(0).why.cause->message == "out of paper");
  }
  SECTION("killed") {
    x.budget.max_restarts = 1;
    begin(x);
    sim.advance(5s);
    end("a", end_as::killed);
    CHECK(heard.escalations.at(0).why.cause->message == "killed");
  }
}

TEST_CASE_METHOD(fixture,
                 "a supervisor that may never restart ends at its "
                 "first child that cannot be made",
                 "[supervisors][tree]") {
  on.starts["a"] = {start_as::no_actor};
  auto x = options("sup", {spec("a")});
  x.budget.max_restarts = 0;
  begin(x);
  REQUIRE(ended());
  CHECK(heard.ends[0].first == fabric::exit_kind::failed);
  CHECK(sys.alive() == 1);
}

TEST_CASE_METHOD(fixture,
                 "a child that has nothing to do at start lets the "
                 "others start",
                 "[supervisors][tree]") {
  on.starts["a"] = {start_as::quits};
  begin_abc(one, transient);
  CHECK(up("b"));
  CHECK(up("c"));
  CHECK_FALSE(up("a"));
  CHECK(tree().children[0].state == "stopped");
}

TEST_CASE_METHOD(fixture,
                 "a child that does not stop is killed at its "
                 "deadline, and the next one stops after it",
                 "[supervisors][tree]") {
  begin_abc(one);
  (void)taken();
  on.deaf["b"] = true;
  sys.stop(top);
  sim.run();
  CHECK(taken() == lines{"-c"});
  CHECK_FALSE(ended());
  sim.advance(4999ms);
  CHECK_FALSE(ended());
  sim.advance(1ms);
  CHECK(taken() == lines{"-a"});
  CHECK(ended());
  CHECK(sys.alive() == 1);
}

TEST_CASE_METHOD(fixture,
                 "a request to stop gets in between restarts without "
                 "delay",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a")});
  x.budget.max_restarts = 10'000;
  x.children[0].budget.max_restarts = 10'000;
  on.starts["a"] = std::vector<start_as>(20'000, start_as::no_actor);
  top = sys.spawn(make_supervisor(x));
  sys.send(parent, observer::watch{top});
  for (auto i = 0; i < 20; ++i)
    sim.step();
  sys.stop(top);
  for (auto i = 0; i < 20 && !ended(); ++i)
    sim.step();
  REQUIRE(ended());
  CHECK(heard.ends[0].first == fabric::exit_kind::shutdown);
}

TEST_CASE_METHOD(fixture, "a killed supervisor takes its children along",
                 "[supervisors][tree]") {
  begin_abc(one);
  CHECK(sys.alive() == 5);
  sys.kill(top);
  sim.run();
  CHECK(sys.alive() == 1);
}

// -- the matrix --------------------------------------------------------------

namespace {

/// What becomes of `b` of a, b, c when it ends by itself.
enum class fate { restarted, kept, forgotten };

fate expected_fate(restart_type type, end_as how) {
  if (type == temporary)
    return fate::forgotten;
  const auto abnormal = how == end_as::failed || how == end_as::killed;
  return type == permanent || abnormal ? fate::restarted : fate::kept;
}

lines expected_log(strategy how, restart_type type, fate x) {
  if (x != fate::restarted)
    return {};
  if (how == one)
    return {"+b"};
  const auto siblings_return = type != temporary;
  if (how == all)
    return siblings_return ? lines{"-c", "-a", "+a", "+b", "+c"}
                           : lines{"-c", "-a", "+b"};
  return {"-c", "+b", "+c"};
}

} // namespace

TEST_CASE("strategy, restart type and exit decide who is stopped and started, "
          "whatever the schedule",
          "[supervisors][tree]") {
  const auto how = GENERATE(one, all, rest);
  const auto type = GENERATE(permanent, transient, temporary);
  const auto exit = GENERATE(end_as::normal, end_as::shutdown, end_as::failed,
                             end_as::killed);
  const auto x = expected_fate(type, exit);
  for (auto seed = std::uint64_t{0}; seed < 25; ++seed) {
    tree_fixture f{seed};
    f.begin(f.options(
      "sup", {f.spec("a", type), f.spec("b", type), f.spec("c", type)}, how));
    (void)f.taken();
    f.end("b", exit);
    REQUIRE(f.taken() == expected_log(how, type, x));
    REQUIRE_FALSE(f.ended());
    const auto tree = f.tree();
    REQUIRE(tree.children.size() == (x == fate::forgotten ? 2U : 3U));
    REQUIRE(f.up("b") == (x == fate::restarted));
    REQUIRE((f.up("a") && f.up("c")));
    REQUIRE(tree.restarts == (x == fate::restarted ? 1U : 0U));
  }
}

TEST_CASE_METHOD(fixture,
                 "a group restart drops temporary members and brings "
                 "back transient ones that had ended",
                 "[supervisors][tree]") {
  begin(options("sup", {spec("a", temporary), spec("b", transient), spec("c")},
                all));
  end("b", end_as::normal);
  (void)taken();
  end("c");
  CHECK(taken() == lines{"-a", "+b", "+c"});
  CHECK(tree().children.size() == 2);
}

TEST_CASE("a member that fails while its group restarts begins one more plan",
          "[supervisors][tree]") {
  const auto how = GENERATE(all, rest);
  for (auto seed = std::uint64_t{0}; seed < 50; ++seed) {
    tree_fixture f{seed};
    f.begin(f.options("sup", {f.spec("a"), f.spec("b"), f.spec("c")}, how));
    (void)f.taken();
    f.on.starts["c"] = {start_as::throws};
    f.end("b");
    const auto first
      = how == all ? lines{"-c", "-a", "+a", "+b"} : lines{"-c", "+b"};
    const auto second
      = how == all ? lines{"-b", "-a", "+a", "+b", "+c"} : lines{"+c"};
    auto expected = first;
    expected.insert(expected.end(), second.begin(), second.end());
    REQUIRE(f.taken() == expected);
    REQUIRE(f.tree().restarts == 2);
  }
}

TEST_CASE("children that all crash at once come back in order",
          "[supervisors][tree]") {
  const auto how = GENERATE(one, all, rest);
  for (auto seed = std::uint64_t{0}; seed < 100; ++seed) {
    tree_fixture f{seed};
    f.begin(f.options("sup", {f.spec("a"), f.spec("b"), f.spec("c")}, how));
    for (const auto* id : {"a", "b", "c"})
      f.sys.send(f.on.now[id], end_now{end_as::failed, "together"});
    f.sim.run();
    REQUIRE((f.up("a") && f.up("b") && f.up("c")));
    REQUIRE_FALSE(f.ended());
    REQUIRE(f.sys.alive() == 5);
    if (how == one)
      REQUIRE(f.tree().restarts == 3);
    f.sys.stop(f.top);
    f.sim.run();
    const auto log = f.taken();
    REQUIRE(lines(log.end() - 3, log.end()) == lines{"-c", "-b", "-a"});
  }
}

// -- delays and budgets ------------------------------------------------------

TEST_CASE_METHOD(fixture, "restarts wait, longer each time",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("b")});
  x.budget = {.max_restarts = 10, .window = 10min};
  x.children[0].backoff
    = {.first = 1s, .factor = 2.0, .cap = 60s, .jitter = jitter::none};
  begin(x);
  (void)taken();
  for (const auto wait : {1s, 2s, 4s}) {
    end("a");
    CHECK_FALSE(up("a"));
    const auto line = tree().children[0];
    CHECK(line.state == "restarting");
    CHECK(line.next_at == sys.clock().now() + wait);
    sim.advance(wait - 1us);
    CHECK(taken().empty());
    end("b"); // a sibling does not wait for it
    CHECK(taken() == lines{"+b"});
    sim.advance(1us);
    CHECK(taken() == lines{"+a"});
  }
}

TEST_CASE_METHOD(fixture,
                 "a group waits for its delay once its members are "
                 "down",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("b"), spec("c")}, all);
  for (auto& each : x.children)
    each.backoff
      = {.first = 2s, .factor = 1.0, .cap = 2s, .jitter = jitter::none};
  begin(x);
  (void)taken();
  end("b");
  CHECK(taken() == lines{"-c", "-a"});
  sim.advance(1999ms);
  CHECK(taken().empty());
  sim.advance(1ms);
  CHECK(taken() == lines{"+a", "+b", "+c"});
}

TEST_CASE_METHOD(fixture,
                 "a supervisor stops while a child waits for its "
                 "restart",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("b")});
  x.children[0].backoff
    = {.first = 10s, .factor = 1.0, .cap = 10s, .jitter = jitter::none};
  begin(x);
  end("a");
  (void)taken();
  sys.stop(top);
  sim.run();
  CHECK(taken() == lines{"-b"});
  CHECK(ended());
  sim.advance(1min);
  CHECK(taken().empty());
}

TEST_CASE_METHOD(fixture,
                 "crashes that the window has forgotten are borne, "
                 "one too many is not",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("b")});
  x.budget = {.max_restarts = 3, .window = 60s};
  begin(x);
  for (auto i = 0; i < 12; ++i) {
    end(i % 2 == 0 ? "a" : "b");
    sim.advance(20s);
  }
  CHECK_FALSE(ended());
  CHECK(up("a"));
  (void)taken();
  end("a"); // the third within 60 s
  CHECK_FALSE(ended());
  end("b");
  CHECK(ended());
  CHECK(taken() == lines{"+a", "-a"});
  CHECK_THAT(to_string(heard.escalations.at(0).why),
             ContainsSubstring("'b' failed after 3 restarts of all"));
}

TEST_CASE_METHOD(fixture,
                 "a child's own budget counts besides the "
                 "supervisor's",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a"), spec("b"), spec("c")});
  x.children[1].budget = {.max_restarts = 1, .window = 60s};
  begin(x);
  end("a");
  end("c");
  end("b");
  CHECK_FALSE(ended());
  (void)taken();
  end("b", end_as::failed, "the last straw");
  CHECK(taken() == lines{"-c", "-a"});
  REQUIRE(ended());
  const auto& why = heard.escalations.at(0).why;
  CHECK_THAT(why.message, ContainsSubstring("1 restarts of its own"));
  REQUIRE(why.cause != nullptr);
  CHECK(why.cause->message == "the last straw");
}

// -- the end -----------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a supervisor whose work is done ends by itself",
                 "[supervisors][tree]") {
  auto [when, type, ends, over] = GENERATE(
    table<auto_shutdown, restart_type, std::vector<std::string>, bool>({
      {auto_shutdown::any_significant, transient, {"a"}, true},
      {auto_shutdown::any_significant, temporary, {"a"}, true},
      {auto_shutdown::any_significant, transient, {"c"}, false},
      {auto_shutdown::all_significant, transient, {"a"}, false},
      {auto_shutdown::all_significant, transient, {"a", "b"}, true},
      {auto_shutdown::all_significant, temporary, {"b", "a"}, true},
      {auto_shutdown::all_significant, temporary, {"c", "a"}, false},
    }));
  auto x = options("sup", {spec("a", type), spec("b", type), spec("c", type)});
  x.auto_shutdown = when;
  x.children[0].significant = x.children[1].significant = true;
  begin(x);
  for (const auto& id : ends)
    end(id, end_as::normal);
  CHECK(ended() == over);
  if (over) {
    CHECK(heard.ends[0].first == fabric::exit_kind::shutdown);
    CHECK(heard.escalations.empty());
    CHECK(sys.alive() == 1);
  }
}

TEST_CASE("causes travel up three levels of supervisors",
          "[supervisors][tree]") {
  for (auto seed = std::uint64_t{0}; seed < 50; ++seed) {
    tree_fixture f{seed};
    const auto strict
      = restart_budget_options{.max_restarts = 1, .window = 60s};
    auto low = f.options("low", {f.spec("leaf")});
    low.budget = strict;
    auto middle
      = f.options("middle", {supervisor_child(low, restart_type::transient)});
    middle.children[0].backoff = tree_fixture::at_once;
    middle.budget = strict;
    auto high = f.options("high", {f.spec("first"), supervisor_child(middle)});
    high.children[1].backoff = tree_fixture::at_once;
    high.budget = strict;
    f.begin(high);
    REQUIRE(f.up("leaf"));
    auto crashes = 0;
    for (; !f.ended() && crashes < 20; ++crashes)
      f.end("leaf", end_as::failed, "disk on fire");
    // Each level bears one restart: 2 x 2 x 2 crashes end the last.
    REQUIRE(crashes == 8);
    REQUIRE(f.heard.escalations.size() == 1);
    const auto text = to_string(f.heard.escalations[0].why);
    const auto at = [&](const char* part) { return text.find(part); };
    REQUIRE(at("'high' gave up: child 'middle'") < at("'middle' gave up"));
    REQUIRE(at("'middle' gave up: child 'low'") < at("'low' gave up"));
    REQUIRE(at("'low' gave up: child 'leaf'") < at("disk on fire"));
    REQUIRE(at("disk on fire") != std::string::npos);
    REQUIRE(f.heard.ends[0].first == fabric::exit_kind::failed);
    REQUIRE(f.taken().back() == "-first");
    REQUIRE(f.sys.alive() == 1);
  }
}

TEST_CASE_METHOD(fixture, "a nested supervisor is up when its children are",
                 "[supervisors][tree]") {
  on.starts["inner"] = {start_as::hangs};
  auto low = options("low", {spec("inner")});
  begin(options("high", {supervisor_child(low), spec("outer")}));
  CHECK(taken() == lines{"+inner"});
  CHECK_FALSE(up("low"));
  sim.advance(5s);
  CHECK(taken() == lines{"+inner", "+outer"});
  CHECK(up("low"));
}

TEST_CASE_METHOD(fixture,
                 "the last word of a root comes before its children "
                 "stop",
                 "[supervisors][tree]") {
  auto proceed = std::function<void()>{};
  auto said = std::string{};
  auto over = std::vector<std::string>{};
  auto x = options("root", {spec("a"), spec("b")});
  x.parent = {};
  x.budget.max_restarts = 0;
  x.on_give_up = [&](const failure& why, std::function<void()> then) {
    said = to_string(why);
    proceed = std::move(then);
  };
  x.on_ended = [&](const std::optional<failure>& why) {
    over.push_back(why ? why->message : "stopped");
  };
  begin(x);
  (void)taken();
  end("b");
  CHECK_THAT(said, ContainsSubstring("'root' gave up"));
  CHECK(taken().empty());
  CHECK(over.empty());
  SECTION("when it is said") {
    proceed();
    sim.run();
  }
  SECTION("or when it takes too long") {
    sim.advance(5s - 1us);
    CHECK(taken().empty());
    sim.advance(1us);
  }
  CHECK(taken() == lines{"-a"});
  REQUIRE(over.size() == 1);
  CHECK(said.find(over[0]) != std::string::npos);
  REQUIRE(ended());
  CHECK(heard.ends[0].first == fabric::exit_kind::failed);
}

TEST_CASE_METHOD(fixture, "an orderly end has no reason",
                 "[supervisors][tree]") {
  auto over = std::vector<bool>{};
  auto x = options("root", {spec("a")});
  x.on_ended = [&](const std::optional<failure>& why) {
    over.push_back(why.has_value());
  };
  begin(x);
  sys.stop(top);
  sim.run();
  CHECK(over == std::vector<bool>{false});
}

// -- describing --------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a tree shows all levels, and who does not answer",
                 "[supervisors][tree]") {
  auto low = options("low", {spec("x"), spec("mute")}, rest);
  begin(options("high", {spec("a"), supervisor_child(low)}));
  on.starts["mute"] = {start_as::hangs};
  auto tree = this->tree();
  REQUIRE(tree.children.size() == 2);
  CHECK(tree.name == "high");
  CHECK(tree.kind == "supervisor");
  CHECK(tree.state == "running");
  CHECK(tree.children[0].name == "a");
  CHECK(tree.children[0].kind == "system");
  CHECK(tree.children[1].kind == "supervisor");
  CHECK(tree.children[1].detail == "rest_for_one");
  REQUIRE(tree.children[1].children.size() == 2);
  CHECK(tree.children[1].children[1].state == "running");
  end("mute"); // comes back without an answer to anything
  tree = this->tree();
  CHECK(tree.children[0].state == "running");
  REQUIRE(tree.children[1].children.size() == 2);
  CHECK(tree.children[1].children[1].state == "starting");
}

TEST_CASE_METHOD(fixture, "a child that hangs does not hide its siblings",
                 "[supervisors][tree]") {
  struct mute : fabric::actor {
    fabric::promise kept;
    [[nodiscard]] std::string name() const override {
      return "mute";
    }
    void receive(fabric::envelope& e) override {
      if (e.body.is<describe_tree>())
        kept = e.take_promise();
    }
  };
  auto silent = spec("silent");
  silent.start
    = [](const fabric::actor_ref&) { return std::make_unique<mute>(); };
  auto low = options("low", {spec("x"), silent});
  begin(options("high", {spec("a"), supervisor_child(low)}));
  const auto before = sys.clock().now();
  const auto tree = this->tree();
  CHECK(sys.clock().now() - before <= 500ms);
  REQUIRE(tree.children[1].children.size() == 2);
  CHECK(tree.children[1].state == "running");
  CHECK(tree.children[1].children[0].state == "running");
  CHECK(tree.children[1].children[1].state == "not answering");
}

TEST_CASE_METHOD(fixture,
                 "nobody who asks a supervisor is left without an "
                 "answer when it ends",
                 "[supervisors][tree]") {
  const auto kill = GENERATE(false, true);
  on.starts["a"] = {start_as::hangs};
  begin_abc(one);
  for (auto what : {fabric::message::of(await_start{}),
                    fabric::message::of(terminate_child{"a"}),
                    fabric::message::of(describe_tree{1h})})
    sys.send(parent, observer::ask{top, what});
  on.deaf["a"] = true;
  sim.run();
  if (kill)
    sys.kill(top);
  else
    sys.stop(top);
  sim.advance(1min);
  CHECK(ended());
  CHECK(heard.replies.size() == 3);
}

// -- operators ---------------------------------------------------------------

TEST_CASE_METHOD(fixture,
                 "an operator terminates, restarts, deletes and adds "
                 "children",
                 "[supervisors][tree]") {
  begin_abc(all);
  (void)taken();
  CHECK(problem(terminate_child{"b"}).empty());
  CHECK(taken() == lines{"-b"});
  CHECK_FALSE(up("b"));
  CHECK(tree().children.at(1).state == "stopped");
  CHECK(tree().restarts == 0);

  end("a"); // the restart of its group leaves it down
  CHECK(taken() == lines{"-c", "+a", "+c"});
  CHECK(problem(restart_child{"b"}).empty());
  CHECK(taken() == lines{"+b"});
  CHECK(up("b"));

  CHECK_THAT(problem(restart_child{"b"}), ContainsSubstring("is running"));
  CHECK_THAT(problem(delete_child{"b"}), ContainsSubstring("not stopped"));
  CHECK(problem(terminate_child{"b"}).empty());
  CHECK(problem(terminate_child{"b"}).empty());
  CHECK(problem(delete_child{"b"}).empty());
  CHECK_THAT(problem(restart_child{"b"}), ContainsSubstring("no child 'b'"));
  CHECK(tree().children.size() == 2);

  CHECK_THAT(problem(add_child{spec("c")}),
             ContainsSubstring("children[c].id"));
  CHECK(problem(add_child{spec("b")}).empty());
  CHECK(tree().children.at(2).name == "b");
  (void)taken();
  sys.stop(top);
  sim.run();
  CHECK(taken() == lines{"-b", "-c", "-a"});
}

TEST_CASE_METHOD(fixture, "a temporary child that is terminated is forgotten",
                 "[supervisors][tree]") {
  begin_abc(one, temporary);
  CHECK(problem(terminate_child{"b"}).empty());
  CHECK(tree().children.size() == 2);
}

TEST_CASE_METHOD(fixture, "an operator is told of a start that failed",
                 "[supervisors][tree]") {
  begin_abc(one);
  on.starts["d"] = {start_as::throws};
  CHECK_THAT(problem(add_child{spec("d")}), ContainsSubstring("no start"));
  sim.run();
  CHECK(up("d")); // it was retried all the same
}

TEST_CASE_METHOD(fixture, "an operator need not wait for a delay",
                 "[supervisors][tree]") {
  auto x = options("sup", {spec("a")});
  x.children[0].backoff
    = {.first = 1min, .factor = 1.0, .cap = 1min, .jitter = jitter::none};
  x.children[0].budget.window = x.budget.window = 1h;
  begin(x);
  end("a");
  CHECK_FALSE(up("a"));
  const auto before = sys.clock().now();
  CHECK(problem(restart_child{"a"}).empty());
  CHECK(up("a"));
  CHECK(sys.clock().now() == before);
  sim.advance(2min); // the delay that was due starts nothing twice
  CHECK(on.started["a"] == 2);
}

TEST_CASE_METHOD(fixture, "decisions are events with their inputs",
                 "[supervisors][tree]") {
  auto events = std::make_shared<event_list>();
  auto x = options("sup", {spec("a"), spec("b")});
  x.budget.max_restarts = 1;
  x.events = events;
  begin(x);
  end("a", end_as::failed, "wet \xff wires");
  end("a");
  CHECK(events->count(event_kind::child_started) == 2);
  CHECK(events->count(event_kind::child_restarted) == 1);
  CHECK(events->count(event_kind::child_down) == 2);
  CHECK(events->count(event_kind::child_stopped) == 1);
  CHECK(events->count(event_kind::supervisor_gave_up) == 1);
  const auto down
    = std::ranges::find(events->all, event_kind::child_down, &event::kind);
  CHECK(down->subject == "a");
  CHECK(down->severity == severity::warning);
  CHECK_THAT(down->fields, ContainsSubstring("wet "));
  CHECK_THAT(down->fields, ContainsSubstring("\"verdict\":\"restart\""));
  CHECK_THAT(down->fields, ContainsSubstring("\"supervisor\":\"sup\""));
}
