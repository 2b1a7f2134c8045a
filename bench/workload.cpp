#include "bench/workload.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/store_wrapper.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>

namespace stanchion::bench {

namespace {

constexpr auto patience = std::chrono::minutes{1};

task<json> five(agent_context& ctx, value input) {
  for (auto i = 0; i < 5; ++i)
    co_await ctx.call("step", args("n", i));
  co_return input.get();
}

task<json> one(agent_context& ctx, value input) {
  co_await ctx.call("step", args("n", 0));
  co_return input.get();
}

/// A store that keeps what is committed.
class recorder final : public store_wrapper {
public:
  recorder() : store_wrapper(make_memory_store()) {
    // nop
  }

  commits seen;

  commit_status commit(std::span<const batch* const> xs) override {
    auto all = batch{};
    for (const auto* x : xs) {
      all.records.insert(all.records.end(), x->records.begin(),
                         x->records.end());
      all.runs.insert(all.runs.end(), x->runs.begin(), x->runs.end());
    }
    seen.push_back(std::move(all));
    return inner().commit(xs);
  }
};

} // namespace

// -- run_counter --------------------------------------------------------------

void run_counter::publish(event x) {
  const auto guard = std::lock_guard{mutex_};
  const auto n = ++counts_[static_cast<std::size_t>(x.kind)];
  if ((x.kind == kind_ && n >= wanted_) || x.kind == event_kind::run_parked)
    changed_.notify_all();
}

bool run_counter::wants(event_kind x) const {
  return event_kinds{event_kind::run_submitted, event_kind::run_started,
                     event_kind::run_ended, event_kind::run_parked,
                     event_kind::run_evicted}
    .contains(x);
}

std::uint64_t run_counter::count(event_kind kind) {
  const auto guard = std::lock_guard{mutex_};
  return counts_[static_cast<std::size_t>(kind)];
}

void run_counter::wait(event_kind kind, std::uint64_t n) {
  auto lock = std::unique_lock{mutex_};
  kind_ = kind;
  wanted_ = n;
  const auto& have = counts_[static_cast<std::size_t>(kind)];
  const auto& parked
    = counts_[static_cast<std::size_t>(event_kind::run_parked)];
  while (have < n) {
    const auto before = counts_;
    const auto until = clock::now() + patience;
    const auto woken = changed_.wait_until(
      lock, until, [&] { return have >= n || parked != 0; });
    if (parked != 0)
      throw std::runtime_error{"a run was parked"};
    if (!woken && counts_ == before)
      throw std::runtime_error{
        "nothing happens any more after " + std::to_string(have) + " of "
        + std::to_string(n) + " " + std::string{to_string(kind)}};
  }
}

void run_counter::wait_for_room(std::uint64_t begun, std::uint64_t most) {
  if (begun >= most)
    wait(event_kind::run_ended, begun - most + 1);
}

// -- the workload -------------------------------------------------------------

void add_five_steps(runtime& rt, effect e) {
  auto step
    = tool{"step", e, [](const value& x, tool_context&) -> json {
             // 200 bytes of canonical text
             return args("n", x["n"], "text", std::string(185, 'x')).get();
           }};
  step.input(any()).output(any()).run_inline();
  if (e == effect::reconcilable)
    step.reconcile([](const std::string&) { return outcome{value{}}; });
  rt.add(std::move(step));
  rt.add(agent{"five", "1", five});
  rt.add(agent{"one", "1", one});
}

void drive(runtime& rt, run_counter& counter, std::uint64_t n,
           std::uint64_t in_flight) {
  const auto before = counter.count(event_kind::run_ended);
  for (auto i = std::uint64_t{0}; i < n; ++i) {
    counter.wait_for_room(before + i, before + in_flight);
    rt.submit({.agent = "five", .input = args("n", i)}, [](const run_row&) {});
  }
  counter.wait(event_kind::run_ended, before + n);
}

void grow_log(runtime& rt, run_counter& counter,
              const std::filesystem::path& dir) {
  const auto log = dir / "stanchion.db-wal";
  auto size = std::uintmax_t{0};
  do {
    size = std::filesystem::file_size(log);
    drive(rt, counter, 1'000, 256);
  } while (std::filesystem::file_size(log) != size);
}

commits recorded_run(const std::string& agent, effect e) {
  const auto kept = std::make_shared<recorder>();
  auto c = config{};
  c.store = kept;
  auto rt = runtime{std::move(c)};
  add_five_steps(rt, e);
  rt.start();
  static_cast<void>(
    rt.wait(rt.submit({.agent = agent, .input = args("n", 0)}).id));
  rt.stop();
  return kept->seen;
}

void renumber(commits& xs, run_number number, const run_id& id) {
  for (auto& x : xs) {
    for (auto& r : x.records)
      r.run = number;
    for (auto& r : x.runs) {
      r.number = number;
      r.id = id;
    }
  }
}

} // namespace stanchion::bench
