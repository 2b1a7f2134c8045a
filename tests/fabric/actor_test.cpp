#include "support/catch.hpp"

#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace stanchion;
using namespace stanchion::fabric;

namespace {

struct question {
  int x = 0;
};
struct answer {
  int x = 0;
};
struct poison {};
struct rubbish {};

/// Answers questions with the double; throws at poison.
class doubler : public actor {
public:
  explicit doubler(std::string* destroyed = nullptr) : destroyed_(destroyed) {
    // nop
  }
  ~doubler() override {
    if (destroyed_ != nullptr)
      *destroyed_ += "destroyed";
  }
  std::string name() const override {
    return "doubler";
  }

protected:
  void receive(envelope& e) override {
    if (const auto* q = e.body.as<question>())
      e.take_promise().deliver(answer{2 * q->x});
    else if (e.body.is<poison>())
      throw std::runtime_error{"bad taste"};
    else if (e.body.is<int>())
      throw 7; // NOLINT(hicpp-exception-baseclass): what a user may do
  }

private:
  std::string* destroyed_;
};

/// Runs a script at its start and keeps what it hears.
class probe : public actor {
public:
  using script = std::function<void(probe&)>;

  probe(script s, std::vector<std::string>& log)
    : script_(std::move(s)), log_(&log) {
    // nop
  }
  std::string name() const override {
    return "probe";
  }

  void ask(const actor_ref& to, message m) {
    request(to, std::move(m), [this](reply& r) {
      switch (r.how) {
      case reply::status::answered:
        say("answer " + std::to_string(r.body.as<answer>()->x));
        break;
      case reply::status::bounced:
        say("bounced");
        break;
      case reply::status::died:
        say("died: " + r.text);
        break;
      }
    });
  }
  void say(const std::string& text) {
    log_->push_back(text);
  }
  using actor::after;
  using actor::cancel;
  using actor::expect;
  using actor::forget;
  using actor::monitor;
  using actor::quit;
  using actor::self;
  using actor::sys;

protected:
  void start() override {
    script_(*this);
  }
  void receive(envelope& e) override {
    say(e.body.type_name());
  }
  void on_down(const down& d) override {
    say("down " + std::string{to_string(d.kind)} + ": " + d.text);
  }
  void on_late(completion&) override {
    say("late");
  }

private:
  script script_;
  std::vector<std::string>* log_;
};

struct fixture {
  std::vector<std::string> log;
  fabric::system sys{system_options{.virtual_seed = 1}};
  simulation sim{sys};

