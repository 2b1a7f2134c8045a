#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/random.hpp>

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace stanchion::bench {

namespace {

/// Steps that each run has behind it when the process is killed: it is blocked
/// in the fourth of five.
constexpr auto behind = 3;

std::uint64_t half_done(const scale& x) {
  return x.size(std::uint64_t{10'000}, std::uint64_t{100});
}

task<json> five(agent_context& ctx, value input) {
  for (auto i = 0; i < 5; ++i)
    co_await ctx.call(i == behind ? "blocking" : "step", args("n", i));
  co_return input.get();
}

task<json> blocked(tool_context& ctx, value input) {
  co_await ctx.sleep_for(std::chrono::hours(1));
  co_return input.get();
}

json echo(const value& in, tool_context&) {
  return args("n", in["n"], "text", std::string(185, 'x')).get();
}

/// The same program before and after the death, but for what blocks.
void equip(runtime& rt, bool blocks) {
  rt.add(tool{"step", effect::idempotent, echo}
           .input(any())
           .output(any())
           .run_inline());
  auto fourth = blocks
                  ? tool{"blocking", effect::idempotent, blocked}
                  : tool{"blocking", effect::idempotent, echo}.run_inline();
  rt.add(std::move(
    fourth.input(any()).output(any()).timeout(std::chrono::hours{2})));
  rt.add(agent{"five", "1", five});
}

/// Runs until all runs are blocked, and is killed then.
[[noreturn]] void live_until_killed(const scale& x) {
  auto c = config{};
  c.data_dir = x.dir;
  auto rt = runtime{std::move(c)};
  equip(rt, true);
  rt.start();
  for (auto i = std::uint64_t{0}; i < half_done(x); ++i)
    rt.submit({.agent = "five", .input = args("n", i)}, [](const run_row&) {});
  // Every run writes the same: it is blocked once its fourth attempt is there.
  const auto is_blocked = [&rt](run_number n) {
    for (const auto& r : rt.journal().read(n, 0))
      if (r.kind == record_kind::attempt && r.step == "4")
        return true;
    return false;
  };
  auto open = std::vector<run_number>{};
  while (open.size() < half_done(x)) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    open.clear();
    rt.journal().each_open_run(
      [&](const run_row& row) { open.push_back(row.number); });
  }
  for (auto i = std::size_t{0}; i < open.size();) {
    if (is_blocked(open[i]))
      ++i;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  kill(getpid(), SIGKILL);
  throw std::logic_error{"killed, and yet alive"};
}

void leave_half_done(const scale& x) {
  const auto child = fork();
  if (child == 0) {
    try {
      live_until_killed(x);
    } catch (...) {
      _exit(1);
    }
  }
  auto status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    throw std::runtime_error{"the process to be killed failed before"};
}

/// Finished runs of five steps, as the product would have written them.
void leave_history(const scale& x) {
  const auto to = open_sqlite_store(data_dir{x.dir}.database());
  const auto random = seeded_random(2);
  auto group
    = std::vector<commits>(500, recorded_run("five", effect::idempotent));
  const auto groups = x.size(200, 1);
  auto number = run_number{0};
  for (auto i = 0; i < groups; ++i) {
    auto parts = std::vector<const batch*>{};
    for (auto& run : group) {
      renumber(run, ++number, make_uuid(system_clock().now(), *random));
      for (const auto& part : run)
        parts.push_back(&part);
    }
    if (to->commit(parts) != commit_status::done)
      throw std::runtime_error{"the history could not be written"};
  }
}

double recover(const scale& x) {
  sync(); // what was copied for this round is not part of it
  const auto begin = clock::now();
  const auto counter = std::make_shared<run_counter>();
  auto c = config{};
  c.data_dir = x.dir;
  c.events = counter;
  auto rt = runtime{std::move(c)};
  equip(rt, false);
  rt.start();
  counter->wait(event_kind::run_ended, half_done(x));
  return seconds_since(begin);
}

} // namespace

row recovery() {
  return {.name = "recovery",
          .title = "kill -9, 10,000 runs with 2 of 5 steps left",
          .unit = "s",
          .product = recover,
          .floor = nullptr,
          .target = "<= 3",
          .met = [](const figures& f) { return f.product <= 3; },
          .prepare = leave_half_done};
}

row recovery_with_history() {
  return {.name = "recovery-history",
          .title = "the same after 100,000 finished runs",
          .unit = "s",
          .product = recover,
          .floor = nullptr,
          .target = "<= 3, as without",
          .met = [](const figures& f) { return f.product <= 3; },
          .prepare =
            [](const scale& x) {
              leave_history(x);
              leave_half_done(x);
            }};
}

} // namespace stanchion::bench
