#include "bugs/campaigns.hpp"

#include "support/simulated_systems.hpp"

#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace stanchion::test {

namespace {

bool all_ended(const simulated& x) {
  return std::ranges::all_of(x.runs, [](const simulated_run& run) {
    return is_terminal(run.row.state);
  });
}

/// Runs of that agent in that state.
std::size_t count(const simulated& x, std::string_view agent, run_state state) {
  return static_cast<std::size_t>(
    std::ranges::count_if(x.runs, [&](const simulated_run& run) {
      return run.row.agent == agent && run.row.state == state;
    }));
}

/// Runs that no other run began.
std::size_t submitted(const simulated& x) {
  return static_cast<std::size_t>(
    std::ranges::count_if(x.runs, [](const simulated_run& run) {
      return run.row.parent == 0 && run.row.agent != "counts_down";
    }));
}

faults dying_often() {
  return parse_faults("*:kill@0.05,*:kill:after@0.05,commit:kill@0.05,"
                      "commit:kill:after@0.05,commit:power@0.02");
}

retry_options quick(std::uint32_t most) {
  auto x = retry_options{};
  x.max_attempts = most;
  return x;
}

// -- what many programs are made of -------------------------------------------

simulation five_steps_on_rough_days() {
  auto sim = three_runs();
  sim.inject(rough_days());
  sim.check("one run a submission",
            [](const simulated& x) { return x.runs.size() == 3; });
  return sim;
}

simulation wide_on(faults x) {
  auto sim = wide_system();
  sim.inject(std::move(x));
  sim.check("all has ended", all_ended);
  sim.check("one run a submission",
            [](const simulated& y) { return submitted(y) == 2; });
  sim.check("no run lost its thread", [](const simulated& y) {
    return y.count(park_reason::nondeterminism) == 0;
  });
  sim.check(
    "each run that goes on has one that carries it on", [](const simulated& y) {
      const auto carried = count(y, "counts_down", run_state::continued);
      const auto runs
        = std::ranges::count_if(y.runs, [](const simulated_run& run) {
            return run.row.agent == "counts_down";
          });
      return static_cast<std::size_t>(runs) == carried + 1;
    });
  return sim;
}

/// Two acts at once, each of which a person may have to clear up, while the run
/// leaves memory at every opportunity.
task<json> pairs(agent_context& ctx, value input) {
  for (auto i = 1; i <= 3; ++i) {
    auto both = co_await ctx.all(ctx.call("send", args("n", i)),
                                 ctx.call("pay", args("n", i)),
                                 ctx.call("hold", args("n", i)));
    co_await ctx.sleep_for(30s);
  }
  co_return input.get();
}

simulation pairs_that_leave_memory() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(agent{"pairs", "1", pairs}.evict_after(1s));
  }};
  sim.submit({.agent = "pairs", .input = args("id", 1)});
  sim.submit({.agent = "pairs", .input = args("id", 2)}, 2s);
  sim.inject(parse_faults("*:timeout:after@0.05,*:timeout@0.05,send:hang@0.05,"
                          "*:crashed@0.02,*:latency=2s@0.1,commit:kill@0.01,"
                          "*:kill:after@0.01,commit:full@0.02,"
                          "commit:broken@0.01,commit:lost@0.01"));
  sim.check("all has ended", all_ended);
  sim.check("nothing happened twice", [](const simulated& x) {
    return x.effects("send") <= 6 && x.effects("pay") <= 6
           && x.effects("hold") <= 6;
  });
  return sim;
}

// -- chance, time and children ------------------------------------------------

/// Lives by what it has drawn and seen.
task<json> draws(agent_context& ctx, value) {
  static auto looks = std::int64_t{0};
  const auto drawn = static_cast<std::int64_t>(ctx.random() % 1'000);
  auto first = co_await ctx.call("hold", args("drawn", drawn));
  const auto seen
    = ctx.side_value("looks", [] { return json(++looks); }).as_int();
  auto second = co_await ctx.call("pay", args("seen", seen));
  const auto begun = to_micros(ctx.now());
  auto won = co_await ctx.race(ctx.call("look", args("again", 1)),
                               ctx.sleep_for(40ms));
  auto third = co_await ctx.call("hold", args("id", to_string(ctx.uuid())));
  auto fourth = co_await ctx.call("send", args("after", begun));
  co_return args("drawn", drawn, "seen", seen);
}

simulation drawing() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(agent{"draws", "1", draws}.evict_after(1s));
  }};
  sim.submit({.agent = "draws"});
  sim.submit({.agent = "draws"}, 1s);
  sim.inject(dying_often());
  sim.check("all has ended", all_ended);
  sim.check("no run lost its thread", [](const simulated& x) {
    return x.count(park_reason::nondeterminism) == 0;
  });
  return sim;
}