  actor_ref start(probe::script s) {
    return sys.spawn(std::make_unique<probe>(std::move(s), log));
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a request is answered", "[fabric]") {
  auto tool = sys.spawn(std::make_unique<doubler>());
  auto p = start([&](probe& me) { me.ask(tool, message::of(question{21})); });
  sim.run();
  CHECK(log == std::vector<std::string>{"answer 42"});
}

TEST_CASE_METHOD(fixture, "a thrown text reaches requester and monitor",
                 "[fabric]") {
  auto tool = sys.spawn(std::make_unique<doubler>());
  auto p = start([&](probe& me) {
    me.monitor(tool);
    me.ask(tool, message::of(poison{}));
  });
  sim.run();
  std::sort(log.begin(), log.end());
  CHECK(
    log
    == std::vector<std::string>{"died: bad taste", "down failed: bad taste"});
}

TEST_CASE_METHOD(fixture, "a normal end is told without a text", "[fabric]") {
  auto done = start([](probe& me) { me.after(1s, [&me] { me.quit(); }); });
  auto p = start([&](probe& me) { me.monitor(done); });
  sim.advance(1s);
  CHECK(log == std::vector<std::string>{"down normal: "});
}

TEST_CASE_METHOD(fixture, "an object that is no std::exception is named so",
                 "[fabric]") {
  auto tool = sys.spawn(std::make_unique<doubler>());
  auto p = start([&](probe& me) { me.ask(tool, message::of(7)); });
  sim.run();
  REQUIRE(log.size() == 1);
  CHECK_THAT(log[0], ContainsSubstring("not a std::exception"));
}

TEST_CASE_METHOD(fixture, "a request that nobody understands is refused",
                 "[fabric]") {
  auto tool = sys.spawn(std::make_unique<doubler>());
  auto p = start([&](probe& me) { me.ask(tool, message::of(rubbish{})); });
  sim.run();
  CHECK(log == std::vector<std::string>{"died: not understood"});
}

TEST_CASE_METHOD(fixture, "a request to an ended actor bounces", "[fabric]") {
  auto tool = sys.spawn(std::make_unique<doubler>());
  sim.run();
  sys.kill(tool);
  sim.run();
  auto p = start([&](probe& me) { me.ask(tool, message::of(question{1})); });
  sim.run();
  CHECK(log == std::vector<std::string>{"bounced"});
}

TEST_CASE_METHOD(fixture,
                 "state is destroyed when its actor ends, though "
                 "handles remain",
                 "[fabric]") {
  auto destroyed = std::string{};
  auto tool = sys.spawn(std::make_unique<doubler>(&destroyed));
  sim.run();
  sys.stop(tool);
  sim.run();
  CHECK(destroyed == "destroyed");
  CHECK(tool.id() != 0);
}

TEST_CASE_METHOD(fixture,
                 "timers fire in order of their instants, and a "
                 "cancelled one never",
                 "[fabric]") {
  auto p = start([](probe& me) {
    me.after(2s, [&me] { me.say("two"); });
    me.after(1s, [&me] { me.say("one"); });
    const auto id = me.after(1500ms, [&me] { me.say("never"); });
    me.cancel(id);
  });
  sim.advance(999ms);
  CHECK(log.empty());
  sim.advance(1ms);
  CHECK(log == std::vector<std::string>{"one"});
  sim.advance(1h);
  CHECK(log == std::vector<std::string>{"one", "two"});
}

TEST_CASE_METHOD(fixture, "virtual time advances by exactly what was asked",
                 "[fabric]") {
  const auto before = sys.clock().now();
  sim.advance(90min);
  CHECK(sys.clock().now() - before == 90min);
}

TEST_CASE_METHOD(fixture, "a completion reaches the actor that expects it",
                 "[fabric]") {
  auto id = std::uint64_t{0};
  auto p = start([&](probe& me) {
    id = me.expect([&me](completion& c) {
      me.say("done " + std::to_string(*c.body.as<int>()));
    });
  });
  sim.run();
  CHECK(sys.gate().set(p.id(), id, message::of(5)));
  sim.run();
  CHECK(log == std::vector<std::string>{"done 5"});
}

TEST_CASE_METHOD(fixture,
                 "a completion that nobody waits for is late and "
                 "counted",
                 "[fabric]") {
  auto id = std::uint64_t{0};
  auto p = start([&](probe& me) {
    id = me.expect([](completion&) {});
    me.forget(id);
  });
  sim.run();
  CHECK(sys.gate().set(p.id(), id, message::of(5)));
  sim.run();
  CHECK(log == std::vector<std::string>{"late"});
  CHECK(sys.late_completions() == 1);
}

TEST_CASE_METHOD(fixture, "a completion after close is dropped", "[fabric]") {
  auto id = std::uint64_t{0};
  auto p = start(
    [&](probe& me) { id = me.expect([&me](completion&) { me.say("done"); }); });
  sim.run();
  sys.gate().close();
  CHECK_FALSE(sys.gate().set(p.id(), id, message::of(5)));
  sim.run();
  CHECK(log.empty());
}

TEST_CASE_METHOD(fixture, "a completion for an ended actor is dropped",
                 "[fabric]") {
  auto id = std::uint64_t{0};
  auto p = start([&](probe& me) { id = me.expect([](completion&) {}); });
  sim.run();
  sys.kill(p);
  sim.run();
  CHECK_FALSE(sys.gate().set(p.id(), id, message::of(5)));
}

TEST_CASE("the same seed gives the same order of messages", "[fabric]") {
  const auto trace = [](std::uint64_t seed) {
    auto log = std::vector<std::string>{};
    auto sys = fabric::system{system_options{.virtual_seed = seed}};
    auto sim = simulation{sys};
    auto all = std::vector<actor_ref>{};
    for (auto i = 0; i < 6; ++i)
      all.push_back(sys.spawn(std::make_unique<probe>(
        [i](probe& me) { me.say(std::to_string(i)); }, log)));
    sim.run();
    return log;
  };
  CHECK(trace(3) == trace(3));
  auto orders = std::vector<std::vector<std::string>>{};
  for (auto seed = std::uint64_t{0}; seed < 20; ++seed)
    orders.push_back(trace(seed));
  std::sort(orders.begin(), orders.end());
  CHECK(std::unique(orders.begin(), orders.end()) - orders.begin() > 1);
}

TEST_CASE("a system of real threads stops although actors still have timers",
          "[fabric]") {
  auto log = std::vector<std::string>{};
  auto sys = fabric::system{system_options{.threads = 2}};
  auto p = sys.spawn(
    std::make_unique<probe>([](probe& me) { me.after(1h, [] {}); }, log));
  CHECK(sys.shutdown(5s));
  CHECK(sys.alive() == 0);
}

TEST_CASE("completions cross from foreign threads", "[fabric]") {
  auto log = std::vector<std::string>{};
  auto got = std::promise<int>{};
  auto foreign = std::thread{};
  auto sys = fabric::system{system_options{.threads = 2}};
  auto p = sys.spawn(std::make_unique<probe>(
    [&](probe& me) {
      const auto id = me.expect(
        [&got](completion& c) { got.set_value(*c.body.as<int>()); });
      foreign = std::thread{[&gate = me.sys().gate(), to = me.self().id(), id] {
        gate.set(to, id, message::of(3));
      }};
    },
    log));
  auto result = got.get_future();
  REQUIRE(result.wait_for(10s) == std::future_status::ready);
  CHECK(result.get() == 3);
  foreign.join();
  CHECK(sys.shutdown(5s));
}
