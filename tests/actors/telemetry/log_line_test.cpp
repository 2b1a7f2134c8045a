#include "support/catch.hpp"

#include <stanchion/actors/telemetry/log_line.hpp>

#include <nlohmann/json.hpp>

#include <string>

using namespace stanchion;

namespace {

const auto run = *parse_uuid("0197c5d2-1111-7abc-8def-0123456789ab");

event failed_attempt() {
  auto x = event{.kind = event_kind::attempt_ended,
                 .severity = severity::warning,
                 .at = *parse_rfc3339("2026-01-31T12:00:00.250Z"),
                 .run = run,
                 .step = "5",
                 .subject = "payments.refund"};
  x.fields = R"({"attempt":3,"reconcile":false,"duration_us":5000250,
    "failure":{"kind":"timeout","side_effect":"unknown",
               "message":"no answer within 5s"},
    "verdict":"park_run","because":"once"})";
  return x;
}

json line_of(const event& x, std::string_view user = {}) {
  return json::parse(log_line(x, redaction{}, user));
}

} // namespace

TEST_CASE("a failed attempt has every field that a search needs",
          "[actors][telemetry]") {
  const auto x = line_of(failed_attempt(), "ann");
  CHECK(x == json::parse(R"({
    "timestamp": "2026-01-31T12:00:00.250000Z", "level": "warning",
    "event": "attempt_ended", "trace_id": "0197c5d211117abc8def0123456789ab",
    "user_id": "ann", "workflow_id": "0197c5d2-1111-7abc-8def-0123456789ab",
    "step_name": "5", "tool_name": "payments.refund", "error_type": "timeout",
    "error_message": "no answer within 5s", "retries": 2,
    "duration_ms": 5000.25,
    "context": {"attempt": 3, "reconcile": false, "verdict": "park_run",
                "because": "once", "failure": {"side_effect": "unknown"}}})"));
}

TEST_CASE("the trace that a run was submitted with is the line's",
          "[actors][telemetry]") {
  auto x = failed_attempt();
  x.trace = trace_of(derived_uuid(1, 1));
  CHECK(line_of(x)["trace_id"] == to_string(x.trace));
}

TEST_CASE("a line says what its event is about", "[actors][telemetry]") {
  using row = std::tuple<event_kind, std::string, std::string, std::string>;
  const auto [kind, fields, pointer, name] = GENERATE(values<row>({
    {event_kind::run_ended, R"({"state":"failed"})", "/context/agent", "it"},
    {event_kind::run_log, R"({"text":"hi"})", "/context/agent", "it"},
    {event_kind::run_log, R"({"text":"hi","attempt":1})", "/tool_name", "it"},
    {event_kind::attempt_started, R"({"tool":"t","attempt":1})", "/tool_name",
     "t"},
    {event_kind::fallback_used, R"({"tool":"t"})", "/context/agent", "it"},
    {event_kind::breaker_opened, "{}", "/tool_name", "it"},
    {event_kind::run_crashed, R"({"message":"bad"})", "/error_message", "bad"},
    {event_kind::run_crashed, R"({"message":"bad"})", "/error_type", "crashed"},
  }));
  CAPTURE(to_string(kind), fields, pointer);
  const auto x
    = line_of({.kind = kind, .run = run, .subject = "it", .fields = fields});
  CHECK(x.value(json::json_pointer{pointer}, std::string{}) == name);
}

TEST_CASE("an actor that ended as it should is no error",
          "[actors][telemetry]") {
  const auto [level, error]
    = GENERATE(table<severity, bool>({{severity::info, false},
                                      {severity::warning, true},
                                      {severity::error, true}}));
  const auto x = line_of({.kind = event_kind::child_down,
                          .severity = level,
                          .subject = "pay",
                          .fields = R"({"cause":"normal","text":"t"})"});
  CHECK(x.contains("error_type") == error);
  CHECK(x.contains("error_message") == error);
}

TEST_CASE("what is about no run has neither run nor trace",
          "[actors][telemetry]") {
  const auto x = line_of({.kind = event_kind::store_trouble,
                          .severity = severity::critical,
                          .subject = "journal",
                          .fields = R"({"why":"disk full"})"});
  CHECK_FALSE(x.contains("trace_id"));
  CHECK_FALSE(x.contains("workflow_id"));
  CHECK(x["context"] == json{{"subject", "journal"}});
  CHECK(x["error_message"] == "disk full");
}

TEST_CASE("no planted secret reaches a line", "[actors][telemetry]") {
  const auto canary = std::string{"c4n4ry-0123456789"};
  const auto fields = GENERATE_COPY(
    R"({"text":"Bearer )" + canary + R"("})",
    R"({"failure":{"kind":"auth","message":"401: api_key=)" + canary
      + R"( refused"},"attempt":1})",
    R"({"failure":{"kind":"auth","message":"no","cause":{"kind":"http_4xx",
        "message":"Authorization: Basic )"
      + canary + R"("}},"attempt":1})",
    R"({"tool":"t","arguments":{"user":{"password":")" + canary + R"("}}})",
    R"({"arguments":{"headers":["Cookie: )" + canary + R"("]}})",
    R"({"why":"postgres://ann:)" + canary + R"(@db/x"})",
    R"({"text":"{\"token\":\")" + canary + R"(\"}"})",
    "token=" + canary); // no JSON at all
  CAPTURE(fields);
  const auto x = event{
    .kind = event_kind::run_log, .run = run, .subject = "it", .fields = fields};
  CHECK(log_line(x, redaction{}, "secret=" + canary).find(canary)
        == std::string::npos);
}

TEST_CASE("a line is one line of valid UTF-8, whatever the text",
          "[actors][telemetry]") {
  const auto text = GENERATE(std::string{"a\nb\r\n\x1b[2J"},
                             std::string{"\xff\xfe"}, std::string{"\xc3"});
  auto x = event{.kind = event_kind::run_log, .subject = text};
  x.fields
    = json{{"text", text}}.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto line = log_line(x, redaction{});
  CHECK(line.find('\n') == std::string::npos);
  CHECK_NOTHROW(json::parse(line));
}

TEST_CASE("a text that is too long is cut between two characters",
          "[actors][telemetry]") {
  auto text = std::string(longest_log_text - 1, 'x') + "€" + "tail";
  const auto x = line_of(
    {.kind = event_kind::run_log, .fields = json{{"text", text}}.dump()});
  CHECK(x["context"]["text"] == std::string(longest_log_text - 1, 'x') + "…");
}
