#include "bench/floor_sqlite.hpp"
#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/core/random.hpp>

#include <vector>

namespace stanchion::bench {

namespace {

constexpr auto in_flight = std::uint64_t{256};
constexpr auto steps = 5;

config durable(const scale& x, std::shared_ptr<event_sink> events) {
  auto c = config{};
  c.data_dir = x.dir;
  c.events = std::move(events);
  return c;
}

// -- many runs at a time ------------------------------------------------------

double product_many(const scale& x) {
  const auto counter = std::make_shared<run_counter>();
  auto rt = runtime{durable(x, counter)};
  add_five_steps(rt, effect::idempotent);
  rt.start();
  const auto runs = x.size(std::uint64_t{20'000}, std::uint64_t{300});
  if (!x.quick)
    grow_log(rt, *counter, x.dir);
  const auto begin = clock::now();
  drive(rt, *counter, runs, in_flight);
  return static_cast<double>(runs) * steps / seconds_since(begin);
}

/// Groups of `in_flight` runs, all at the same step: each commit takes a step
/// of every run in its group.
class group_writer {
public:
  group_writer(const scale& x, std::string agent, effect e)
    : to_(x.dir), group_(in_flight, recorded_run(agent, e)) {
    // nop
  }

  void write() {
    for (auto& run : group_)
      renumber(run, ++last_, make_uuid(system_clock().now(), *random_));
    auto parts = std::vector<const batch*>(group_.size());
    for (auto i = std::size_t{0}; i < group_.front().size(); ++i) {
      for (auto j = std::size_t{0}; j < group_.size(); ++j)
        parts[j] = &group_[j][i];
      to_.commit(parts);
    }
  }

private:
  bare::journal to_;
  std::vector<commits> group_;
  std::shared_ptr<random_source> random_ = seeded_random(1);
  run_number last_ = 0;
};

double floor_many(const scale& x) {
  auto writer = group_writer{x, "five", effect::idempotent};
  const auto warm = x.size(6, 0);
  const auto groups = x.size(20'000 / 256 + 1, 2);
  for (auto i = 0; i < warm; ++i)
    writer.write();
  const auto begin = clock::now();
  for (auto i = 0; i < groups; ++i)
    writer.write();
  return static_cast<double>(groups) * in_flight * steps / seconds_since(begin);
}

// -- one run alone ------------------------------------------------------------

double product_alone(const scale& x) {
  const auto counter = std::make_shared<run_counter>();
  auto rt = runtime{durable(x, counter)};
  add_five_steps(rt, effect::once);
  rt.start();
  if (!x.quick)
    grow_log(rt, *counter, x.dir);
  auto done = counter->count(event_kind::run_ended);
  auto seconds = std::vector<double>{};
  for (auto i = x.size(300, 5); i > 0; --i) {
    const auto begin = clock::now();
    rt.submit({.agent = "five", .input = args("n", i)}, [](const run_row&) {});
    counter->wait(event_kind::run_ended, ++done);
    seconds.push_back(seconds_since(begin));
  }
  return quantile(std::move(seconds), 0.5) * 1e3;
}

/// The records of a run in as many commits as it has steps.
commits one_commit_a_step() {
  auto all = recorded_run("five", effect::once);
  auto result = commits(steps);
  auto step = std::size_t{0};
  for (auto& x : all) {
    for (auto& r : x.records) {
      const auto begins = r.kind == record_kind::intent && r.step != "1";
      step += begins && step + 1 < result.size() ? 1 : 0;
      result[step].records.push_back(std::move(r));
    }
    if (!x.runs.empty())
      result[step].runs = std::move(x.runs); // what it was in between is unseen
  }
  if (result.front().runs.empty())
    result.front().runs = result.back().runs;
  return result;
}

double floor_alone(const scale& x) {
  auto run = one_commit_a_step();
  auto to = bare::journal{x.dir};
  const auto random = seeded_random(1);
  auto number = run_number{0};
  auto seconds = std::vector<double>{};
  const auto warm = x.size(1'500, 0);
  for (auto i = -warm; i < x.size(300, 5); ++i) {
    renumber(run, ++number, make_uuid(system_clock().now(), *random));
    const auto begin = clock::now();
    for (const auto& commit : run) {
      const auto* one = &commit;
      to.commit({&one, 1});
    }
    if (i >= 0)
      seconds.push_back(seconds_since(begin));
  }
  return quantile(std::move(seconds), 0.5) * 1e3;
}

} // namespace

row durable_steps() {
  return {.name = "durable",
          .title = "durable steps, 256 runs in flight",
          .unit = "1/s",
          .product = product_many,
          .floor = floor_many,
          .target = ">= 0.4 x floor, >= 60,000*",
          .met = [](const figures& f) {
            return f.ratio() >= 0.4 && (f.probe < 5'000 || f.product >= 60'000);
          }};
}

row one_run_alone() {
  return {.name = "alone",
          .title = "one run alone, 5 once steps, p50",
          .unit = "ms",
          .product = product_alone,
          .floor = floor_alone,
          .target = "<= 2 x floor",
          .met = [](const figures& f) { return f.ratio() <= 2; }};
}

} // namespace stanchion::bench
