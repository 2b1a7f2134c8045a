#include "support/catch.hpp"

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

constexpr instant noon = from_micros(1'769'860'800'250'999);

failure chained(std::size_t causes) {
  failure x{.kind = failure_kind::timeout,
            .effect = side_effect::unknown,
            .message = "lost",
            .retry_after = 1500ms,
            .code = "504",
            .attempts = 3};
  if (causes > 0)
    x.cause = std::make_shared<const failure>(chained(causes - 1));
  return x;
}

std::size_t causes_of(const failure& x) {
  return x.cause ? 1 + causes_of(*x.cause) : 0;
}

ticket full_ticket() {
  return {.id = "T-0123456789ABCDEF",
          .kind = ticket_kind::approval,
          .reason = park_reason::irreversible_action,
          .run = 12,
          .run_id = derived_uuid(1, 2),
          .step = "5.2.1",
          .revision = 1,
          .version = 3,
          .state = ticket_state::decided,
          .title = "Refund 42 €",
          .group = "approval:payments.refund",
          .context = R"({"plan":["a","b"],"step":5})",
          .options = {verb::retry, verb::edit, verb::abort},
          .created = noon,
          .decided = decision{.verb = verb::edit,
                              .by = "ann",
                              .at = noon + 1s,
                              .comment = "less",
                              .payload = R"({"cents":1})"}};
}

std::string refusal_of_ticket(const json& form) {
  try {
    (void)ticket_from_json(form);
  } catch (const error& x) {
    CHECK(x.code() == error_code::invalid_json);
    return x.what();
  }
  return "accepted";
}

} // namespace

TEST_CASE("a failure keeps everything but what is empty", "[core][encode]") {
  CHECK(canonical(json(failure{}))
        == R"({"kind":"internal","side_effect":"unknown"})");
  CHECK(canonical(json(chained(1)))
        == R"({"attempts":3,"cause":{"attempts":3,"code":"504",)"
           R"("kind":"timeout","message":"lost","retry_after_us":1500000,)"
           R"("side_effect":"unknown"},"code":"504","kind":"timeout",)"
           R"("message":"lost","retry_after_us":1500000,)"
           R"("side_effect":"unknown"})");
}

TEST_CASE("a failure reads back with its causes", "[core][encode]") {
  const auto before = chained(3);
  const auto after = failure_from_json(json(before));
  CHECK(to_string(after) == to_string(before));
  CHECK(after.retry_after == before.retry_after);
  CHECK(causes_of(after) == 3);
  CHECK(failure_from_json(json(failure{.retry_after = 0us})).retry_after
        == 0us);
}

TEST_CASE("a long chain of causes still has canonical bytes",
          "[core][encode]") {
  const json form(chained(200));
  CHECK_NOTHROW(canonical(form));
  CHECK(causes_of(failure_from_json(form)) == encoded_causes);
}

