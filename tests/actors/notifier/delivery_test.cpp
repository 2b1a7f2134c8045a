#include "support/catch.hpp"

#include <stanchion/actors/notifier/delivery.hpp>

#include <optional>
#include <string>

using namespace stanchion;

namespace {

using status = delivery_result::status;

constexpr auto t0 = instant{1'767'225'600s}; // 2026-01-01T00:00:00Z

delivery_result failed(std::optional<duration> asked = {}) {
  return {.how = status::failed, .why = "HTTP 500", .retry_after = asked};
}

notification_options plain() {
  auto x = notification_options{};
  x.backoff.jitter = jitter::none;
  return x;
}

instant next_try(const delivery_result& x, std::uint32_t tries) {
  const auto verdict = decide(x, tries, t0, t0, plain(), 0.5);
  REQUIRE(std::holds_alternative<deliver_again>(verdict));
  return std::get<deliver_again>(verdict).at;
}

} // namespace

TEST_CASE("a status says whether another try may help", "[notifier]") {
  const auto [code, how] = GENERATE(table<int, status>({
    {200, status::delivered},
    {202, status::delivered},
    {204, status::delivered},
    {301, status::failed},
    {400, status::refused},
    {401, status::refused},
    {404, status::refused},
    {408, status::failed},
    {410, status::refused},
    {425, status::failed},
    {429, status::failed},
    {500, status::failed},
    {503, status::failed},
  }));
  CHECK(delivery_of(code, "", t0).how == how);
  CHECK(delivery_of(code, "", t0).why == "HTTP " + std::to_string(code));
}

TEST_CASE("an exit code says whether another try may help", "[notifier]") {
  const auto [code, how] = GENERATE(table<int, status>({
    {0, status::delivered},
    {1, status::failed},
    {64, status::refused},
    {74, status::refused},
    {75, status::failed},
    {78, status::refused},
    {79, status::failed},
    {127, status::failed},
  }));
  CHECK(delivery_of_exit(code).how == how);
}

TEST_CASE("a receiver may say how long to wait", "[notifier]") {
  using wait = std::optional<duration>;
  const auto [header, expected] = GENERATE(table<std::string, wait>({
    {"", wait{}},
    {"7", wait{7s}},
    {"-7", wait{}},
    {"999999", wait{24h}},
    {"99999999999", wait{}},
    {"Thu, 01 Jan 2026 00:02:00 GMT", wait{2min}},
    {"Wed, 31 Dec 2025 00:00:00 GMT", wait{0s}},
    {"soon", wait{}},
  }));
  INFO(header);
  CHECK(delivery_of(503, header, t0).retry_after == expected);
}

TEST_CASE("tries come ever more seldom, up to a bound", "[notifier]") {
  CHECK(next_try(failed(), 1) == t0 + 1s);
  CHECK(next_try(failed(), 2) == t0 + 2s);
  CHECK(next_try(failed(), 5) == t0 + 16s);
  CHECK(next_try(failed(), 50) == t0 + 5min);
  CHECK(next_try(failed(1min), 1) == t0 + 1min);
  CHECK(next_try(failed(0s), 3) == t0 + 4s);
}

TEST_CASE("chance spreads tries over the whole delay", "[notifier]") {
  const auto verdict
    = decide(failed(), 3, t0, t0, notification_options{}, 0.25);
  CHECK(std::get<deliver_again>(verdict).at == t0 + 1s);
}

TEST_CASE("a message is given up once it is too old, and tried then once more",
          "[notifier]") {
  const auto just_before = t0 + 24h - 1s;
  const auto again = decide(failed(), 20, t0, just_before, plain(), 0.5);
  CHECK(std::get<deliver_again>(again).at == t0 + 24h);
  const auto over = decide(failed(), 21, t0, t0 + 24h, plain(), 0.5);
  REQUIRE(std::holds_alternative<drop_message>(over));
  CHECK(std::get<drop_message>(over).why == "HTTP 500, for 1d");
}

TEST_CASE("what is refused is given up at once", "[notifier]") {
  const auto x = decide(delivery_of(410, "5", t0), 1, t0, t0, plain(), 0.5);
  CHECK(std::get<drop_message>(x).why == "HTTP 410");
}
