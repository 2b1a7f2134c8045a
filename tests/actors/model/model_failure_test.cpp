#include "actors/model/model_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/model/model_failure.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using kind = failure_kind;

/// An answer with an error, as OpenAI has it.
transfer_response openai_error(int status, const json& code, const json& type,
                               const std::string& message = "No.") {
  auto inner = json{{"message", message}, {"param", nullptr}};
  inner["code"] = code;
  inner["type"] = type;
  return answer({{"error", inner}}, status);
}

/// The same of Anthropic's.
transfer_response anthropic_error(int status, const std::string& type,
                                  const std::string& message = "No.") {
  return answer({{"type", "error"},
                 {"error", {{"type", type}, {"message", message}}},
                 {"request_id", "req_1"}},
                status);
}

failure failed(const transfer_response& x, const chat_format& of) {
  return failure_in(of.read(endpoint(), ask(), x, t0));
}

failure failed(const transfer_response& x) {
  const auto to = failed(x, openai_format());
  const auto same = failed(x, anthropic_format());
  CHECK(to_string(to) == to_string(same));
  return to;
}

transfer_response with_headers(transfer_response x, http_headers headers) {
  x.headers = std::move(headers);
  return x;
}

chat_result stopped(const chat_format& of, const std::string& reason) {
  auto asked = ask();
  asked.max_tokens = 64;
  const auto openai
    = json{{"choices",
            {{{"finish_reason", reason}, {"message", {{"content", "It r"}}}}}}};
  const auto anthropic
    = json{{"stop_reason", reason},
           {"content", {{{"type", "text"}, {"text", "It r"}}}}};
  return of.read(endpoint(), asked,
                 answer(&of == &openai_format() ? openai : anthropic), t0);
}

} // namespace

TEST_CASE("an error is what its code says, then its type, then its status",
          "[model][failure]") {
  struct row {
    int status;
    json code;
    json type;
    failure_kind means;
    std::string told;
  };
  const auto x = GENERATE(values<row>({
    {400, nullptr, "invalid_request_error", kind::http_4xx,
     "invalid_request_error"},
    {400, "invalid_value", "invalid_request_error", kind::http_4xx,
     "invalid_value"},
    {400, "context_length_exceeded", "invalid_request_error",
     kind::invalid_input, "context_overflow"},
    {400, "content_filter", nullptr, kind::refused, "content_filter"},
    {401, nullptr, "authentication_error", kind::auth, "authentication_error"},
    {401, "invalid_api_key", "invalid_request_error", kind::auth,
     "invalid_api_key"},
    {401, nullptr, "invalid_request_error", kind::auth,
     "invalid_request_error"},
    {402, nullptr, "billing_error", kind::budget_exhausted, "billing_error"},
    {403, nullptr, "permission_error", kind::permission_denied,
     "permission_error"},
    {403, "unsupported_country_region_territory", "request_forbidden",
     kind::permission_denied, "unsupported_country_region_territory"},
    {404, nullptr, "not_found_error", kind::not_found, "not_found_error"},
    {404, "model_not_found", "invalid_request_error", kind::not_found,
     "model_not_found"},
    {408, nullptr, nullptr, kind::timeout, ""},
    {409, nullptr, "conflict_error", kind::conflict, "conflict_error"},
    {413, nullptr, "request_too_large", kind::invalid_input,
     "context_overflow"},
    {413, nullptr, nullptr, kind::invalid_input, "context_overflow"},
    {422, nullptr, "invalid_request_error", kind::http_4xx,
     "invalid_request_error"},
    {429, "rate_limit_exceeded", "requests", kind::rate_limited,
     "rate_limit_exceeded"},
    {429, nullptr, "rate_limit_error", kind::rate_limited, "rate_limit_error"},
    {429, "slow_down", nullptr, kind::rate_limited, "slow_down"},
    {503, "slow_down", "service_unavailable_error", kind::rate_limited,
     "slow_down"},
    {429, "insufficient_quota", "insufficient_quota", kind::budget_exhausted,
     "insufficient_quota"},
    {429, nullptr, "insufficient_quota", kind::budget_exhausted,
     "insufficient_quota"},
    {429, "credit_balance_exhausted", "insufficient_quota",
     kind::budget_exhausted, "credit_balance_exhausted"},
    {429, "organization_spend_limit_exceeded", nullptr, kind::budget_exhausted,
     "organization_spend_limit_exceeded"},
    {429, "project_spend_limit_exceeded", nullptr, kind::budget_exhausted,
     "project_spend_limit_exceeded"},
    {429, "organization_usage_limit_exceeded", nullptr, kind::budget_exhausted,
     "organization_usage_limit_exceeded"},
    {500, nullptr, "server_error", kind::http_5xx, "server_error"},
    {500, nullptr, "api_error", kind::http_5xx, "api_error"},
    {502, nullptr, nullptr, kind::http_5xx, ""},
    {503, "server_is_overloaded", "service_unavailable_error", kind::overloaded,
     "server_is_overloaded"},
    {503, nullptr, nullptr, kind::overloaded, ""},
    {503, nullptr, "unavailable_error", kind::overloaded, "unavailable_error"},
    {503, nullptr, "api_error", kind::overloaded, "api_error"},
    {504, nullptr, "timeout_error", kind::timeout, "timeout_error"},
    {504, nullptr, nullptr, kind::timeout, ""},
    {529, nullptr, "overloaded_error", kind::overloaded, "overloaded_error"},
    {529, nullptr, nullptr, kind::overloaded, ""},
    {418, nullptr, "teapot", kind::http_4xx, "teapot"},
    {599, "new", "newer", kind::http_5xx, "new"},
  }));
  CAPTURE(x.status, x.code, x.type);
  const auto why = failed(openai_error(x.status, x.code, x.type));
  CHECK(why.kind == x.means);
  CHECK(why.code == x.told);
  CHECK(why.status == x.status);
  CHECK(why.message == "No.");
  CHECK(why.rule.empty()); // those of the tool are asked next
}

