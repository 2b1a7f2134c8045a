#include "actors/notifier/notice_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/notifier/outbox.hpp>

#include <memory>

using namespace stanchion;
using namespace stanchion::test;

namespace {

notification_channel pager() {
  return {.name = "pager",
          .to = webhook{.body = notification_template::pagerduty,
                        .routing_key = {.env = "KEY"}}};
}

event breaker_opened() {
  return {.kind = event_kind::alert_raised,
          .severity = severity::error,
          .at = t0,
          .subject = "pay",
          .fields = R"({"alert":"breaker_open"})"};
}

struct fixture {
  explicit fixture(std::vector<notification_channel> xs
                   = {{.name = "all", .resolved = true}})
    : channels(std::move(xs)) {
    begin();
  }

  /// Another process over what is durable.
  void begin() {
    box = std::make_shared<outbox>(channels);
    auto missed = box->catch_up(*below, t0);
    put_below(missed.content);
    box->commit(std::move(missed));
    it = make_outbox_store(below, box, [] { return t0; }, [this] { ++woken; });
  }

  commit_status put(const batch& x) {
    const auto* pointer = &x;
    return it->commit({&pointer, 1});
  }

  /// Behind its back.
  void put_below(const batch& x) {
    const auto* pointer = &x;
    REQUIRE(below->commit({&pointer, 1}) == commit_status::done);
  }

  /// All that waits, in the journal: channel and id.
  std::string waiting() {
    auto all = std::string{};
    for (const auto& x : pending_in(*below))
      all += (all.empty() ? "" : " ") + x.channel + ":" + x.content.id;
    return all;
  }

  std::vector<notification_channel> channels;
  std::shared_ptr<memory_store> below = make_memory_store();
  std::shared_ptr<outbox> box;
  std::shared_ptr<store> it;
  int woken = 0;
};

} // namespace

TEST_CASE("what is to be told is durable with the ticket, or not at all",
          "[notifier][outbox]") {
  auto x = fixture{};
  x.below->fail_commits(commit_fault::full);
  CHECK(x.put(with({sample_ticket()})) == commit_status::full);
  CHECK(x.waiting().empty());
  CHECK(x.woken == 0);
  CHECK(x.put(with({sample_ticket()})) == commit_status::done);
  CHECK(x.waiting() == "all:T-1.ticket_opened.1");
  CHECK(x.woken == 1);
  REQUIRE(x.box->take().size() == 1);
  CHECK(x.box->take().empty());
}

TEST_CASE("a ticket is told once however often it is written",
          "[notifier][outbox]") {
  auto x = fixture{};
  auto t = sample_ticket();
  x.put(with({t}));
  t.version = 2; // somebody suggested an answer
  x.put(with({t}));
  CHECK(x.waiting() == "all:T-1.ticket_opened.1");
  t.terms.assignee = "boss";
  x.put(with({t}));
  x.put(with({t}));
  x.put(with({decided(t)}));
  x.put(with({decided(t)}));
  CHECK(x.waiting()
        == "all:T-1.ticket_decided.2 all:T-1.ticket_escalated.2.0 "
           "all:T-1.ticket_opened.1");
}

TEST_CASE("a commit that seemed to fail tells the same as its repetition",
          "[notifier][outbox]") {
  auto x = fixture{};
  x.below->fail_commits(commit_fault::lost_answer);
  CHECK(x.put(with({sample_ticket()})) == commit_status::io_error);
  REQUIRE(x.it->reopen());
  CHECK(x.box->behind()); // the journal holds what was not taken
  CHECK(x.put(with({sample_ticket()})) == commit_status::done);
  CHECK(x.waiting() == "all:T-1.ticket_opened.1");
}

