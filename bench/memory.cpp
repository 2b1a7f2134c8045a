#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>

#include <nlohmann/json.hpp>

#include <thread>

namespace stanchion::bench {

namespace {

task<json> sleeper(agent_context& ctx, value input) {
  co_await ctx.sleep_for(std::chrono::hours(48));
  co_return input.get();
}

/// A runtime whose runs only wait, over a store whose page cache is too small
/// to be taken for memory of the runs.
class sleepers {
public:
  sleepers(const scale& x, duration evict_after)
    : counter_(std::make_shared<run_counter>()), rt_(settings(x)) {
    rt_.add(agent{"sleeper", "1", sleeper}.evict_after(evict_after));
    rt_.start();
  }

  void add(std::uint64_t n) {
    for (auto i = std::uint64_t{0}; i < n; ++i, ++begun_) {
      if (begun_ >= 1'000)
        counter_->wait(event_kind::run_submitted, begun_ - 999);
      rt_.submit({.agent = "sleeper", .input = args("n", begun_)},
                 [](const run_row&) {});
    }
    counter_->wait(event_kind::run_submitted, begun_);
  }

  /// Waits until no run is recorded as doing anything else.
  void wait_until_asleep() {
    auto busy = run_filter{};
    busy.states = {run_state::queued, run_state::running};
    busy.limit = 1;
    while (!rt_.journal().list_runs(busy).empty())
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }

  void wait_until_evicted() {
    counter_->wait(event_kind::run_evicted, begun_);
  }

private:
  [[nodiscard]] config settings(const scale& x) const {
    auto options = sqlite_store_options{};
    options.page_cache = std::size_t{1} << 20U;
    auto c = config{};
    c.store = open_sqlite_store(data_dir{x.dir}.database(), options);
    c.events = counter_;
    return c;
  }

  std::shared_ptr<run_counter> counter_;
  runtime rt_;
  std::uint64_t begun_ = 0;
};

double in_memory(const scale& x) {
  auto all = sleepers{x, std::chrono::hours{24}};
  all.add(1'000);
  all.wait_until_asleep();
  const auto before = resident_bytes();
  const auto n = x.size(std::uint64_t{100'000}, std::uint64_t{1'000});
  all.add(n);
  all.wait_until_asleep();
  return (resident_bytes() - before) / static_cast<double>(n);
}

double evicted(const scale& x) {
  auto all = sleepers{x, std::chrono::milliseconds{50}};
  all.add(x.size(std::uint64_t{100'000}, std::uint64_t{1'000}));
  all.wait_until_evicted();
  const auto before = resident_bytes();
  const auto n = x.size(std::uint64_t{1'000'000}, std::uint64_t{1'000});
  all.add(n);
  all.wait_until_evicted();
  return (resident_bytes() - before) / static_cast<double>(n);
}

} // namespace

row waiting_in_memory() {
  return {.name = "waiting",
          .title = "resident memory per run, 100,000 on a timer",
          .unit = "B",
          .product = in_memory,
          .floor = nullptr,
          .target = "<= 4,096",
          .met = [](const figures& f) { return f.product <= 4'096; }};
}

row waiting_evicted() {
  return {.name = "evicted",
          .title = "the same evicted, growth from 0.1 to 1.1 million",
          .unit = "B",
          .product = evicted,
          .floor = nullptr,
          .target = "<= 100",
          .met = [](const figures& f) { return f.product <= 100; },
          .rounds = 1};
}

} // namespace stanchion::bench
