#include "actors/notifier/notice_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/notifier/message.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto base = "https://ops.example";

notice opened(const std::string& id = "T-1") {
  return notice_of(sample_ticket(id), notice_kind::ticket_opened, t0);
}

notice over(const std::string& id = "T-1") {
  auto x
    = notice_of(decided(sample_ticket(id)), notice_kind::ticket_decided, t0);
  x.last = true;
  return x;
}

notice alert() {
  return notice_of(
    event{.kind = event_kind::alert_raised,
          .severity = severity::critical,
          .at = t0,
          .subject = "pay",
          .fields = R"({"alert":"critical_tool_failed","failures":1})"});
}

message one(notice x) {
  return message_of({std::move(x)});
}

message several(std::size_t count) {
  auto about = std::vector<notice>{};
  for (auto i = std::size_t{1}; i <= count; ++i)
    about.push_back(opened("T-" + std::to_string(i)));
  return message_of(std::move(about));
}

} // namespace

TEST_CASE("a message says who needs whom for what, and where to look",
          "[notifier]") {
  const auto body = json::parse(generic_body(one(opened()), base));
  CHECK(body
        == json::parse(R"({
    "id": "T-1.ticket_opened.1", "type": "ticket_opened",
    "severity": "warning", "at": "2026-01-01T00:00:00.000Z", "count": 1,
    "title": "A person is needed: max_retries_exceeded of tool pay, agent billing",
    "group": "http_5xx:pay", "kind": "escalation",
    "reason": "max_retries_exceeded", "agent": "billing", "tool": "pay",
    "ticket": "T-1", "run": ")"
                       + to_string(derived_uuid(1, 7)) + R"(",
    "step": "3", "url": "https://ops.example/tickets/T-1",
    "events": [{"id": "T-1.ticket_opened.1", "ticket": "T-1",
                "at": "2026-01-01T00:00:00.000Z", "run": ")"
                       + to_string(derived_uuid(1, 7)) + R"(",
                "url": "https://ops.example/tickets/T-1"}]})"));
}

TEST_CASE("nothing that somebody wrote is in a message", "[notifier]") {
  const auto x = GENERATE(opened(), over(), alert());
  for (const auto& body : {generic_body(one(x), base), slack_body(one(x), base),
                           pagerduty_body(one(x), base, "key")})
    CHECK(body.find(canary) == std::string::npos);
}

TEST_CASE("several of a kind are one message that counts them", "[notifier]") {
  const auto x = several(27);
  CHECK(x.id == "T-1.ticket_opened.1.and.26");
  const auto body = json::parse(generic_body(x, {}));
  CHECK(body["count"] == 27);
  CHECK(body["title"]
        == "27 x A person is needed: max_retries_exceeded of tool pay, agent "
           "billing");
  CHECK(body["events"].size() == 27);
  CHECK(body["events"][26]["ticket"] == "T-27");
  CHECK_FALSE(body.contains("url"));
  CHECK(json::parse(generic_body(several(200), {}))["events"].size() == 50);
}

TEST_CASE("what is said of several holds for each", "[notifier]") {
  auto other = opened("T-2");
  other.agent = "shipping";
  CHECK(headline(message_of({opened(), other}))
        == "2 x A person is needed: max_retries_exceeded of tool pay");
  auto by_bob = over("T-2");
  by_bob.by = "bob";
  CHECK(headline(message_of({over(), by_bob}))
        == "2 x Decided (each by several): max_retries_exceeded of tool pay, "
           "agent billing");
}

TEST_CASE("a chat gets a text with a link, and calls nobody", "[notifier]") {
  auto x = opened();
  x.agent = "<!channel> & co";
  const auto body = json::parse(slack_body(one(x), base));
  CHECK(body["text"]
        == "A person is needed: max_retries_exceeded of tool pay, agent "
           "&lt;!channel&gt; &amp; co");
  CHECK(body["blocks"][0]["type"] == "section");
  CHECK(body["blocks"][0]["text"]["text"]
        == "*" + body["text"].get<std::string>()
             + "*\n<https://ops.example/tickets/T-1|Open it>");
  CHECK(body["blocks"][1]["type"] == "context");
  CHECK(body.dump().find("<!") == std::string::npos);
}

