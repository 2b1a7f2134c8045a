#include "support/catch.hpp"

#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::fabric;

namespace {

/// Writes down which runs are told of which decided ticket, and what the desk
/// says about itself.
class router_probe final : public actor {
public:
  explicit router_probe(std::vector<std::string>& log) : log_(log) {
    // nop
  }
  std::string name() const override {
    return "router";
  }

protected:
  void receive(envelope& e) override {
    if (const auto* x = e.body.as<routed>())
      if (const auto* decided = x->body.as<ticket_decided>())
        log_.push_back(std::to_string(x->to) + " " + decided->ticket);
    if (const auto* desk = e.body.as<actor_ref>())
      request(*desk, message::of(describe_tree{}), [this](reply& r) {
        const auto* node = r.body.as<tree_node>();
        log_.push_back(node == nullptr ? "?"
                                       : node->name + ": " + node->detail);
      });
  }

private:
  std::vector<std::string>& log_;
};

class kept_events final : public event_sink {
public:
  void publish(event x) override {
    all.push_back(std::move(x));
  }
  std::vector<event> all;
};

struct fixture {
  fixture() {
    router = sys.spawn(std::make_unique<router_probe>(log));
    journal = sys.spawn(make_journal({.store = store, .inline_commits = true}));
    desk = make();
    sim.run();
  }

  actor_ref make() {
    return sys.spawn(make_desk({.store = store,
                                .journal = journal,
                                .router = router,
                                .events = events}));
  }

  void open(const std::string& id, run_number run) {
    auto x = batch{};
    if (run != 0)
      x.runs.push_back({.number = run, .id = derived_uuid(1, run)});
    x.tickets.push_back({.id = id,
                         .run = run,
                         .run_id = run == 0 ? run_id{} : derived_uuid(1, run),
                         .options = {verb::retry, verb::skip, verb::abort}});
    const auto* batches = &x;
    REQUIRE(store->commit({&batches, 1}) == commit_status::done);
  }

  void say(const std::string& id, const std::string& by, verb said,
           const std::string& payload = {}) {
    sys.send(desk, decide_ticket{id,
                                 {.verb = said, .by = by, .payload = payload},
                                 [this, by](std::variant<ticket, error> x) {
                                   answers.push_back(by + ": " + text(x));
                                 }});
  }

  static std::string text(const std::variant<ticket, error>& x) {
    if (const auto* e = std::get_if<error>(&x))
      return std::string{to_string(e->code())};
    const auto& t = std::get<ticket>(x);
    return t.decided->by + " " + std::string{to_string(t.decided->verb)};
  }

  std::string stored(const std::string& id) const {
    const auto x = store->find_ticket(id);
    return x && x->decided
             ? x->decided->by + " " + std::string{to_string(x->decided->verb)}
             : "";
  }

