#include "support/catch.hpp"

#include <stanchion/caf.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/foreign_worker.hpp>
#include <stanchion/fabric/simulation.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::fabric;

namespace {

using replies = std::vector<std::string>;

/// How a worker behaves at a job, by its arguments.
caf::behavior moody(caf::event_based_actor* self) {
  return {[self](const std::string& arguments,
                 const std::string& key) -> caf::result<std::string> {
    if (arguments == R"("fail")")
      return tool_failure(failure_kind::overloaded, side_effect::none, "busy");
    if (arguments == R"("err")")
      return caf::make_error(caf::sec::runtime_error, std::string{"odd"});
    if (arguments == R"("rubbish")")
      return std::string{"no JSON"};
    if (arguments == R"("throw")")
      throw std::runtime_error{"bad taste"};
    if (arguments == R"("quit")")
      self->quit(caf::exit_reason::user_shutdown);
    if (arguments == R"("silence")")
      return self->make_response_promise<std::string>();
    return R"({"key":")" + key + R"(","got":)" + arguments + "}";
  }};
}

/// Asks a worker's stand-in and notes what it hears.
class asker final : public fabric::actor {
public:
  asker(actor_ref to, value arguments, replies& log)
    : to_(std::move(to)), arguments_(std::move(arguments)), log_(&log) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "asker";
  }

protected:
  void start() override {
    monitor(to_);
    request(to_, message::of(tool_job{.key = "k", .arguments = arguments_}),
            [this](reply& r) {
              const auto* x = r.body.as<tool_answer>();
              if (x == nullptr)
                log_->push_back("no answer");
              else if (x->result.ok())
                log_->push_back(x->result.get().dump());
              else
                log_->push_back(to_string(x->result.why()));
            });
  }
  void receive(envelope&) override {
    // nop
  }
  void on_down(const down& d) override {
    log_->push_back("down: " + d.text);
  }

private:
  actor_ref to_;
  value arguments_;
  replies* log_;
};

bool went_down(const replies& log) {
  return std::any_of(log.begin(), log.end(), [](const std::string& x) {
    return x.starts_with("down: the actor ended")
           || x.starts_with("down: there is no actor");
  });
}

struct world {
  world() {
    start_stand_in();
  }
  ~world() {
    sys.shutdown(1s);
  }

  void start_stand_in(bool owned = false) {
    worker = caf_system().spawn(moody);
    const auto block = caf::actor_cast<caf::strong_actor_ptr>(worker);
    stand_in = sys.spawn(
      make_foreign_worker({.name = "moody",
                           .worker = [block] { return to_ref(block); },
                           .owned = owned}));
    sim.run();
  }
  caf::actor_system& caf_system() {
    return *sys.internals().sys;
  }
  replies ask(const value& arguments) {
    auto log = replies{};
    const auto who
      = sys.spawn(std::make_unique<asker>(stand_in, arguments, log));
    sim.run();
    sys.kill(who);
    sim.run();
    return log;
  }
  bool worker_lives() {
    auto alive = false;
    const auto probe = caf_system().spawn([&](caf::event_based_actor* self) {
      self->request(worker, caf::infinite, std::string{"1"}, std::string{"k"})
        .then([&](const std::string&) { alive = true; },
              [](const caf::error&) {});
    });
    sim.run();
    return alive;
  }

  fabric::system sys{system_options{.virtual_seed = 1}};
  simulation sim{sys};
  caf::actor worker;
  actor_ref stand_in;
};

} // namespace

TEST_CASE_METHOD(world, "a CAF actor gets arguments and key and answers JSON",
                 "[fabric][foreign]") {
  CHECK(ask(args("n", 1)) == replies{R"({"got":{"n":1},"key":"k"})"});
}

TEST_CASE_METHOD(world, "what a CAF actor answers with is a failure",
                 "[fabric][foreign]") {
  CHECK(ask("fail") == replies{"overloaded (side effect none): busy"});
  CHECK(ask("err") == replies{"crashed (side effect unknown): odd"});
  CHECK_THAT(ask("rubbish").at(0), ContainsSubstring("malformed_output"));
  CHECK(ask("silence").empty());
  CHECK(ask(1).size() == 1); // it lives on
}

TEST_CASE_METHOD(world, "an actor that takes no such message says so",
                 "[fabric][foreign]") {
  worker = caf_system().spawn(
    [](caf::event_based_actor*) { return caf::behavior{[](int) {}}; });
  const auto block = caf::actor_cast<caf::strong_actor_ptr>(worker);
  stand_in = sys.spawn(make_foreign_worker(
    {.name = "deaf", .worker = [block] { return to_ref(block); }}));
  CHECK_THAT(ask(1).at(0), ContainsSubstring("side effect none"));
}

TEST_CASE_METHOD(world, "a CAF actor's end is its stand-in's, with the reason",
                 "[fabric][foreign]") {
  SECTION("it throws") {
    const auto log = ask("throw");
    CHECK(went_down(log));
    CHECK(log.size() == 2); // and its job has an answer, of whatever kind
  }
  SECTION("it ends while it holds a job") {
    ask("silence");
    caf::anon_send_exit(worker, caf::exit_reason::kill);
    sim.run();
    CHECK(went_down(ask(1)));
  }
  SECTION("it was dead before") {
    caf::anon_send_exit(worker, caf::exit_reason::kill);
    sim.run();
    const auto block = caf::actor_cast<caf::strong_actor_ptr>(worker);
    stand_in = sys.spawn(make_foreign_worker(
      {.name = "dead", .worker = [block] { return to_ref(block); }}));
    CHECK(went_down(ask(1)));
  }
  SECTION("there never was one") {
    stand_in = sys.spawn(make_foreign_worker(
      {.name = "none", .worker = [] { return actor_ref{}; }}));
    CHECK(went_down(ask(1)));
  }
}

TEST_CASE_METHOD(world, "only a worker made for the tool ends with it",
                 "[fabric][foreign]") {
  const auto owned = GENERATE(false, true);
  start_stand_in(owned);
  REQUIRE(worker_lives());
  sys.stop(stand_in);
  sim.run();
  CHECK(worker_lives() != owned);
}