// -- people -------------------------------------------------------------------

/// Asks two people at once.
task<json> asks(agent_context& ctx, value) {
  auto held = co_await ctx.call("hold", args());
  auto answers
    = co_await ctx.all(ctx.escalate(park_reason::requires_human, "How many?"),
                       ctx.escalate(park_reason::requires_human, "Which?"));
  auto sent = co_await ctx.call("send", args());
  co_return sent.get();
}

/// Does what needs other arguments.
task<json> errs(agent_context& ctx, value) {
  auto done = co_await ctx.call("fragile", args("id", 1));
  auto sent = co_await ctx.call("send", args("id", done["id"]));
  co_return done.get();
}

/// Is called off while its children sleep, one of them in memory.
task<json> boss(agent_context& ctx, value) {
  auto other = co_await ctx.spawn("watcher", args("id", 2));
  auto child = co_await ctx.spawn("sleeper", args("id", 1));
  auto word = co_await ctx.escalate(park_reason::validation_failed, "Go on?");
  co_await other.result();
  auto done = co_await child.result();
  co_return done.get();
}

task<json> sleeper(agent_context& ctx, value) {
  co_await ctx.sleep_for(6h);
  auto sent = co_await ctx.call("send_late", args());
  co_return json("sent");
}

simulation people_who_take_their_time() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(tool_of("send_late", effect::once));
    rt.add(agent{"asks", "1", asks}.evict_after(10s));
    rt.add(agent{"boss", "1", boss}.evict_after(10s));
    rt.add(agent{"sleeper", "1", sleeper}.evict_after(10s));
    rt.add(agent{"watcher", "1", sleeper}.evict_after(24h));
  }};
  sim.submit({.agent = "asks"});
  sim.submit({.agent = "boss"}, 1s);
  sim.person(park_reason::requires_human, verb::answer, "7");
  sim.person(park_reason::validation_failed, verb::abort);
  sim.inject(parse_faults("*:kill@0.03,*:kill:after@0.03,commit:kill@0.03,"
                          "commit:kill:after@0.03,send:timeout:after@0.1,"
                          "commit:full@0.02"));
  sim.check("all has ended", all_ended);
  sim.check("each question has a ticket of its own", [](const simulated& x) {
    return x.count(park_reason::requires_human) == 2;
  });
  sim.check("who was answered went on", [](const simulated& x) {
    return count(x, "asks", run_state::completed) == 1;
  });
  sim.check("children of what was called off are called off",
            [](const simulated& x) {
              return count(x, "boss", run_state::cancelled) == 1
                     && count(x, "sleeper", run_state::completed) == 0
                     && count(x, "watcher", run_state::completed) == 0
                     && x.attempts("send_late") == 0;
            });
  return sim;
}

/// People who give a call other arguments.
simulation edits() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(tool_of("fragile", effect::idempotent).retry(quick(2)));
    rt.add(agent{"errs", "1", errs}.evict_after(10s));
  }};
  sim.fake("fragile", [](const value& in, tool_context&) -> json {
    if (in["id"].as_int() == 1)
      throw tool_error{failure_kind::http_5xx, side_effect::none, "not that"};
    return args("id", in["id"]).get();
  });
  for (auto i = 0; i < 3; ++i)
    sim.submit({.agent = "errs"}, i * duration{1s});
  sim.person(park_reason::max_retries_exceeded, verb::edit, R"({"id":99})");
  sim.inject(parse_faults("send:timeout:after@0.1,send:hang@0.05,"
                          "commit:full@0.02"));
  sim.patience(24h); // whoever tries for ever is found out soon
  sim.check("who was helped went on", [](const simulated& x) {
    return count(x, "errs", run_state::completed) == 3;
  });
  return sim;
}

// -- bounds -------------------------------------------------------------------

/// Never comes to an end.
task<json> greedy(agent_context& ctx, value) {
  for (auto i = 0;; ++i)
    co_await ctx.call("look", args("i", i));
}

/// Wants to act after its time.
task<json> slow(agent_context& ctx, value) {
  co_await ctx.sleep_for(10min);
  auto held = co_await ctx.call("hold", args());
  co_return json("late");
}