TEST_CASE("a spend limit of Anthropic's stands in the details of a 429",
          "[model][failure]") {
  auto x = json::parse(R"({"type": "error", "error": {
    "type": "rate_limit_error", "message": "Spend limit reached.",
    "details": {"error_code": "enforced_spend_limit_reached"}}})");
  const auto why = failed(answer(x, 429));
  CHECK(why.kind == kind::budget_exhausted);
  CHECK(why.code == "enforced_spend_limit_reached");
  CHECK_FALSE(why.retry_after);
}

TEST_CASE("a few words of a 400 say what no code does", "[model][failure]") {
  auto [message, means, code]
    = GENERATE(table<std::string, failure_kind, std::string>(
      {{"prompt is too long: 210000 tokens > 200000 maximum",
        kind::invalid_input, "context_overflow"},
       {"This model's maximum context length is 4096 tokens.",
        kind::invalid_input, "context_overflow"},
       {"Your credit balance is too low to access the API.",
        kind::budget_exhausted, "credit_balance_exhausted"},
       {"You have reached your specified API usage limits. You will regain "
        "access on 2026-02-01 at 00:00 UTC.",
        kind::budget_exhausted, "enforced_spend_limit_reached"},
       {"messages: roles must alternate", kind::http_4xx,
        "invalid_request_error"}}));
  const auto x = anthropic_error(400, "invalid_request_error", message);
  CHECK(failed(x).kind == means);
  CHECK(failed(x).code == code);
  CHECK(failed(x).effect == side_effect::none);
  // Nothing is made of the words of any other status.
  const auto other = anthropic_error(500, "api_error", message);
  CHECK(failed(other).kind == kind::http_5xx);
}

