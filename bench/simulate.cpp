#include "bench/rows.hpp"

#include <stanchion/testing.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace stanchion::bench {

namespace {

json never_called(const value&, tool_context&) {
  throw std::logic_error{"a tool's own function was called in a simulation"};
}

/// One step of every effect class, and one more that reads.
task<json> five_steps(agent_context& ctx, value input) {
  for (const auto* tool : {"look", "hold", "pay", "send", "look"})
    co_await ctx.call(tool, args("id", input["id"]));
  co_return input.get();
}

void add_all(runtime& rt) {
  const auto add = [&rt](const char* name, effect e) {
    auto t = tool{name, e, never_called};
    t.input(any()).output(any()).timeout(5s);
    if (e == effect::reconcilable)
      t.reconcile([](const std::string&) -> outcome { return value{}; });
    rt.add(t);
  };
  add("look", effect::read_only);
  add("hold", effect::idempotent);
  add("pay", effect::reconcilable);
  add("send", effect::once);
  rt.add(agent{"five", "1", five_steps});
}

double systems_a_second(const scale& x) {
  auto sim = simulation{add_all};
  for (auto id = 1; id <= 3; ++id)
    sim.submit({.agent = "five", .input = args("id", id)});
  sim.inject(rough_days());
  auto options = campaign_options{};
  options.workers = 2;
  const auto seeds = x.size(std::uint64_t{5'000}, std::uint64_t{20});
  const auto begin = clock::now();
  const auto report = sim.try_seeds(seeds, options);
  const auto took = seconds_since(begin);
  if (!report.ok())
    throw std::runtime_error{report.text()};
  return static_cast<double>(seeds) / took;
}

} // namespace

row simulated_systems() {
  return {.name = "simulate",
          .title = "simulated systems, 3 runs x 5 steps under faults, 2 cores",
          .unit = "1/s",
          .product = systems_a_second,
          .floor = nullptr,
          .target = ">= 1,500",
          .met = [](const figures& f) { return f.product >= 1'500; }};
}

} // namespace stanchion::bench
