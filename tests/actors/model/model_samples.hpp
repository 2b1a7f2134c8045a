#pragma once

#include "support/catch.hpp"

#include <stanchion/actors/http/sse.hpp>
#include <stanchion/actors/model/provider.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What tests of models ask, and what providers might answer.
namespace stanchion::test {

inline constexpr auto t0 = from_micros(1'767'225'600'000'000); // 2026-01-01

inline constexpr auto canary = "sk-canary-4711-never-to-be-seen";

inline model_endpoint endpoint() {
  return {.url = "https://models.example/v1", .model = "m-1", .key = canary};
}

inline chat_request ask(std::string words = "How is the weather?") {
  auto to = chat_request{};
  to.messages.push_back({.text = std::move(words)});
  return to;
}

inline chat_tool weather() {
  return {.name = "weather.lookup",
          .description = "Looks the weather up.",
          .parameters = json{{"type", "object"}}};
}

inline chat_request ask_with_tools() {
  auto to = ask();
  to.tools = {weather(), {.name = "weather_lookup"}, {.name = "orders.lookup"}};
  return to;
}

/// An answer with a 200 unless said otherwise.
inline transfer_response answer(const json& body, int status = 200,
                                http_headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = body.dump()};
}

inline chat_result read(const chat_format& of, const json& body,
                        const chat_request& asked = ask()) {
  return of.read(endpoint(), asked, answer(body), t0);
}

inline chat_reply reply_in(const chat_result& x) {
  if (const auto* why = std::get_if<failure>(&x))
    FAIL("no reply but " << to_string(*why));
  return std::get<chat_reply>(x);
}

inline failure failure_in(const chat_result& x) {
  if (const auto* reply = std::get_if<chat_reply>(&x))
    FAIL("no failure but " << json(*reply).dump());
  return std::get<failure>(x);
}

/// What came of a stream.
struct streamed {
  chat_result result;
  std::vector<chat_delta> deltas;
  std::optional<chat_usage> usage;
  bool over = false;
  bool begun = false;

  [[nodiscard]] std::string text() const {
    auto to = std::string{};
    for (const auto& x : deltas)
      to += x.text;
    return to;
  }
  [[nodiscard]] std::vector<std::string> tools() const {
    auto to = std::vector<std::string>{};
    for (const auto& x : deltas)
      if (!x.tool.empty())
        to.push_back(x.tool);
    return to;
  }
};

/// A stream that comes in these pieces.
inline streamed stream(const chat_format& of,
                       const std::vector<std::string_view>& pieces,
                       const chat_request& asked = ask(),
                       const http_headers& head = {}) {
  auto reader = sse_reader{};
  const auto to = of.stream(endpoint(), asked, head, t0);
  auto deltas = std::vector<chat_delta>{};
  for (const auto piece : pieces)
    for (const auto& event : reader.read(piece))
      for (auto& delta : to->add(event))
        deltas.push_back(std::move(delta));
  return {.result = to->finish(),
          .deltas = std::move(deltas),
          .usage = to->usage(),
          .over = to->over(),
          .begun = to->begun()};
}

inline streamed stream(const chat_format& of, std::string_view bytes,
                       const chat_request& asked = ask(),
                       const http_headers& head = {}) {
  return stream(of, std::vector{bytes}, asked, head);
}

/// One `data:` line an event.
inline std::string events(const std::vector<json>& all) {
  auto to = std::string{};
  for (const auto& x : all)
    to += "data: " + (x.is_string() ? x.get<std::string>() : x.dump()) + "\n\n";
  return to;
}

} // namespace stanchion::test