TEST_CASE("errors are found in all the forms that servers have",
          "[model][failure]") {
  auto [body, means, message]
    = GENERATE(table<std::string, failure_kind, std::string>(
      {{R"({"error": {"code": 400, "type": "exceed_context_size_error",
            "message": "the request exceeds the available context size"}})",
        kind::invalid_input, "the request exceeds the available context size"},
       {R"({"error": {"code": 503, "type": "unavailable_error",
            "message": "Loading model"}})",
        kind::overloaded, "Loading model"},
       {R"({"error": {"code": 503, "message": "Busy"}})", kind::overloaded,
        "Busy"},
       {R"({"object": "error", "code": 400, "type": "BadRequestError",
            "message": "The model's maximum context length is 8"})",
        kind::invalid_input, "The model's maximum context length is 8"},
       {R"({"error": "model failed to load"})", kind::http_5xx,
        "model failed to load"},
       {R"({"error": {"type": "rate_limit_error"}})", kind::rate_limited,
        "the provider answered with HTTP status 200, and said nothing of why"},
       {R"({"error": {"type": "invalid_request_error", "message": "No."}})",
        kind::http_4xx, "No."},
       {R"({"error": {"type": "api_error", "message": "Oh."}})", kind::http_5xx,
        "Oh."},
       {R"({"error": {"type": "never_heard_of", "message": "Oh."}})",
        kind::http_5xx, "Oh."},
       {R"({"error": {}})", kind::http_5xx,
        "the provider answered with HTTP status 200, and said nothing of "
        "why"}}));
  const auto why
    = failed(transfer_response{.status = 200, .headers = {}, .body = body});
  CHECK(why.kind == means);
  CHECK(why.message == message);
}

TEST_CASE("an error that is no JSON is told by its status and its words",
          "[model][failure]") {
  auto [status, body, message] = GENERATE(table<int, std::string, std::string>(
    {{502, "<html>Bad\n\x1b[31mGateway</html>",
      "<html>Bad ?[31mGateway</html>"},
     {502, "",
      "the provider answered with HTTP status 502, and said nothing of why"},
     {502, R"({"detail": "upstream is gone"})", "upstream is gone"},
     {502, R"({"message": "upstream is gone"})", "upstream is gone"},
     {502, R"({"detail": [1]})",
      "the provider answered with HTTP status 502, and said nothing of why"},
     {502, "a\xff", "a\xef\xbf\xbd"}}));
  const auto why
    = failed(transfer_response{.status = status, .headers = {}, .body = body});
  CHECK(why.kind == kind::http_5xx);
  CHECK(why.message == message);
}

TEST_CASE("a redirect is no answer", "[model][failure]") {
  const auto why = failed(transfer_response{.status = 302});
  CHECK(why.kind == kind::internal);
  CHECK(why.status == 302);
}

TEST_CASE("x-should-retry says whether to try again", "[model][failure]") {
  struct row {
    int status;
    std::string code;
    std::string type;
    std::string says;
    failure_kind means;
  };
  const auto x = GENERATE(values<row>({
    {503, "", "", "false", kind::http_4xx},
    {429, "rate_limit_exceeded", "", "false", kind::http_4xx},
    {500, "", "api_error", "false", kind::http_4xx},
    {400, "", "invalid_request_error", "true", kind::http_5xx},
    {404, "", "not_found_error", "true", kind::http_5xx},
    {429, "", "", "true", kind::rate_limited},
    {503, "", "", "perhaps", kind::overloaded},
    {400, "", "invalid_request_error", "false", kind::http_4xx},
    // what is certain stays so
    {429, "insufficient_quota", "", "true", kind::budget_exhausted},
    {429, "", "insufficient_quota", "true", kind::budget_exhausted},
    {400, "context_length_exceeded", "", "true", kind::invalid_input},
  }));
  CAPTURE(x.status, x.code, x.type, x.says);
  const auto why = failed(with_headers(openai_error(x.status, x.code, x.type),
                                       {{"x-should-retry", x.says}}));
  CHECK(why.kind == x.means);
}