TEST_CASE("what changed while nobody looked is told at the start",
          "[notifier][outbox]") {
  auto x = fixture{};
  x.put(with({sample_ticket("T-1"), sample_ticket("T-2")}));
  for (const auto& told : pending_in(*x.below)) { // they were delivered
    auto b = batch{};
    b.facts = {removed(told)};
    x.put(b);
  }
  x.put_below(with({decided(sample_ticket("T-1")), sample_ticket("T-3")}));
  x.begin();
  CHECK(x.waiting() == "all:T-1.ticket_decided.1 all:T-3.ticket_opened.1");
  x.begin();
  CHECK(x.waiting() == "all:T-1.ticket_decided.1 all:T-3.ticket_opened.1");
}

TEST_CASE("a channel hears of what it asked for", "[notifier][outbox]") {
  auto x = fixture{{{.name = "urgent", .least = severity::error},
                    {.name = "quiet", .alerts = false},
                    {.name = "wishes", .kinds = {ticket_kind::approval}}}};
  auto wish = sample_ticket("T-2");
  wish.kind = ticket_kind::approval;
  auto done = sample_ticket("T-3");
  done.kind = ticket_kind::review;
  x.put(with({sample_ticket(), wish, done}));
  CHECK(x.waiting()
        == "quiet:T-1.ticket_opened.1 quiet:T-2.ticket_opened.1 "
           "wishes:T-2.ticket_opened.1");
  x.put(with({decided(sample_ticket()), decided(wish)}));
  CHECK(pending_in(*x.below).size() == 3); // none asked for what is over
  const auto alert = event{.kind = event_kind::alert_raised,
                           .severity = severity::critical,
                           .at = t0,
                           .subject = "pay",
                           .fields = R"({"alert":"critical_tool_failed"})"};
  const auto told = x.box->look_at(alert).content.facts;
  REQUIRE(told.size() == 3);
  CHECK(told[0].key.starts_with("notice/urgent/"));
  CHECK(told[1].key.starts_with("notice/wishes/"));
  CHECK(told[2].key.starts_with("told/alert/"));
}

TEST_CASE("PagerDuty resolves once the last of a group is over",
          "[notifier][outbox]") {
  auto x = fixture{{pager()}};
  x.put(with({sample_ticket("T-1"), sample_ticket("T-2"),
              sample_ticket("T-3", "other:pay")}));
  x.put(with({decided(sample_ticket("T-1"))}));
  CHECK(x.waiting().find("decided") == std::string::npos);
  auto gone = sample_ticket("T-2");
  gone.state = ticket_state::withdrawn;
  x.put(with({gone}));
  CHECK(x.waiting()
        == "pager:T-1.ticket_opened.1 pager:T-2.ticket_opened.1 "
           "pager:T-2.ticket_withdrawn.1 pager:T-3.ticket_opened.1");
}

TEST_CASE("an alert that a process died with is over for the next one",
          "[notifier][outbox]") {
  auto x = fixture{{pager()}};
  auto raised = x.box->look_at(breaker_opened());
  x.put_below(raised.content);
  x.begin();
  const auto all = pending_in(*x.below);
  REQUIRE(all.size() == 2);
  const auto& over = all[0].content.what == notice_kind::alert_cleared
                       ? all[0].content
                       : all[1].content;
  CHECK(over.what == notice_kind::alert_cleared);
  CHECK(over.group == "breaker_open:pay");
  CHECK(over.last);
}

TEST_CASE("an alert is not over because the disk was full",
          "[notifier][outbox]") {
  auto x = fixture{{pager()}};
  auto raised = x.box->look_at(breaker_opened());
  x.put_below(raised.content);
  x.box->commit(std::move(raised));
  x.below->fail_commits(commit_fault::io_error);
  CHECK(x.put(with({sample_ticket()})) == commit_status::io_error);
  REQUIRE(x.it->reopen());
  CHECK(x.put(with({sample_ticket()})) == commit_status::done);
  REQUIRE(pending_in(*x.below).size() == 2);
  for (const auto& told : pending_in(*x.below))
    CHECK_FALSE(is_over(told.content.what));
}