TEST_CASE("a message that is no UTF-8 is made so", "[core][encode]") {
  const json form(failure{.message = "bad \xFF byte"});
  CHECK(form["message"] == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("a decision reads back", "[core][encode]") {
  const auto before = *full_ticket().decided;
  const auto after = decision_from_json(json(before));
  CHECK(after.verb == before.verb);
  CHECK(after.by == before.by);
  CHECK(after.at == before.at);
  CHECK(after.comment == before.comment);
  CHECK(after.payload == before.payload);
}

TEST_CASE("a payload of any kind reads back", "[core][encode]") {
  const auto payload
    = GENERATE(as<std::string>{}, "", "null", "0", "\"yes\"", "[]", "{}");
  CHECK(decision_from_json(json(decision{.payload = payload})).payload
        == payload);
}

TEST_CASE("a ticket reads back", "[core][encode]") {
  const auto before = full_ticket();
  const auto after = ticket_from_json(json(before));
  CHECK(after.id == before.id);
  CHECK(after.kind == before.kind);
  CHECK(after.reason == before.reason);
  CHECK(after.run == before.run);
  CHECK(after.run_id == before.run_id);
  CHECK(after.step == before.step);
  CHECK(after.revision == before.revision);
  CHECK(after.version == before.version);
  CHECK(after.state == before.state);
  CHECK(after.title == before.title);
  CHECK(after.group == before.group);
  CHECK(after.context == before.context);
  CHECK(after.options == before.options);
  CHECK(after.created == before.created);
  REQUIRE(after.decided);
  CHECK(after.decided->payload == before.decided->payload);
  CHECK(json(after) == json(before));
}

TEST_CASE("a ticket of the tree has no run", "[core][encode]") {
  const json form(ticket{.id = "T-1"});
  CHECK(canonical(form)
        == R"({"created":"1970-01-01T00:00:00.000000Z","id":"T-1",)"
           R"("kind":"escalation","reason":"requires_human","state":"open",)"
           R"("version":1})");
  CHECK(ticket_from_json(form).run_id.nil());
  CHECK_FALSE(ticket_from_json(form).decided);
}

TEST_CASE("unknown members are ignored", "[core][encode]") {
  json form(full_ticket());
  form["later"] = {1, 2};
  CHECK(ticket_from_json(form).id == full_ticket().id);
}

TEST_CASE("a member that does not fit is named", "[core][encode]") {
  auto [key, bad, complaint] = GENERATE(table<std::string, json, std::string>({
    {"id", nullptr, "member \"id\" is no string"},
    {"kind", "chore", "member \"kind\" is unknown: chore"},
    {"kind", 1, "member \"kind\" is no string"},
    {"run", "12", "member \"run\" is unknown: 12"},
    {"version", -1, "member \"version\" is no integer in range"},
    {"version", 4294967296, "member \"version\" is no integer in range"},
    {"version", 1.5, "member \"version\" is no integer in range"},
    {"created", "noon", "member \"created\" is unknown: noon"},
    {"options", "retry", "member \"options\" is no array"},
    {"options", {"retry", "dance"}, "member \"options\" holds what is no verb"},
    {"decided", 7, "decision is no object"},
  }));
  json form(full_ticket());
  form[key] = bad;
  CHECK_THAT(refusal_of_ticket(form), ContainsSubstring(complaint));
}

TEST_CASE("a mandatory member that is absent is named", "[core][encode]") {
  const auto key
    = GENERATE(as<std::string>{}, "id", "kind", "reason", "state", "created");
  json form(full_ticket());
  form.erase(key);
  CHECK_THAT(refusal_of_ticket(form),
             ContainsSubstring("member \"" + key + "\" is missing"));
  CHECK_THAT(refusal_of_ticket(7), ContainsSubstring("ticket is no object"));
}

TEST_CASE("a run shows what its row says", "[core][encode]") {
  const run_row row{.number = 12,
                    .id = derived_uuid(1, 2),
                    .agent = "refund",
                    .version = "v1",
                    .state = run_state::waiting,
                    .waiting_for = "timer",
                    .next_at = noon,
                    .created = noon,
                    .updated = noon,
                    .parent = 3,
                    .parent_step = "4"};
  const json form(row);
  CHECK(form["id"] == to_string(row.id));
  CHECK(form["number"] == 12);
  CHECK(form["state"] == "waiting");
  CHECK(form["next_at"] == "2026-01-31T12:00:00.250999Z");
  CHECK(form["parent_number"] == 3);
  CHECK_FALSE(form.contains("key"));
}

TEST_CASE("a record embeds its body", "[core][encode]") {
  const record x{.run = 12,
                 .seq = 4,
                 .kind = record_kind::intent,
                 .at = noon,
                 .step = "5",
                 .body = R"({"tool":"a"})"};
  CHECK(canonical(json(x))
        == R"({"at":"2026-01-31T12:00:00.250999Z","body":{"tool":"a"},)"
           R"("kind":"intent","run_number":12,"seq":4,"step":"5"})");
}

TEST_CASE("a damaged body is shown as text", "[core][encode]") {
  const json form(record{.body = "{\"tool\xFF"});
  CHECK(form["body"] == "{\"tool\xEF\xBF\xBD");
}

TEST_CASE("an event shows its fields", "[core][encode]") {
  const event x{.kind = event_kind::breaker_opened,
                .severity = severity::warning,
                .at = noon,
                .subject = "payments.refund",
                .fields = R"({"failures":5})"};
  CHECK(canonical(json(x))
        == R"({"at":"2026-01-31T12:00:00.250999Z","event":"breaker_opened",)"
           R"("fields":{"failures":5},"severity":"warning",)"
           R"("subject":"payments.refund"})");
}

TEST_CASE("a record shows what its body wraps, however deep",
          "[core][encode]") {
  const auto deepest
    = std::string(json_limits{}.depth, '[') + std::string(64, ']');
  const auto shown = json(record{.kind = record_kind::completed,
                                 .body = R"({"result":)" + deepest + "}"});
  CHECK(shown["body"]["result"] == json::parse(deepest));
}