TEST_CASE("the time to wait is what the headers say", "[model][failure]") {
  struct row {
    http_headers headers;
    std::optional<duration> wait;
  };
  const auto x = GENERATE(values<row>({
    {{{"retry-after", "7"}}, 7s},
    {{{"retry-after", "7"}, {"retry-after-ms", "1500"}}, 1500ms},
    {{{"retry-after", "999999"}}, 999'999s}, // the guard's to judge
    {{{"x-ratelimit-remaining-tokens", "0"},
      {"x-ratelimit-reset-tokens", "6m0s"}},
     6min},
    {{{"retry-after", "7"},
      {"x-ratelimit-remaining-tokens", "0"},
      {"x-ratelimit-reset-tokens", "6m0s"}},
     7s},
    {{{"anthropic-ratelimit-requests-remaining", "0"},
      {"anthropic-ratelimit-requests-reset", "2026-01-01T00:00:30Z"}},
     30s},
    {http_headers{}, std::nullopt},
  }));
  const auto why
    = failed(with_headers(openai_error(429, nullptr, nullptr), x.headers));
  CHECK(why.retry_after == x.wait);
  const auto other
    = failed(with_headers(openai_error(500, nullptr, nullptr),
                          {{"x-ratelimit-remaining-tokens", "0"},
                           {"x-ratelimit-reset-tokens", "6m0s"}}));
  CHECK_FALSE(other.retry_after);
}

TEST_CASE("why a model stopped decides whether there is an answer",
          "[model][failure]") {
  struct row {
    std::string reason;
    std::optional<failure_kind> means;
    std::string code;
    std::string says;
  };
  const auto x = GENERATE(values<row>({
    {"stop", std::nullopt, "", ""},
    {"tool_calls", std::nullopt, "", ""},
    {"function_call", std::nullopt, "", ""},
    {"end_turn", std::nullopt, "", ""},
    {"stop_sequence", std::nullopt, "", ""},
    {"tool_use", std::nullopt, "", ""},
    {"eos", std::nullopt, "", ""},
    {"length", kind::truncated, "length", "64 tokens"},
    {"max_tokens", kind::truncated, "max_tokens", "64 tokens"},
    {"model_length", kind::truncated, "model_length", "64 tokens"},
    {"content_filter", kind::refused, "content_filter", "filter"},
    {"refusal", kind::refused, "refusal", "declined"},
    {"model_context_window_exceeded", kind::invalid_input, "context_overflow",
     "context is full"},
    {"pause_turn", kind::truncated, "pause_turn", "paused"},
    {"bored", kind::malformed_output, "unknown_stop", "bored"},
  }));
  CAPTURE(x.reason);
  for (const auto* of : {&openai_format(), &anthropic_format()}) {
    const auto result = stopped(*of, x.reason);
    if (!x.means) {
      CHECK(reply_in(result).text == "It r");
      continue;
    }
    const auto why = failure_in(result);
    CHECK(why.kind == x.means);
    CHECK(why.effect == side_effect::none);
    CHECK(why.code == x.code);
    CHECK_THAT(why.message, ContainsSubstring(x.says));
  }
}

TEST_CASE("what a model says when it refuses is told", "[model][failure]") {
  const auto x = failure_in(read(
    anthropic_format(),
    json::parse(R"({"content": [], "stop_reason": "refusal", "stop_details":
      {"category": "cyber", "explanation": "Not that."}})")));
  CHECK(x.kind == kind::refused);
  CHECK(x.message == "the model declined to answer: Not that.");
  const auto y = failure_in(
    read(openai_format(), json::parse(R"({"choices": [{"finish_reason": "stop",
           "message": {"content": null, "refusal": "Not that."}}]})")));
  CHECK(y.message == "the model declined to answer: Not that.");
}

TEST_CASE("a call in an answer that was cut off is never made",
          "[model][failure]") {
  const auto x = json::parse(R"({"choices": [{"finish_reason": "length",
    "message": {"tool_calls": [{"id": "a", "function":
      {"name": "t", "arguments": "{}"}}]}}]})");
  CHECK(failure_in(read(openai_format(), x)).kind == kind::truncated);
}

