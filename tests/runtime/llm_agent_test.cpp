#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/model/llm_program.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/model.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using texts = std::vector<std::string>;

chat_reply says(std::string text) {
  auto x = chat_reply{};
  x.text = std::move(text);
  x.usage = chat_usage{.input = 10, .output = 5};
  return x;
}

chat_reply says_json(const json& x) {
  auto reply = says(x.dump());
  reply.output = value{x};
  return reply;
}

chat_tool_call call_of(const std::string& id, const std::string& name,
                       const value& arguments) {
  auto x = chat_tool_call{};
  x.id = id;
  x.name = name;
  x.arguments = arguments;
  return x;
}

chat_reply calls(std::vector<chat_tool_call> all) {
  auto x = says({});
  x.finish = chat_finish::tool_calls;
  x.tool_calls = std::move(all);
  return x;
}

[[noreturn]] void fails(failure_kind kind, const std::string& message,
                        const std::string& code = {}) {
  throw tool_error{failure{.kind = kind,
                           .effect = side_effect::none,
                           .message = message,
                           .code = code}};
}

value one_number() {
  return args("type", "object", "properties",
              args("n", args("type", "integer")), "required",
              json::array({"n"}), "additionalProperties", false);
}

/// A program with a model whose answers are written down.
struct fixture {
  fixture() {
    rt.add(
      scripted_model("model", [this](const chat_request& x) { return next(x); })
        .retry({.max_attempts = 1})
        .breaker({.consecutive_failures = 100, .failure_rate = 0}));
    rt.add(tool{"double", effect::read_only,
                [this](const value& x, tool_context&) -> json {
                  made.push_back("double " + x["n"].dump());
                  return x["n"].as_int() * 2;
                }}
             .description("Twice a number.")
             .input(schema{one_number().get()})
             .output(any())
             .run_inline());
    rt.add(tool{"send", effect::once,
                [this](const value& x, tool_context&) -> json {
                  made.push_back("send " + x.dump());
                  return "sent";
                }}
             .input(any())
             .output(any())
             .run_inline());
  }

  chat_reply next(const chat_request& x) {
    asked.push_back(x);
    if (script.empty())
      return says("nothing more to say");
    auto now = std::move(script.front());
    script.pop_front();
    return now();
  }
  fixture& then(const chat_reply& x) {
    script.emplace_back([x] { return x; });
    return *this;
  }
  fixture& then_fails(failure_kind kind, const std::string& message,
                      const std::string& code = {}) {
    script.emplace_back([=]() -> chat_reply { fails(kind, message, code); });
    return *this;
  }

  [[nodiscard]] static llm_agent helper() {
    return llm_agent{"helper", "1", "model"}
      .instructions("You help.")
      .tool("double")
      .tool("send");
  }

  /// Runs it to where it stands after a minute.
  run_row run(const llm_agent& x, const value& input = "what is 4 doubled?") {
    rt.add(x);
    rt.start();
    pass(rt, 1ms);
    const auto id = test::submit(rt, {.agent = "helper", .input = input}, 1min);
    return *store->find_run(id);
  }
  json result() {
    return rt.result(store->find_run(1)->id).get().get();
  }

  std::shared_ptr<memory_store> store = new_store();
  runtime rt{config{.store = store, .virtual_seed = 7}};
  std::deque<std::function<chat_reply()>> script;
  std::vector<chat_request> asked;
  texts made;
};

texts roles(const chat_request& x) {
  auto all = texts{};
  for (const auto& m : x.messages)
    all.push_back(m.role == chat_role::user        ? "user"
                  : m.role == chat_role::assistant ? "assistant"
                                                   : "tool");
  return all;
}

} // namespace

TEST_CASE_METHOD(fixture, "a model calls tools until it answers",
                 "[runtime][llm]") {
  then(calls({call_of("a", "double", args("n", 4)),
              call_of("b", "double", args("n", 5))}));
  then(says("8 and 10"));
  CHECK(run(helper()).state == run_state::completed);
  CHECK(result() == "8 and 10");
  CHECK(made == texts{"double 4", "double 5"});
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].instructions == "You help.");
  CHECK(asked[0].tools.size() == 2);
  CHECK(asked[0].tools[0].description == "Twice a number.");
  CHECK(asked[1].messages[2].text == "8");
  CHECK(asked[1].messages[3].text == "10");
  CHECK(asked[1].messages[3].tool_call_id == "b");
}

