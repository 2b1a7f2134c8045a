#include "actors/model/model_samples.hpp"
#include "support/catch.hpp"

using namespace stanchion;
using namespace stanchion::test;

namespace {

http_headers openai_limits(std::string requests, std::string reset,
                           std::string tokens = "9000",
                           std::string tokens_reset = "1h") {
  return {{"x-ratelimit-remaining-requests", std::move(requests)},
          {"x-ratelimit-reset-requests", std::move(reset)},
          {"x-ratelimit-remaining-tokens", std::move(tokens)},
          {"x-ratelimit-reset-tokens", std::move(tokens_reset)}};
}

} // namespace

TEST_CASE("a limit with nothing left says when there is something again",
          "[model][rate]") {
  auto [text, wait]
    = GENERATE(table<std::string, duration>({{"12ms", 12ms},
                                             {"1s", 1s},
                                             {"6m0s", 6min},
                                             {"1h2m3.5s", 1h + 2min + 3500ms},
                                             {"1d", 24h},
                                             {"7.66s", 7660ms},
                                             {"1500us", 1500us},
                                             {"0.0004ms", 1us}}));
  CHECK(rate_reset(openai_limits("0", text), t0) == t0 + wait);
}

TEST_CASE("a reset that says nothing sensible is none", "[model][rate]") {
  const auto text = GENERATE(as<std::string>{}, "", "soon", "-1s", "1", "1x",
                             "s", "1s2", "1..5s", "1e9s", "999999999999h",
                             "367d", "0s", "1h 2m", std::string(400, '9') + "s",
                             "2025-12-31T23:59:59Z", "9999-01-01T00:00:00Z");
  CHECK(rate_reset(openai_limits("0", text), t0) == std::nullopt);
}

TEST_CASE("limits that have something left do not count", "[model][rate]") {
  CHECK(rate_reset(openai_limits("1", "6m0s"), t0) == std::nullopt);
  CHECK(rate_reset({}, t0) == std::nullopt);
  CHECK(rate_reset({{"x-ratelimit-reset-requests", "6m0s"}}, t0)
        == std::nullopt);
  CHECK(rate_reset({{"x-ratelimit-remaining-requests", "0"}}, t0)
        == std::nullopt);
}

TEST_CASE("of several limits the last one to be lifted counts",
          "[model][rate]") {
  CHECK(rate_reset(openai_limits("0", "10s", "0", "1m"), t0) == t0 + 1min);
  CHECK(rate_reset(openai_limits("0", "1m", "0", "10s"), t0) == t0 + 1min);
}

TEST_CASE("Anthropic's limits are lifted at instants", "[model][rate]") {
  const auto* const kind
    = GENERATE("requests", "tokens", "input-tokens", "output-tokens");
  const auto name = std::string{"anthropic-ratelimit-"} + kind;
  const auto headers = http_headers{{name + "-limit", "50"},
                                    {name + "-remaining", "0"},
                                    {name + "-reset", "2026-01-01T00:00:30Z"}};
  CHECK(rate_reset(headers, t0) == t0 + 30s);
  CHECK(rate_reset(headers, t0 + 30s) == std::nullopt);
}
