#include "bench/floor_caf.hpp"
#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/actors/run/agent_context.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace stanchion::bench {

namespace {

constexpr auto pairs = std::uint64_t{8};

schema two_fields(const char* one, const char* two) {
  return schema{json{
    {"type", "object"},
    {"properties", {{one, {{"type", "integer"}}}, {two, {{"type", "string"}}}}},
    {"required", {one, two}},
    {"additionalProperties", false}}};
}

/// Calls the tool its input names, as often as its input says.
task<json> caller(agent_context& ctx, value input) {
  const auto name = input["tool"].as_string();
  const auto count = input["calls"].as_int();
  for (auto i = std::int64_t{0}; i < count; ++i)
    co_await ctx.call(name, args("n", i, "s", "ab"));
  co_return input.get();
}

double product(const scale& x) {
  const auto runs = x.size(10, 1); // of each pair, one after the other
  const auto calls = x.size(1'000, 50);
  const auto counter = std::make_shared<run_counter>();
  auto c = config{};
  c.in_memory = true;
  c.events = counter;
  auto rt = runtime{std::move(c)};
  for (auto i = std::uint64_t{0}; i < pairs; ++i)
    rt.add(tool{"echo" + std::to_string(i), effect::read_only,
                [](const value& in, tool_context&) -> json { return in.get(); }}
             .input(two_fields("n", "s"))
             .output(two_fields("n", "s"))
             .run_inline());
  rt.add(agent{"caller", "1", caller});
  rt.start();
  const auto begin = clock::now();
  auto begun = std::uint64_t{0};
  for (auto r = 0; r < runs; ++r) {
    for (auto i = std::uint64_t{0}; i < pairs; ++i, ++begun)
      rt.submit(
        {.agent = "caller",
         .input = args("tool", "echo" + std::to_string(i), "calls", calls)},
        [](const run_row&) {});
    counter->wait(event_kind::run_ended, begun);
  }
  return static_cast<double>(begun) * calls / seconds_since(begin);
}

double floor(const scale& x) {
  return bare::calls_per_second(pairs, x.size(100'000U, 500U));
}

} // namespace

row supervised_call() {
  return {.name = "call",
          .title = "supervised call, journal off, 8 runs x 8 tools",
          .unit = "1/s",
          .product = product,
          .floor = floor,
          .target = ">= 0.5 x floor",
          .met = [](const figures& f) { return f.ratio() >= 0.5; }};
}

} // namespace stanchion::bench