/// Uses up its attempts.
task<json> stubborn(agent_context& ctx, value) {
  for (auto i = 0; i < 3; ++i)
    auto x = co_await ctx.try_call("refuses", args("i", i));
  co_return json("done");
}

/// Its own code is broken.
task<json> broken(agent_context& ctx, value) {
  co_await ctx.call("send", args());
  throw std::runtime_error{"a bug of the agent"};
}

/// Each of its tools is a trap.
task<json> careless(agent_context& ctx, value) {
  auto number = co_await ctx.call("strict", args());
  co_return json(number.get().is_number());
}

/// Kills the process each time.
task<json> poisoned(agent_context& ctx, value) {
  co_await ctx.call("poison", args());
  co_return json("alive");
}

simulation bounded() {
  auto sim = simulation{[](runtime& rt) {
    add_five_steps(rt);
    rt.add(tool_of("refuses", effect::idempotent).retry(quick(3)));
    rt.add(tool_of("poison", effect::idempotent));
    rt.add(tool_of("strict", effect::read_only)
             .output(schema{json{{"type", "integer"}}}));
    rt.add(agent{"greedy", "1", greedy}.max_steps(5));
    rt.add(agent{"slow", "1", slow}.deadline(1min));
    rt.add(agent{"stubborn", "1", stubborn}.max_attempts(5));
    rt.add(agent{"broken", "1", broken}.restarts(3, 1h));
    rt.add(agent{"careless", "1", careless});
    rt.add(agent{"poisoned", "1", poisoned});
  }};
  sim.fake("refuses", [](const value&, tool_context&) -> json {
    throw tool_error{failure_kind::http_5xx, side_effect::none, "never"};
  });
  sim.fake("strict", [](const value&, tool_context& ctx) -> json {
    return ctx.attempt == 1 ? json("seven") : json(7);
  });
  for (const auto* name :
       {"greedy", "slow", "stubborn", "broken", "careless", "poisoned"})
    sim.submit({.agent = name});
  // A person extends nothing, retries three times, then aborts.
  sim.inject(parse_faults("poison:kill@1,commit:kill@0.01"));
  sim.check("all has ended", all_ended);
  sim.check("no more steps than allowed", [](const simulated& x) {
    return x.attempts("look") <= 5 + x.deaths;
  });
  sim.check("nothing is begun after the time is over",
            [](const simulated& x) { return x.attempts("hold") == 0; });
  sim.check("no more attempts than allowed", [](const simulated& x) {
    return x.attempts("refuses") <= 5 + x.deaths;
  });
  sim.check("code that throws has not completed", [](const simulated& x) {
    return count(x, "broken", run_state::completed) == 0;
  });
  sim.check("code that throws is not run for ever", [](const simulated& x) {
    return x.count(event_kind::run_crashed) <= 16 + x.deaths;
  });
  sim.check("an answer of another shape is no answer", [](const simulated& x) {
    return std::ranges::none_of(x.runs, [](const simulated_run& run) {
      return run.row.agent == "careless" && run.result && run.result->ok()
             && !run.result->get().as_bool();
    });
  });
  sim.check("what kills the process is left alone",
            [](const simulated& x) { return x.attempts("poison") <= 12; });
  return sim;
}

// -- tools that are unwell ----------------------------------------------------

/// When the service of `ailing` is well again.
constexpr auto well_at = fabric::virtual_epoch + 20min;
/// When its breaker has opened, whatever died meanwhile.
constexpr auto settled_at = fabric::virtual_epoch + 5min;

task<json> needs_it(agent_context& ctx, value input) {
  auto x = co_await ctx.call("ailing", args("id", input["id"]));
  co_return json("done");
}

/// Calls that came within `span`, at most.
std::size_t most_within(const std::vector<instant>& sorted, duration span) {
  auto most = std::size_t{0};
  auto first = std::size_t{0};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    while (sorted[i] - sorted[first] >= span)
      ++first;
    most = std::max(most, i - first + 1);
  }
  return most;
}

std::vector<instant> calls_of(const simulated& x, std::string_view tool) {
  std::vector<instant> result;
  for (const auto& call : x.calls)
    if (call.tool == tool)
      result.push_back(call.at);
  return result; // in the order in which they came
}

