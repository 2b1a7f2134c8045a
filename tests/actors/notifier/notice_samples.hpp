#pragma once

#include <stanchion/actors/notifier/notice.hpp>
#include <stanchion/core/store.hpp>

#include <string>

namespace stanchion::test {

inline constexpr auto t0 = instant{1'767'225'600s}; // 2026-01-01T00:00:00Z

/// A text that nobody may be told.
inline constexpr auto canary = "c4n4ry-0123456789";

/// An open ticket of run 7 about a failed call of `pay`, with the canary in all
/// that is somebody's own words.
inline ticket sample_ticket(const std::string& id = "T-1",
                            const std::string& group = "http_5xx:pay") {
  auto t = ticket{};
  t.id = id;
  t.reason = park_reason::max_retries_exceeded;
  t.run = 7;
  t.run_id = derived_uuid(1, 7);
  t.step = "3";
  t.title = std::string{"500 said "} + canary;
  t.group = group;
  t.context = std::string{R"({"agent":"billing","user_input":{"x":")"} + canary
              + R"("},"failing_step":{"kind":"call","name":"pay",)"
              + R"("arguments":{"secret":")" + canary
              + R"("}},"error":{"message":")" + canary + R"("}})";
  t.options = {verb::retry, verb::abort};
  t.created = t0;
  return t;
}

/// The same, decided.
inline ticket decided(ticket t) {
  t.state = ticket_state::decided;
  t.decided = decision{.verb = verb::retry,
                       .by = "ann",
                       .at = t0,
                       .comment = canary,
                       .payload = std::string{"\""} + canary + "\""};
  return t;
}

inline batch with(std::initializer_list<ticket> xs) {
  auto b = batch{};
  b.tickets = xs;
  return b;
}

} // namespace stanchion::test