  std::shared_ptr<memory_store> store = make_memory_store();
  std::shared_ptr<kept_events> events = std::make_shared<kept_events>();
  std::vector<std::string> log;
  std::vector<std::string> answers;
  fabric::system sys{system_options{.virtual_seed = 1}};
  simulation sim{sys};
  actor_ref router;
  actor_ref journal;
  actor_ref desk;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(fixture, "a decision is durable before it is answered",
                 "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full, 3);
  say("T-1", "ann", verb::retry);
  sim.run();
  CHECK(answers.empty());
  CHECK(log.empty());
  sim.advance(10s);
  CHECK(stored("T-1") == "ann retry");
  CHECK(answers == strings{"ann: ann retry"});
  CHECK(log == strings{"7 T-1"});
}

TEST_CASE_METHOD(fixture, "a second decision waits and hears of the winner",
                 "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full);
  say("T-1", "ann", verb::retry);
  say("T-1", "bob", verb::abort);
  say("T-1", "cat", verb::retry);
  sim.run();
  CHECK(answers.empty());
  sim.advance(5s);
  CHECK(stored("T-1") == "ann retry");
  CHECK(answers
        == strings{"ann: ann retry", "bob: E-TICKET-002", "cat: ann retry"});
}

TEST_CASE_METHOD(fixture, "a repeated decision tells the run once more",
                 "[desk]") {
  open("T-1", 7);
  say("T-1", "ann", verb::skip, "1");
  sim.run();
  say("T-1", "ann", verb::skip, " 1 ");
  sim.run();
  CHECK(answers == strings{"ann: ann skip", "ann: ann skip"});
  CHECK(log == strings{"7 T-1", "7 T-1"});
}

TEST_CASE_METHOD(fixture, "different tickets do not wait for each other",
                 "[desk]") {
  open("T-1", 7);
  open("T-2", 8);
  say("T-1", "ann", verb::retry);
  say("T-2", "bob", verb::abort);
  sim.run();
  CHECK(stored("T-1") == "ann retry");
  CHECK(stored("T-2") == "bob abort");
  CHECK(answers.size() == 2);
}

TEST_CASE_METHOD(fixture, "a refused decision changes nothing", "[desk]") {
  const auto [id, said, payload, code]
    = GENERATE(table<std::string, verb, std::string, std::string>({
      {"T-9", verb::retry, "", "E-TICKET-001"},
      {"T-1", verb::answer, "1", "E-TICKET-003"},
      {"T-1", verb::skip, "{{", "E-TICKET-003"},
      {"T-1", verb::retry, "1", "E-TICKET-003"},
    }));
  open("T-1", 7);
  say(id, "ann", said, payload);
  sim.run();
  CHECK(answers == strings{"ann: " + code});
  CHECK(stored("T-1").empty());
  CHECK(log.empty());
}

TEST_CASE_METHOD(fixture, "a desk that dies before it notifies loses nothing",
                 "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full);
  say("T-1", "ann", verb::retry);
  sim.run();
  sys.kill(desk);
  sim.advance(5s);
  REQUIRE(stored("T-1") == "ann retry");
  REQUIRE(answers.empty());
  REQUIRE(log.empty());
  desk = make();
  say("T-1", "bob", verb::abort);
  say("T-1", "ann", verb::retry);
  sim.run();
  CHECK(stored("T-1") == "ann retry");
  CHECK(answers == strings{"bob: E-TICKET-002", "ann: ann retry"});
  CHECK(log == strings{"7 T-1"});
}

TEST_CASE_METHOD(fixture, "a new desk waits for what the old one had sent",
                 "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full, 2);
  say("T-1", "ann", verb::retry);
  sim.run();
  sys.kill(desk);
  sim.run();
  desk = make();
  say("T-1", "bob", verb::abort);
  sim.run();
  CHECK(answers.empty());
  sim.advance(10s);
  CHECK(stored("T-1") == "ann retry");
  CHECK(answers == strings{"bob: E-TICKET-002"});
}

TEST_CASE_METHOD(fixture,
                 "of a decision and a withdrawal in one instant the "
                 "first counts, and the other hears of it",
                 "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full);
  SECTION("the decision") {
    say("T-1", "ann", verb::retry);
    sys.send(desk, withdraw_ticket{"T-1", "cancelled"});
    sim.advance(5s);
    CHECK(stored("T-1") == "ann retry");
    CHECK(answers == strings{"ann: ann retry"});
    CHECK(log == strings{"7 T-1", "7 T-1"});
  }
  SECTION("the withdrawal") {
    sys.send(desk, withdraw_ticket{"T-1", "cancelled"});
    say("T-1", "ann", verb::retry);
    sim.advance(5s);
    CHECK(store->find_ticket("T-1")->state == ticket_state::withdrawn);
    CHECK(answers == strings{"ann: E-TICKET-002"});
    CHECK(log == strings{"7 T-1"});
  }
}

TEST_CASE_METHOD(fixture, "a withdrawn ticket says why, once", "[desk]") {
  open("T-1", 7);
  sys.send(desk, withdraw_ticket{"T-1", "its run was cancelled"});
  sys.send(desk, withdraw_ticket{"T-1", "again"});
  sys.send(desk, withdraw_ticket{"T-9", "there is none"});
  sim.run();
  CHECK_THAT(store->find_ticket("T-1")->context,
             ContainsSubstring("its run was cancelled"));
  CHECK(log == strings{"7 T-1", "7 T-1"});
  REQUIRE(events->all.size() == 1);
  CHECK(events->all[0].kind == event_kind::ticket_withdrawn);
}

TEST_CASE_METHOD(fixture,
                 "a suggestion makes a new version of an open ticket, "
                 "and does not touch a decision",
                 "[desk]") {
  open("T-1", 7);
  SECTION("open") {
    sys.send(desk, suggest_answer{"T-1", 5});
    sim.run();
    const auto t = *store->find_ticket("T-1");
    CHECK(t.version == 2);
    CHECK(t.context == R"({"suggested_answer":5})");
    CHECK(log.empty());
  }
  SECTION("just being decided") {
    store->fail_commits(commit_fault::full);
    say("T-1", "ann", verb::retry);
    sys.send(desk, suggest_answer{"T-1", 5});
    sim.advance(5s);
    CHECK(stored("T-1") == "ann retry");
    CHECK(store->find_ticket("T-1")->version == 1);
  }
}

TEST_CASE_METHOD(fixture, "a ticket of the tree is an event, not a message",
                 "[desk]") {
  open("T-1", 0);
  say("T-1", "ann", verb::retry);
  sim.run();
  CHECK(log.empty());
  REQUIRE(events->all.size() == 1);
  CHECK(events->all[0].kind == event_kind::ticket_decided);
  CHECK_THAT(events->all[0].fields, ContainsSubstring("T-1"));
}

TEST_CASE_METHOD(fixture, "the desk stands in the tree", "[desk]") {
  open("T-1", 7);
  store->fail_commits(commit_fault::full);
  say("T-1", "ann", verb::retry);
  sim.run();
  sys.send(router, desk);
  sim.run();
  CHECK(log == strings{"desk: 1 decisions not durable"});
}
