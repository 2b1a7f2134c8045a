#include "actors/notifier/notice_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/notifier/notifier.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using strings = std::vector<std::string>;
using status = delivery_result::status;

/// A receiver that answers as it was told to, in turn, and then takes all.
class scripted_courier final : public courier {
public:
  void deliver(const std::string& channel, const stanchion::message& x,
               std::function<void(delivery_result)> then) override {
    tries.push_back(channel + ":" + x.id);
    if (hangs) {
      held.push_back(std::move(then));
      return;
    }
    auto answer = delivery_result{.how = status::delivered, .why = "HTTP 200"};
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    then(std::move(answer));
  }

  void say(int code, const std::string& retry_after = {}) {
    answers.push_back(delivery_of(code, retry_after, t0));
  }

  strings tries;
  std::deque<delivery_result> answers;
  bool hangs = false;
  std::vector<std::function<void(delivery_result)>> held;
};

class kept_events final : public event_sink {
public:
  void publish(event x) override {
    all.push_back(std::string{to_string(x.kind)} + " " + x.subject);
    last = json::parse(x.fields);
  }
  strings all;
  json last;
};

/// A process over a store.
struct life {
  explicit life(std::shared_ptr<memory_store> s = make_memory_store(),
                std::vector<notification_channel> xs = {{.name = "ops"}})
    : below(std::move(s)) {
    settings.channels = std::move(xs);
    settings.backoff.jitter = jitter::none;
    box = std::make_shared<outbox>(settings.channels);
    auto missed = box->catch_up(*below, clock());
    const auto* pointer = &missed.content;
    REQUIRE(below->commit({&pointer, 1}) == commit_status::done);
    box->commit(std::move(missed));
    store = make_outbox_store(
      below, box, [this] { return clock(); },
      [this] { sys.send(notifier, look_at_outbox{}); });
    journal = sys.spawn(make_journal({.store = store, .inline_commits = true}));
    start();
  }

  void start() {
    notifier = sys.spawn(make_notifier({.settings = settings,
                                        .outbox = box,
                                        .carrier = carrier,
                                        .store = store,
                                        .journal = journal,
                                        .events = events,
                                        .random = seeded_random(1)}));
    sim.run();
  }

  [[nodiscard]] instant clock() const {
    return sys.clock().now();
  }

  void put(const batch& x) {
    const auto* pointer = &x;
    REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
    sim.run();
  }

  void open(const std::string& id, const std::string& group = "http_5xx:pay") {
    put(with({sample_ticket(id, group)}));
  }

  channel_state state() {
    const auto all = channels_in(*below);
    REQUIRE(all.size() == 1);
    return all.front();
  }

  notification_options settings;
  std::shared_ptr<memory_store> below;
  std::shared_ptr<scripted_courier> carrier
    = std::make_shared<scripted_courier>();
  std::shared_ptr<kept_events> events = std::make_shared<kept_events>();
  fabric::system sys{
    fabric::system_options{.virtual_seed = 1, .virtual_start = t0}};
  fabric::simulation sim{sys};
  std::shared_ptr<outbox> box;
  std::shared_ptr<stanchion::store> store;
  fabric::actor_ref journal;
  fabric::actor_ref notifier;
};

} // namespace

TEST_CASE("what is delivered is forgotten", "[notifier]") {
  auto it = life{};
  it.open("T-1");
  CHECK(it.carrier->tries == strings{"ops:T-1.ticket_opened.1"});
  CHECK(pending_in(*it.below).empty());
  CHECK(it.events->all == strings{"notification_sent ops"});
  CHECK(it.events->last["message"] == "T-1.ticket_opened.1");
  CHECK(channels_in(*it.below).empty()); // nothing is wrong
}

TEST_CASE("a receiver that fails is tried again with the same message",
          "[notifier]") {
  auto it = life{};
  it.carrier->say(500);
  it.carrier->say(503, "60");
  it.open("T-1");
  CHECK(it.events->all == strings{"notification_delayed ops"});
  CHECK(it.state().failing_since == t0);
  CHECK(it.state().why == "HTTP 500");
  CHECK(it.state().waiting == 1);
  it.sim.advance(1s);
  CHECK(it.carrier->tries.size() == 2);
  CHECK(it.state().why == "HTTP 503");
  it.sim.advance(59s);
  CHECK(it.carrier->tries.size() == 2);
  it.sim.advance(1s);
  CHECK(it.carrier->tries == strings(3, "ops:T-1.ticket_opened.1"));
  CHECK(it.events->all.back() == "notification_sent ops");
  CHECK(it.events->last["tries"] == 3);
  CHECK(channels_in(*it.below).empty());
}

TEST_CASE("what a receiver refuses is given up, and that is on record",
          "[notifier]") {
  auto it = life{};
  it.carrier->say(410);
  it.open("T-1");
  CHECK(it.events->all == strings{"notification_dropped ops"});
  CHECK(it.events->last["why"] == "HTTP 410");
  CHECK(pending_in(*it.below).empty());
  CHECK(it.state().given_up == 1);
  CHECK(it.state().why == "HTTP 410");
  const auto audits = it.below->list_audits({});
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].act == "notification.drop");
  CHECK(audits[0].subject == "ops");
  CHECK(audits[0].before == R"(["T-1.ticket_opened.1"])");
  it.open("T-2", "other:pay"); // the next one is tried all the same
  CHECK(it.carrier->tries.back() == "ops:T-2.ticket_opened.1");
  CHECK(it.state().given_up == 1);
}