TEST_CASE("PagerDuty is triggered, and resolved under the same key",
          "[notifier]") {
  const auto trigger
    = json::parse(pagerduty_body(one(opened()), base, "the key"));
  CHECK(trigger["routing_key"] == "the key");
  CHECK(trigger["event_action"] == "trigger");
  CHECK(trigger["dedup_key"] == "stanchion:http_5xx:pay");
  CHECK(trigger["client_url"] == "https://ops.example/tickets/T-1");
  const auto& payload = trigger["payload"];
  CHECK(payload["summary"]
        == "A person is needed: max_retries_exceeded of tool pay, agent "
           "billing");
  CHECK(payload["severity"] == "warning");
  CHECK(payload["source"] == "stanchion");
  CHECK(payload["component"] == "pay");
  CHECK(payload["class"] == "max_retries_exceeded");
  CHECK(payload["custom_details"]["ticket"] == "T-1");
  const auto resolve
    = json::parse(pagerduty_body(one(over()), base, "the key"));
  CHECK(resolve["event_action"] == "resolve");
  CHECK(resolve["dedup_key"] == trigger["dedup_key"]);
}

TEST_CASE("an alert names itself and its tool", "[notifier]") {
  const auto body = json::parse(generic_body(one(alert()), base));
  CHECK(body["type"] == "alert_raised");
  CHECK(body["severity"] == "critical");
  CHECK(body["alert"] == "critical_tool_failed");
  CHECK(body["tool"] == "pay");
  CHECK(body["title"] == "Alert: critical_tool_failed:pay");
  CHECK(body["url"] == base);
}

TEST_CASE("a name cannot repaint a terminal, nor fill a page", "[notifier]") {
  auto t = sample_ticket();
  t.context
    = R"({"agent":"a\u001b[2J\u202eb\nc)" + std::string(500, 'x') + R"("})";
  const auto x = notice_of(t, notice_kind::ticket_opened, t0);
  CHECK(x.agent.starts_with("a?[2J?b c"));
  CHECK(x.agent.size() == 120);
  CHECK(x.agent.ends_with("..."));
}

TEST_CASE("a notice is read from the journal as it was written", "[notifier]") {
  auto x = GENERATE(opened(), over(), alert(), test_notice(t0));
  const auto read = parse_notice(json(x).dump());
  REQUIRE(read);
  CHECK(*read == x);
  CHECK_FALSE(parse_notice("{}"));
  CHECK_FALSE(parse_notice("no JSON"));
}

TEST_CASE("what may have happened twice is more urgent than a wish",
          "[notifier]") {
  auto t = sample_ticket();
  CHECK(severity_of(t) == severity::warning);
  t.reason = park_reason::ambiguous_state;
  CHECK(severity_of(t) == severity::error);
  t.kind = ticket_kind::review;
  CHECK(severity_of(t) == severity::info);
  auto tree = ticket{};
  CHECK(severity_of(tree) == severity::error);
  tree.reason = park_reason::restart_budget_spent;
  CHECK(severity_of(tree) == severity::critical);
}

TEST_CASE("a ticket of the tree names the part that stopped", "[notifier]") {
  const auto [group, line] = GENERATE(table<std::string, std::string>({
    {"crashed:root", "the runtime stopped"},
    {"stopped:billing", "agent billing was stopped"},
    {"isolated:pay", "tool pay is isolated"},
    {"version:billing@2", "runs wait for a missing version, billing@2"},
  }));
  auto t = ticket{.id = "T-1", .title = canary, .group = group};
  const auto x = notice_of(t, notice_kind::ticket_opened, t0);
  CHECK(headline(x) == "A person is needed: " + line);
}
