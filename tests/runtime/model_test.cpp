#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/fault_server.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/model.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <mutex>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto key = "sk-canary-4711-do-not-tell";

std::string chunk(const json& delta) {
  return "data: " + json{{"choices", {{{"index", 0}, {"delta", delta}}}}}.dump()
         + "\n\n";
}

std::string stop_chunk() {
  const auto end = json{
    {"choices",
     {{{"index", 0}, {"delta", json::object()}, {"finish_reason", "stop"}}}},
    {"usage", {{"prompt_tokens", 20}, {"completion_tokens", 4}}}};
  return "data: " + end.dump() + "\n\ndata: [DONE]\n\n";
}

scripted_answer stream_of(std::vector<answer_step> pieces) {
  return {.headers = {{"Content-Type", "text/event-stream"}},
          .pieces = std::move(pieces)};
}

scripted_answer words(const std::string& text) {
  return stream_of({chunk({{"content", text}}), stop_chunk()});
}

scripted_answer refusal(int status, const json& error,
                        http_headers headers = {}) {
  return {.status = status,
          .headers = std::move(headers),
          .pieces = {json{{"error", error}}.dump()}};
}

struct event_log final : event_sink {
  void publish(event x) override {
    const std::lock_guard guard{mutex};
    all.push_back(std::move(x));
  }
  [[nodiscard]] std::vector<event> of(event_kind kind) const {
    const std::lock_guard guard{mutex};
    auto some = all;
    std::erase_if(some, [kind](const event& x) { return x.kind != kind; });
    return some;
  }
  [[nodiscard]] bool has(std::string_view text) const {
    const std::lock_guard guard{mutex};
    return std::ranges::any_of(all, [text](const event& x) {
      return x.fields.find(text) != std::string::npos;
    });
  }

  mutable std::mutex mutex;
  std::vector<event> all; // guarded by mutex
};

task<json> asks(agent_context& ctx, value input) {
  auto schema = input.get("schema", {});
  auto answer = co_await ctx.ask("clever", input["text"], schema);
  co_return answer.get();
}

/// A program that asks a model over HTTP, of a server that is told what to do.
struct fixture {
  fixture() {
    ::setenv("STANCHION_TEST_MODEL_KEY", key, 1);
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() {
    ::unsetenv("STANCHION_TEST_MODEL_KEY");
  }

  [[nodiscard]] model_settings settings() const {
    return {.url = server.url("/v1"),
            .model = "gpt-test",
            .key = {.env = "STANCHION_TEST_MODEL_KEY"}};
  }
  [[nodiscard]] static retry_options at_once(std::uint32_t most) {
    auto x = retry_options{};
    x.max_attempts = most;
    x.backoff.first = 1ms;
    x.backoff.cap = 2ms;
    return x;
  }

  void begin(const model_settings& x, std::uint32_t attempts = 3) {
    rt.add(openai_model("clever", x).retry(at_once(attempts)));
    rt.add(agent{"asks", "1", asks}.on_unhandled(on_unhandled::fail));
    rt.start();
  }
  outcome ask(const value& input = args("text", "hello?")) {
    const auto row = rt.submit({.agent = "asks", .input = input});
    rt.wait(row.id, 20s);
    return rt.result(row.id);
  }

  fault_server server;
  std::shared_ptr<event_log> events = std::make_shared<event_log>();
  std::shared_ptr<memory_store> store = std::make_shared<memory_store>();
  runtime rt{config{.store = store, .events = events}};
};

} // namespace

TEST_CASE_METHOD(fixture, "a model is asked over HTTP, with its key",
                 "[runtime][model]") {
  server.answer(words("Hello there."));
  begin(settings());
  CHECK(ask().get() == json("Hello there."));
  const auto sent = server.requests().at(0);
  CHECK(sent.target == "/v1/chat/completions");
  CHECK(find_header(sent.headers, "authorization")
        == std::string{"Bearer "} + key);
  CHECK(find_header(sent.headers, "traceparent"));
  const auto body = json::parse(sent.body);
  CHECK(body.at("model") == "gpt-test");
  CHECK(body.at("messages").back().at("content") == "hello?");
}

TEST_CASE_METHOD(fixture, "words are heard as they come", "[runtime][model]") {
  server.answer(stream_of({chunk({{"content", "one "}}), until_released{},
                           chunk({{"content", "two"}}), stop_chunk()}));
  auto x = settings();
  auto heard = std::make_shared<std::atomic<int>>(0);
  x.on_delta = [heard](const run_id&, const chat_delta& d) {
    *heard += d.text.empty() ? 0 : 1;
  };
  begin(x);
  const auto id
    = rt.submit({.agent = "asks", .input = args("text", "count")}).id;
  REQUIRE(eventually([&] { return *heard == 1; }));
  CHECK(events->has("one "));
  server.release();
  rt.wait(id, 20s);
  CHECK(rt.result(id).get() == json("one two"));
  const auto all = events->of(event_kind::model_delta);
  CHECK(all.front().run == id);
  CHECK(all.front().subject == "clever");
}

TEST_CASE_METHOD(fixture, "a server that does not stream is understood, too",
                 "[runtime][model]") {
  const auto reply
    = json{{"choices",
            {{{"message", {{"role", "assistant"}, {"content", "all at once"}}},
              {"finish_reason", "stop"}}}}};
  server.answer({.headers = {{"Content-Type", "application/json"}},
                 .pieces = {reply.dump()}});
  begin(settings());
  CHECK(ask().get() == json("all at once"));
}