TEST_CASE_METHOD(fixture, "what a model calls wrongly is answered to it",
                 "[runtime][llm]") {
  auto broken = call_of("c", "double", {});
  broken.malformed = "{\"n\": 4";
  then(calls({call_of("a", "treble", args("n", 4))}));
  then(calls({call_of("b", "double", args("n", "four")), broken}));
  then(says("8"));
  CHECK(run(helper()).state == run_state::completed);
  CHECK(made.empty());
  REQUIRE(asked.size() == 3);
  const auto& first = asked[1].messages.back();
  CHECK(first.is_error);
  CHECK(first.text.find("there is no tool treble; there are: double, send")
        != std::string::npos);
  CHECK(asked[2].messages[4].text.find("bad_arguments") != std::string::npos);
  CHECK(asked[2].messages[5].text.find("no JSON object") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a model that goes on calling wrongly is stopped",
                 "[runtime][llm]") {
  auto x = llm_limits{};
  x.corrections = 2;
  for (auto i = 0; i < 5; ++i)
    then(calls({call_of("a", "treble", args("n", i))}));
  CHECK(run(helper().limits(x)).state == run_state::parked);
  CHECK(asked.size() == 3);
  CHECK_THAT(only_ticket(*store).context,
             ContainsSubstring("malformed_output")
               && ContainsSubstring("corrected 2 times"));
}

TEST_CASE_METHOD(fixture, "a model that comes to no end is stopped",
                 "[runtime][llm]") {
  auto x = llm_limits{};
  x.turns = 3;
  for (auto i = 0; i < 5; ++i)
    then(calls({call_of("a", "double", args("n", i))}));
  CHECK(run(helper().limits(x)).state == run_state::parked);
  CHECK(made.size() == 3);
  CHECK_THAT(only_ticket(*store).context, ContainsSubstring("step_limit"));
}

TEST_CASE_METHOD(fixture, "a tool's failure is a result like any other",
                 "[runtime][llm]") {
  rt.add(tool{"broken", effect::read_only,
              [](const value&, tool_context&) -> json {
                fails(failure_kind::http_4xx, "no such order");
              }}
           .input(any())
           .output(any())
           .run_inline());
  then(calls({call_of("a", "broken", args())}));
  then(says("there is none"));
  CHECK(run(helper().tool("broken")).state == run_state::completed);
  CHECK(asked[1].messages[2].is_error);
  CHECK(asked[1].messages[2].text.find("no such order") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "what people reject is told to the model",
                 "[runtime][llm]") {
  rt.add(tool{"pay", effect::once,
              [](const value&, tool_context&) -> json { return "paid"; }}
           .input(any())
           .output(any())
           .always_approve()
           .run_inline());
  then(calls({call_of("a", "pay", args("cents", 900)),
              call_of("b", "double", args("n", 1))}));
  then(says("not paid"));
  CHECK(run(helper().tool("pay")).state == run_state::parked);
  decide_only(rt, verb::reject, {}, 1min);
  CHECK(store->find_run(1)->state == run_state::completed);
  CHECK(roles(asked[1]) == texts{"user", "assistant", "tool", "tool"});
  CHECK(asked[1].messages[2].is_error);
  CHECK(asked[1].messages[2].text.find("permission_denied")
        != std::string::npos);
  CHECK(asked[1].messages[3].text == "2");
}

TEST_CASE_METHOD(fixture, "an answer that does not fit is asked for again",
                 "[runtime][llm]") {
  then_fails(failure_kind::schema_violation, "/n: is no integer");
  then(says_json({{"n", 8}}));
  CHECK(run(helper().output(one_number())).state == run_state::completed);
  CHECK(result() == json{{"n", 8}});
  CHECK(asked[1].messages.back().text.find("/n: is no integer")
        != std::string::npos);
  CHECK(asked[1].output->get() == one_number().get());
}

TEST_CASE_METHOD(fixture,
                 "a simpler model is asked when one cannot answer as asked",
                 "[runtime][llm]") {
  rt.add(scripted_model(
    "simple", [](const chat_request&) { return says_json({{"n", 9}}); }));
  for (auto i = 0; i < 3; ++i)
    then_fails(failure_kind::malformed_output, "no JSON");
  CHECK(run(helper().output(one_number()).simpler("simple")).state
        == run_state::completed);
  CHECK(result() == json{{"n", 9}});
  CHECK(asked.size() == 3);
}

TEST_CASE_METHOD(fixture, "a person answers when no model can",
                 "[runtime][llm]") {
  for (auto i = 0; i < 3; ++i)
    then_fails(failure_kind::malformed_output, "no JSON");
  CHECK(run(helper().output(one_number())).state == run_state::parked);
  CHECK(only_ticket(*store).reason == park_reason::validation_failed);
  decide_only(rt, verb::answer, R"({"n": 7})", 1min);
  CHECK(result() == json{{"n", 7}});
}

TEST_CASE_METHOD(fixture, "nobody is asked how sure a person is",
                 "[runtime][llm]") {
  auto x = llm_confidence{};
  x.least = 0.9;
  for (auto i = 0; i < 3; ++i)
    then_fails(failure_kind::malformed_output, "no JSON");
  CHECK(run(helper().output(one_number()).confidence(x)).state
        == run_state::parked);
  decide_only(rt, verb::answer, R"({"n": 7})", 1min);
  CHECK(result() == json{{"n", 7}});
}

TEST_CASE_METHOD(fixture, "a conversation that is too long is summed up",
                 "[runtime][llm]") {
  for (auto i = 0; i < 4; ++i)
    then(calls({call_of("c" + std::to_string(i), "double", args("n", i))}));
  then_fails(failure_kind::invalid_input, "too long", "context_overflow");
  then(says("numbers were doubled")); // the summary
  then(says("done"));
  auto x = llm_compaction{};
  x.keep = 3;
  CHECK(run(helper().compact(x)).state == run_state::completed);
  CHECK(result() == "done");
  const auto& last = asked.back();
  // Nothing is torn apart: it begins with a call and ends with its result.
  CHECK(roles(last) == texts{"user", "assistant", "tool", "assistant", "tool"});
  CHECK(last.messages[0].text.find("what is 4 doubled?") != std::string::npos);
  CHECK(last.messages[0].text.find("numbers were doubled")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a tool that is out of service is not offered",
                 "[runtime][llm]") {
  rt.add(tool{"ill", effect::read_only,
              [](const value&, tool_context&) -> json {
                fails(failure_kind::http_5xx, "ill");
              }}
           .input(any())
           .output(any())
           .retry({.max_attempts = 1})
           .breaker({.consecutive_failures = 1, .open_for = 1min})
           .run_inline());
  rt.add(agent{"waits", "1", [](agent_context& ctx, value) -> task<json> {
                 co_await ctx.sleep_for(10min);
                 co_return json("waited");
               }});
  then(calls({call_of("a", "ill", args())}));
  then(calls({call_of("b", "waits", args("task", "a while"))}));
  then(says("later, then"));
  static_cast<void>(run(helper().tool("ill").agent("waits", "Waits.")));
  pass(rt, 11min);
  CHECK(store->find_run(1)->state == run_state::completed);
  CHECK(asked[0].tools.size() == 4);
  CHECK(asked[1].tools.size() == 3);
  CHECK(asked[1].instructions.find("Out of service at the moment, and so not "
                                   "offered: ill")
        != std::string::npos);
  // Its time is over: somebody may try again.
  REQUIRE(asked.size() == 3);
  CHECK(asked[2].tools.size() == 4);
  CHECK(asked[2].instructions == "You help.");
}

TEST_CASE_METHOD(fixture, "an agent is called like a tool", "[runtime][llm]") {
  rt.add(agent{"adder", "1", [](agent_context&, value x) -> task<json> {
                 co_return x["task"].as_string() + "!";
               }});
  then(calls({call_of("a", "adder", args("task", "hello"))}));
  then(says("it said so"));
  CHECK(run(helper().agent("adder", "Shouts.")).state == run_state::completed);
  CHECK(asked[1].messages[2].text == "hello!");
  CHECK(store->find_run(2)->parent == 1);
}

TEST_CASE_METHOD(fixture,
                 "an agent hands off, and another goes on in its place",
                 "[runtime][llm]") {
  rt.add(agent{"clerk", "1", [](agent_context&, value x) -> task<json> {
                 co_return "done: " + x["task"].as_string() + " / "
                   + x["conversation"].as_string();
               }});
  then(calls({call_of("a", "double", args("n", 1)),
              call_of("b", "hand_off.clerk", args("task", "refund it"))}));
  CHECK(run(helper().hand_off("clerk", "Refunds.")).state
        == run_state::completed);
  CHECK(made.empty());
  CHECK(asked.size() == 1);
  CHECK_THAT(result().get<std::string>(),
             StartsWith("done: refund it / User: what is 4 doubled?"));
}

TEST_CASE_METHOD(fixture, "agents that hand work round in a circle are stopped",
                 "[runtime][llm]") {
  const auto passes_to = [](const std::string& other) {
    return [other](agent_context& ctx, value x) -> task<json> {
      auto child = co_await ctx.spawn(other, x);
      auto result = co_await child.result();
      co_return result.get();
    };
  };
  rt.add(
    agent{"ping", "1", passes_to("pong")}.on_unhandled(on_unhandled::fail));
  rt.add(
    agent{"pong", "1", passes_to("ping")}.on_unhandled(on_unhandled::fail));
  rt.start();
  pass(rt, 1ms);
  static_cast<void>(test::submit(rt, {.agent = "ping"}, 1min));
  CHECK(store->find_run(1)->state == run_state::failed);
  CHECK_THAT(to_string(rt.result(store->find_run(1)->id).why()),
             ContainsSubstring("loop_detected"));
  CHECK(store->last_run() == 6);
}

TEST_CASE_METHOD(fixture, "an agent that is not sure asks a person",
                 "[runtime][llm]") {
  auto x = llm_confidence{};
  x.least = 0.9;
  x.how = confidence_method::agreement;
  x.samples = 3;
  then(says("8")).then(says("8")).then(says("9"));
  CHECK(run(helper().confidence(x)).state == run_state::parked);
  CHECK(only_ticket(*store).reason == park_reason::low_confidence);
  decide_only(rt, verb::answer, R"("8, I looked")", 1min);
  CHECK(result() == "8, I looked");
}

TEST_CASE_METHOD(fixture, "what an LLM agent needs must be there",
                 "[runtime][llm]") {
  rt.add(llm_agent{"helper", "1", "model"}.tool("nowhere"));
  CHECK_THROWS_WITH(rt.start(), ContainsSubstring("there is no tool nowhere"));
}