TEST_CASE("what nobody takes for a day is given up", "[notifier]") {
  auto it = life{};
  for (auto i = 0; i < 1'000; ++i)
    it.carrier->say(500);
  it.open("T-1");
  it.sim.advance(24h - 1s);
  CHECK(it.state().waiting == 1);
  it.sim.advance(1s);
  CHECK(it.events->all.back() == "notification_dropped ops");
  CHECK(it.state().waiting == 0);
  CHECK(it.carrier->tries.size() < 400);
}

TEST_CASE("what was not delivered is, after a restart, under the same id",
          "[notifier]") {
  const auto shared = std::shared_ptr<memory_store>{make_memory_store()};
  {
    auto it = life{shared};
    it.carrier->hangs = true;
    it.open("T-1");
    CHECK(it.carrier->tries == strings{"ops:T-1.ticket_opened.1"});
  }
  auto it = life{shared};
  CHECK(it.carrier->tries == strings{"ops:T-1.ticket_opened.1"});
  CHECK(pending_in(*it.below).empty());
}

TEST_CASE("a summary that was under way is the same after a restart",
          "[notifier]") {
  const auto shared = std::shared_ptr<memory_store>{make_memory_store()};
  {
    auto it = life{shared};
    for (const auto* id : {"T-1", "T-2", "T-3"})
      it.open(id);
    it.carrier->hangs = true;
    it.sim.advance(30s);
    CHECK(it.carrier->tries.back() == "ops:T-2.ticket_opened.1.and.1");
    it.open("T-4");
  }
  auto it = life{shared};
  CHECK(it.carrier->tries
        == strings{"ops:T-2.ticket_opened.1.and.1", "ops:T-4.ticket_opened.1"});
}

TEST_CASE("equal failures are one message, and one that counts the rest",
          "[notifier]") {
  auto it = life{};
  for (auto i = 1; i <= 27; ++i)
    it.open("T-" + std::to_string(i));
  CHECK(it.carrier->tries == strings{"ops:T-1.ticket_opened.1"});
  it.sim.advance(30s);
  REQUIRE(it.carrier->tries.size() == 2);
  CHECK(it.carrier->tries[1].ends_with(".and.25"));
  CHECK(it.events->last["count"] == 26);
  CHECK(pending_in(*it.below).empty());
}

TEST_CASE("a receiver that hangs is in nobody's way", "[notifier]") {
  auto it = life{make_memory_store(), {{.name = "ops"}, {.name = "chat"}}};
  it.carrier->hangs = true;
  it.open("T-1");
  REQUIRE(it.carrier->held.size() == 2); // one a channel
  it.open("T-2", "other:pay");
  CHECK(it.carrier->held.size() == 2);
  it.carrier->hangs = false;
  it.carrier->held[1]({.how = status::delivered});
  it.sim.run();
  CHECK(it.carrier->tries.size() == 3);
  CHECK(pending_in(*it.below).size() == 2); // of the other channel
}

TEST_CASE("a notifier that is started anew tells nothing twice", "[notifier]") {
  auto it = life{};
  it.open("T-1");
  it.sys.stop(it.notifier);
  it.sim.run();
  it.open("T-2", "other:pay");
  CHECK(it.carrier->tries.size() == 1);
  it.start();
  CHECK(it.carrier->tries
        == strings{"ops:T-1.ticket_opened.1", "ops:T-2.ticket_opened.1"});
}

TEST_CASE("an alert is told once it is durable", "[notifier]") {
  auto it = life{};
  it.below->fail_commits(commit_fault::full);
  it.sys.send(it.notifier, tell_alert{event{
                             .kind = event_kind::alert_raised,
                             .severity = severity::critical,
                             .at = t0,
                             .subject = "pay",
                             .fields = R"({"alert":"critical_tool_failed"})"}});
  it.sim.run();
  CHECK(it.carrier->tries.empty());
  it.sim.advance(1s);
  REQUIRE(it.carrier->tries.size() == 1);
  CHECK(it.carrier->tries[0].starts_with("ops:critical_tool_failed."));
}

TEST_CASE("the end of an alert waits until its beginning is durable",
          "[notifier]") {
  auto it = life{make_memory_store(), {{.name = "ops", .resolved = true}}};
  it.below->fail_commits(commit_fault::full);
  for (const auto kind : {event_kind::alert_raised, event_kind::alert_cleared})
    it.sys.send(it.notifier,
                tell_alert{event{.kind = kind,
                                 .severity = severity::error,
                                 .at = t0,
                                 .subject = "pay",
                                 .fields = R"({"alert":"breaker_open"})"}});
  it.sim.run();
  CHECK(it.carrier->tries.empty());
  it.sim.advance(1s);
  REQUIRE(it.carrier->tries.size() == 2);
  CHECK_THAT(it.carrier->tries[0], ContainsSubstring("alert_raised"));
  CHECK_THAT(it.carrier->tries[1], ContainsSubstring("alert_cleared"));
}

TEST_CASE("a window that ends sooner is not waited past", "[notifier]") {
  auto it = life{};
  it.open("A-1", "one:pay");
  it.sim.advance(10s);
  it.open("B-1", "two:pay");
  it.open("B-2", "two:pay"); // until 40 s
  it.sim.advance(5s);
  it.open("A-2", "one:pay"); // until 30 s
  it.sim.advance(15s);
  REQUIRE(it.carrier->tries.size() == 3);
  CHECK(it.carrier->tries[2] == "ops:A-2.ticket_opened.1");
  it.sim.advance(10s);
  CHECK(it.carrier->tries.back() == "ops:B-2.ticket_opened.1");
}
