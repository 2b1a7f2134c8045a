#include "actors/model/model_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Streams as providers send them, written down by hand.
constexpr auto openai_sample
  = R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Grüße: "},"finish_reason":null}]}

: ping

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather_lookup_2","arguments":""}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"place\":"}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"K\u00f6ln\"}"}}]}}]}

data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":9,"total_tokens":29}}

data: [DONE]

)";

constexpr auto anthropic_sample = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"m-1","stop_reason":null,"usage":{"input_tokens":20,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße: "}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call_a","name":"weather_lookup_2","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"place\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"K\u00f6ln\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

)";

struct sample {
  const chat_format* of;
  std::string_view bytes;
  std::string id;
};

std::vector<sample> samples() {
  return {{&openai_format(), openai_sample, "chatcmpl-1"},
          {&anthropic_format(), anthropic_sample, "msg_1"}};
}

/// Reads it as it comes; what the reader gives up ends the stream.
chat_result survive(const chat_format& of, std::string_view bytes,
                    std::size_t piece, const chat_request& asked) {
  auto reader = sse_reader{std::size_t{1} << 16};
  const auto to = of.stream(endpoint(), asked, {}, t0);
  try {
    for (auto at = std::size_t{0}; at < bytes.size(); at += piece)
      for (const auto& event : reader.read(bytes.substr(at, piece)))
        (void)to->add(event);
  } catch (const error&) { // an event that is too long
  }
  return to->finish();
}

/// One of the two, and in a form that can be written down.
void check_sound(const chat_result& x) {
  if (const auto* reply = std::get_if<chat_reply>(&x))
    CHECK(json(chat_reply_from_json(json(*reply))) == json(*reply));
  else
    CHECK_FALSE(std::get<failure>(x).message.empty());
}

/// Bytes of a sample with a few of them changed, left out or doubled.
std::string damaged(std::string bytes, random_source& chance) {
  const auto times = 1 + chance.next() % 6;
  for (auto i = std::uint64_t{0}; i < times && !bytes.empty(); ++i) {
    const auto at = chance.next() % bytes.size();
    const auto length = 1 + chance.next() % 40;
    switch (chance.next() % 4) {
    case 0:
      bytes[at] = static_cast<char>(chance.next());
      break;
    case 1:
      bytes.erase(at, length);
      break;
    case 2:
      bytes.insert(at, bytes.substr(chance.next() % bytes.size(), length));
      break;
    default:
      bytes[at] = "{}[]\",:0\n"[chance.next() % 9];
    }
  }
  return bytes;
}

chat_request some_request(random_source& chance) {
  auto to = ask_with_tools();
  if (chance.next() % 2 == 0)
    to.output
      = value{json{{"type", chance.next() % 2 == 0 ? "object" : "array"}}};
  return to;
}

} // namespace

TEST_CASE("a stream cut at any byte gives the same answer", "[model][stream]") {
  for (const auto& [of, bytes, id] : samples()) {
    const auto asked = ask_with_tools();
    const auto whole = stream(*of, bytes, asked);
    CHECK(json(reply_in(whole.result))
          == json::parse(R"({
      "text": "Grüße: ", "finish": "tool_calls", "model": "m-1",
      "tool_calls": [{"id": "call_a", "name": "weather.lookup",
                      "arguments": {"place": "Köln"}}],
      "usage": {"input": 20, "output": 9}, "request_id": ")"
                         + id + "\"}"));
    for (auto at = std::size_t{0}; at <= bytes.size(); ++at) {
      const auto x
        = stream(*of, {bytes.substr(0, at), bytes.substr(at)}, asked);
      REQUIRE(json(reply_in(x.result)) == json(reply_in(whole.result)));
      REQUIRE(x.text() == whole.text());
      REQUIRE(x.tools() == whole.tools());
    }
    auto single = std::vector<std::string_view>{};
    for (auto at = std::size_t{0}; at < bytes.size(); ++at)
      single.push_back(bytes.substr(at, 1));
    CHECK(json(reply_in(stream(*of, single, asked).result))
          == json(reply_in(whole.result)));
  }
}

TEST_CASE("a stream that ends at any byte is the answer, or broke off",
          "[model][stream]") {
  for (const auto& [of, bytes, id] : samples()) {
    const auto asked = ask_with_tools();
    for (auto end = std::size_t{0}; end < bytes.size(); ++end) {
      const auto x = stream(*of, bytes.substr(0, end), asked);
      if (const auto* reply = std::get_if<chat_reply>(&x.result)) {
        REQUIRE(reply->tool_calls.size() == 1);
        REQUIRE(reply->tool_calls[0].arguments == args("place", "Köln"));
        continue;
      }
      const auto& why = std::get<failure>(x.result);
      REQUIRE(why.code == "interrupted");
      REQUIRE((why.kind == failure_kind::truncated) == x.begun);
      REQUIRE((why.kind == failure_kind::network) == !x.begun);
    }
  }
}

TEST_CASE("whatever a server sends, there is an answer or a failure",
          "[model][stream]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{9}));
  CAPTURE(seed);
  const auto chance = seeded_random(seed);
  for (const auto& [of, bytes, id] : samples())
    for (auto i = 0; i < 300; ++i) {
      const auto asked = some_request(*chance);
      const auto bad = damaged(std::string{bytes}, *chance);
      check_sound(survive(*of, bad, 1 + chance->next() % 200, asked));
    }
}

TEST_CASE("noise is no answer, and does no harm", "[model][stream]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{9}));
  CAPTURE(seed);
  const auto chance = seeded_random(seed);
  for (const auto& [of, bytes, id] : samples())
    for (auto i = 0; i < 200; ++i) {
      auto noise = std::string{i % 2 == 0 ? "data: " : ""};
      for (auto left = chance->next() % 300; left > 0; --left)
        noise += static_cast<char>(chance->next());
      check_sound(survive(*of, noise + "\n\n", 7, ask()));
      const auto status = static_cast<int>(chance->next() % 1000);
      const auto x = of->read(
        endpoint(), ask(),
        transfer_response{.status = status, .headers = {}, .body = noise}, t0);
      CHECK(std::holds_alternative<failure>(x));
    }
}

TEST_CASE("bodies of the wrong shape are failures, never a crash",
          "[model][stream]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{9}));
  CAPTURE(seed);
  const auto chance = seeded_random(seed);
  const auto bodies = std::vector<std::string>{
    R"({"id":"1","model":"m","choices":[{"index":0,"message":{"content":"Hi","tool_calls":[{"id":"a","function":{"name":"t","arguments":"{\"a\":1}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
    R"({"id":"1","model":"m","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"a","name":"answer","input":{"answer":[1]}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})",
    R"({"type":"error","error":{"type":"rate_limit_error","message":"No.","details":{"error_code":"x"}}})"};
  for (const auto& body : bodies)
    for (auto i = 0; i < 200; ++i) {
      const auto bad
        = transfer_response{.status = chance->next() % 3 == 0 ? 429 : 200,
                            .body = damaged(body, *chance)};
      const auto asked = some_request(*chance);
      for (const auto& [of, bytes, id] : samples()) {
        check_sound(of->read(endpoint(), asked, bad, t0));
        (void)of->usage(bad);
      }
    }
}