TEST_CASE_METHOD(fixture,
                 "what passes is tried again, and what was asked for "
                 "is waited",
                 "[runtime][model]") {
  server.answer(refusal(429, {{"type", "rate_limit_exceeded"}},
                        {{"retry-after-ms", "30"}}));
  server.answer(stream_of({"data: {\"error\":{\"type\":\"overloaded_error\"}}"
                           "\n\n"}));
  server.answer(words("at last"));
  begin(settings(), 5);
  CHECK(ask().get() == json("at last"));
  CHECK(server.requests().size() == 3);
}

TEST_CASE_METHOD(fixture, "what does not pass is not tried again",
                 "[runtime][model]") {
  const auto [status, code, kind]
    = GENERATE(table<int, std::string, failure_kind>({
      {401, "invalid_api_key", failure_kind::auth},
      {429, "insufficient_quota", failure_kind::budget_exhausted},
      {400, "context_length_exceeded", failure_kind::invalid_input},
      {404, "model_not_found", failure_kind::not_found},
    }));
  server.otherwise(refusal(status, {{"code", code}, {"message", "no"}}));
  begin(settings());
  const auto end = ask();
  REQUIRE(!end.ok());
  CHECK(end.why().kind == kind);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "an answer that broke off is not asked for again "
                 "once somebody heard it",
                 "[runtime][model]") {
  server.answer(stream_of({chunk({{"content", "half of"}}), reset{}}));
  server.answer(words("whole"));
  begin(settings());
  const auto end = ask();
  REQUIRE(!end.ok());
  CHECK(end.why().kind == failure_kind::truncated);
  CHECK(end.why().code == "interrupted");
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "an answer that broke off is asked for again where "
                 "that is safe",
                 "[runtime][model]") {
  server.answer(stream_of({chunk({{"content", "half of"}}), reset{}}));
  server.answer(words("whole"));
  auto x = settings();
  x.safe_to_repeat = true;
  begin(x);
  CHECK(ask().get() == json("whole"));
}

TEST_CASE_METHOD(fixture,
                 "a connection that breaks before the first word is "
                 "tried again",
                 "[runtime][model]") {
  server.answer({.before = {reset{}}});
  server.answer(words("whole"));
  begin(settings());
  CHECK(ask().get() == json("whole"));
}

TEST_CASE_METHOD(fixture, "an answer that does not fit the schema is a failure",
                 "[runtime][model]") {
  server.answer(words(R"({"n": "four"})"));
  server.answer(words(R"(four)"));
  begin(settings(), 1);
  const auto schema
    = args("type", "object", "properties", args("n", args("type", "integer")),
           "required", json::array({"n"}));
  const auto misfit = ask(args("text", "a number", "schema", schema));
  REQUIRE(!misfit.ok());
  CHECK(misfit.why().kind == failure_kind::schema_violation);
  const auto malformed = ask(args("text", "a number", "schema", schema));
  REQUIRE(!malformed.ok());
  CHECK(malformed.why().kind == failure_kind::malformed_output);
}

TEST_CASE_METHOD(fixture,
                 "a limit that has nothing left closes the breaker's "
                 "door until it has",
                 "[runtime][model]") {
  auto x = words("the last one");
  x.headers.emplace_back("x-ratelimit-remaining-requests", "0");
  x.headers.emplace_back("x-ratelimit-reset-requests", "1h");
  server.answer(x);
  begin(settings(), 1);
  CHECK(ask().ok());
  const auto opened = events->of(event_kind::breaker_opened);
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].subject == "clever");
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture, "a run that is cancelled stops asking",
                 "[runtime][model]") {
  server.answer(stream_of({chunk({{"content", "on and"}}), until_released{}}));
  begin(settings());
  const auto id
    = rt.submit({.agent = "asks", .input = args("text", "go on")}).id;
  static_cast<void>(server.wait_for(1));
  rt.cancel(id, "enough", "ann");
  CHECK(eventually([this] { return server.open_connections() == 0; }));
}

TEST_CASE_METHOD(fixture, "what a model costs is counted", "[runtime][model]") {
  server.answer(words("cheap"));
  auto x = settings();
  x.price = {.input = 1'000'000, .output = 10'000'000};
  begin(x);
  CHECK(ask().ok());
  auto spent = spending{};
  for (const auto& r : store->read(1, 1))
    if (r.kind == record_kind::outcome || r.kind == record_kind::spent)
      spent = std::max(
        spent, spending_from_json(json::parse(r.body)),
        [](const auto& a, const auto& b) { return a.tokens < b.tokens; });
  CHECK(spent.tokens == 24);
  CHECK(spent.cost == 60);
}

TEST_CASE_METHOD(fixture, "a key stands nowhere but in the request",
                 "[runtime][model]") {
  server.answer(refusal(401, {{"message", std::string{"bad key "} + key}}));
  begin(settings());
  const auto end = ask();
  REQUIRE(!end.ok());
  CHECK(to_string(end.why()).find(key) == std::string::npos);
  CHECK(!events->has(key));
  for (const auto& r : store->read(1, 1))
    CHECK(r.body.find(key) == std::string::npos);
}

TEST_CASE("a model that cannot be asked is refused at once",
          "[runtime][model]") {
  CHECK_THROWS_WITH(openai_model("m", {.url = "http://example.org/v1"}),
                    ContainsSubstring("model m: url: "));
  CHECK_THROWS_WITH(
    anthropic_model("m", {.url = "https://example.org/v1",
                          .key = {.env = "STANCHION_TEST_NO_KEY"}}),
    ContainsSubstring("model m: key: the environment has no variable"));
}