TEST_CASE("no answer at all is told by what happened to it",
          "[model][failure]") {
  struct row {
    transfer_failure why;
    bool sent;
    bool begun;
    failure_kind means;
    side_effect effect;
    std::string code;
  };
  const auto x = GENERATE(values<row>({
    {transfer_failure::unreachable, false, false, kind::network,
     side_effect::not_started, ""},
    {transfer_failure::refused, false, false, kind::invalid_input,
     side_effect::not_started, "address_refused"},
    {transfer_failure::broken, true, false, kind::network, side_effect::unknown,
     "interrupted"},
    {transfer_failure::broken, true, true, kind::truncated, side_effect::none,
     "interrupted"},
    {transfer_failure::timeout, true, false, kind::timeout,
     side_effect::unknown, ""},
    {transfer_failure::timeout, true, true, kind::timeout, side_effect::unknown,
     ""},
    {transfer_failure::too_large, true, true, kind::malformed_output,
     side_effect::unknown, "too_large"},
    {transfer_failure::malformed, true, false, kind::malformed_output,
     side_effect::unknown, "malformed_http"},
    {transfer_failure::cancelled, false, false, kind::cancelled,
     side_effect::not_started, ""},
  }));
  const auto why = model_failure(
    transfer_error{.why = x.why, .message = "it broke", .sent = x.sent},
    model_endpoint{}, x.begun, t0);
  CHECK(why.kind == x.means);
  CHECK(why.effect == x.effect);
  CHECK(why.code == x.code);
  CHECK_THAT(why.message, ContainsSubstring("it broke"));
}

TEST_CASE("the head of an error counts, though its body broke off",
          "[model][failure]") {
  const auto why = model_failure(
    transfer_error{
      .why = transfer_failure::broken,
      .sent = true,
      .head
      = transfer_response{.status = 429, .headers = {{"retry-after", "9"}}}},
    model_endpoint{}, false, t0);
  CHECK(why.kind == kind::rate_limited);
  CHECK(why.retry_after == 9s);
}

TEST_CASE("long messages and codes are cut between characters",
          "[model][failure]") {
  auto message = std::string{};
  for (auto i = 0; i < 5000; ++i)
    message += "\xc3\xa4";
  const auto why
    = failed(openai_error(400, std::string(500, 'c'), nullptr, message));
  CHECK(why.message.size() <= 600);
  CHECK_THAT(why.message, EndsWith("\xc3\xa4..."));
  CHECK(why.code.size() <= 80);
}

TEST_CASE("our key is in no failure, wherever a provider repeats it",
          "[model][failure]") {
  const auto key = std::string{canary};
  const auto text = GENERATE_COPY("Incorrect API key provided: " + key + ".",
                                  key, key + key, std::string(590, 'x') + key,
                                  "Bearer " + key, "basic-4711-secret");
  auto where = endpoint();
  where.headers = {{"Authorization", "Basic basic-4711-secret"}};
  const auto bodies = std::vector<std::string>{
    text, openai_error(401, text, text, text).body,
    anthropic_error(401, text, text).body, json{{"error", text}}.dump(),
    json{{"detail", text}}.dump()};
  for (const auto* of : {&openai_format(), &anthropic_format()})
    for (const auto& body : bodies)
      for (const auto status : {200, 401}) {
        const auto x = of->read(
          where, ask(), transfer_response{.status = status, .body = body}, t0);
        const auto told = to_string(failure_in(x)) + failure_in(x).code;
        CHECK(told.find("canary-4711") == std::string::npos);
        CHECK(told.find("sk-can") == std::string::npos);
        CHECK(told.find("4711-secret") == std::string::npos);
      }
  for (const auto* of : {&openai_format(), &anthropic_format()}) {
    const auto x
      = stream(*of, events({{{"type", "error"},
                             {"error", {{"type", text}, {"message", text}}}}}));
    CHECK(to_string(failure_in(x.result)).find("canary") == std::string::npos);
  }
}

TEST_CASE("a key stands in no failure, though the body of the error broke off",
          "[model][failure]") {
  auto where = model_endpoint{};
  where.key = "sk-canary-4711";
  const auto why = model_failure(
    transfer_error{.why = transfer_failure::broken,
                   .sent = true,
                   .head = transfer_response{.status = 401,
                                             .headers = {},
                                             .body = "no such key: "
                                                     "sk-canary-4711"}},
    where, false, t0);
  CHECK(to_string(why).find("sk-canary-4711") == std::string::npos);
}