simulation ailing() {
  auto sim = simulation{[](runtime& rt) {
    auto x = tool_of("ailing", effect::idempotent).retry(quick(50));
    x.retry_budget(std::nullopt);
    x.breaker({.consecutive_failures = 4,
               .open_for = 60s,
               .open_cap = 120s,
               .probes = 1,
               .probe_lease = 10s});
    rt.add(std::move(x));
    rt.add(agent{"needs_it", "1", needs_it});
  }};
  sim.fake("ailing", [](const value&, tool_context& ctx) -> json {
    if (ctx.time->now() < well_at)
      throw tool_error{failure_kind::http_5xx, side_effect::none, "ill"};
    return json("well");
  });
  for (auto id = 1; id <= 6; ++id)
    sim.submit({.agent = "needs_it", .input = args("id", id)},
               id * duration{200ms});
  sim.inject(parse_faults("ailing:hang@0.05,ailing:latency=3s@0.1,"
                          "commit:kill@0.01"));
  sim.check("all has ended", all_ended);
  sim.check("an ill tool is left alone", [](const simulated& x) {
    auto all = calls_of(x, "ailing");
    std::erase_if(all,
                  [&](instant at) { return at < settled_at || at >= well_at; });
    // One probe each time; a death may hide its end.
    return most_within(all, 55s) <= 1 + std::min<std::size_t>(x.deaths, 2);
  });
  sim.check("a tool that is well is used again",
            [](const simulated& x) { return x.took < 60min; });
  sim.check("who waited was served", [](const simulated& x) {
    return x.count(run_state::completed) == 6;
  });
  return sim;
}

/// Is told to come back later, then that the service is overloaded.
task<json> polite(agent_context& ctx, value input) {
  auto x = co_await ctx.call("busy", args("id", input["id"]));
  co_return json("done");
}

simulation busy() {
  auto sim = simulation{[](runtime& rt) {
    auto x = tool_of("busy", effect::idempotent).retry(quick(4));
    x.breaker({.consecutive_failures = 100, .failure_rate = 0});
    rt.add(std::move(x));
    rt.add(agent{"polite", "1", polite});
  }};
  sim.fake("busy", [](const value&, tool_context& ctx) -> json {
    if (ctx.attempt == 1) {
      auto why = failure{.kind = failure_kind::rate_limited,
                         .effect = side_effect::none,
                         .message = "slower"};
      why.retry_after = 45s;
      throw tool_error{why};
    }
    if (ctx.attempt == 2)
      throw tool_error{failure_kind::overloaded, side_effect::none, "busy"};
    return json("well");
  });
  for (auto id = 1; id <= 2; ++id)
    sim.submit({.agent = "polite", .input = args("id", id)});
  sim.inject(parse_faults("commit:full@0.05,busy:latency=2s@0.1"));
  sim.check("nobody comes back too early", [](const simulated& x) {
    auto first = std::map<std::string, instant>{};
    return std::ranges::all_of(x.calls, [&](const simulated_call& call) {
      if (call.attempt == 1)
        first[call.key] = call.at;
      return call.attempt != 2 || call.at - first[call.key] >= 44s;
    });
  });
  sim.check("busy is not the end", [](const simulated& x) {
    return x.count(run_state::completed) == 2;
  });
  return sim;
}

// -- people who change their mind ---------------------------------------------

simulation called_off(simulation sim) {
  sim.inject(rough_days());
  sim.cancel(1, {}, 30s);
  sim.cancel(2, {}, 10min);
  return sim;
}

/// The agent of the first run is stopped, lowered and raised again.
simulation lowered(simulation sim, const std::string& agent) {
  sim.inject(rough_days());
  sim.leave_open(park_reason::stopped_mode); // it goes on by itself
  sim.set_mode(agent, mode::stopped, {}, 30s);
  sim.set_mode(agent, mode::advisory, 5min, 5min);
  sim.set_mode(agent, mode::autonomous, 1h, 1h);
  return sim;
}

} // namespace

const std::vector<hunting_ground>& hunting_grounds() {
  static const auto all = std::vector<hunting_ground>{
    {"five steps", five_steps_on_rough_days},
    {"wide", [] { return wide_on(rough_days()); }},
    {"deaths", [] { return wide_on(dying_often()); }},
    {"pairs", pairs_that_leave_memory},
    {"draws", drawing},
    {"people", people_who_take_their_time},
    {"edits", edits},
    {"bounds", bounded},
    {"ailing", ailing},
    {"busy", busy},
    {"called off, careful", [] { return called_off(careful_system()); }},
    {"called off, asking", [] { return called_off(asking_system()); }},
    {"lowered", [] { return lowered(three_runs(), "five"); }},
    {"called off, wide", [] { return called_off(wide_system()); }},
    {"wide, everywhere", [] { return wide_on({}); }, true},
    {"people, everywhere", people_who_take_their_time, true},
  };
  return all;
}

} // namespace stanchion::test
