#include <stanchion/runtime/testing/detail/shrink.hpp>
#include <stanchion/runtime/testing/detail/tally.hpp>
#include <stanchion/runtime/testing/detail/workers.hpp>
#include <stanchion/runtime/testing/simulation.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace stanchion {

namespace {

using detail::numbers;

/// The numbers of a campaign that has one process.
class own_numbers final : public numbers {
public:
  own_numbers(std::uint64_t first, std::uint64_t last)
    : next_(first), last_(last) {
    // nop
  }
  [[nodiscard]] std::uint64_t next() override {
    return next_ <= last_ ? next_++ : 0;
  }

private:
  std::uint64_t next_;
  std::uint64_t last_;
};

std::size_t cores() {
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// Simulates one system after the other, until too many have failed.
campaign_report
try_share(const detail::scenario& s, const campaign_options& options,
          numbers& share,
          const std::function<detail::outcome_of_plan(std::uint64_t)>& one) {
  auto report = detail::empty_report(s);
  for (auto n = share.next(); n != 0; n = share.next()) {
    detail::add(report, s, one(n));
    if (report.failures.size() >= options.most_failures)
      break;
  }
  return report;
}

/// The same, in as many processes as the options say.
campaign_report
try_all(const detail::scenario& s, const campaign_options& options,
        std::uint64_t first, std::uint64_t last,
        const std::function<detail::outcome_of_plan(std::uint64_t)>& one) {
  const auto workers = options.workers == 0 ? cores() : options.workers;
  if (workers == 1) {
    auto share = own_numbers{first, last};
    return try_share(s, options, share, one);
  }
  auto report = detail::empty_report(s);
  const auto ends = detail::in_processes(workers, first, last, [&](auto& x) {
    return detail::to_json(try_share(s, options, x, one));
  });
  for (const auto& end : ends) {
    if (end.counted != nullptr) {
      detail::merge(report, *end.counted);
      continue;
    }
    auto dead = failing_seed{};
    dead.seed = end.at;
    dead.least.seed = end.at;
    dead.violations.push_back({"crash", "the test's own process died of signal "
                                          + std::to_string(end.signal)
                                          + " in this system"});
    report.failures.push_back(std::move(dead));
  }
  return report;
}

void sort_failures(campaign_report& x, const campaign_options& options) {
  std::ranges::sort(x.failures, {}, &failing_seed::seed);
  if (x.failures.size() > options.most_failures)
    x.failures.resize(options.most_failures);
}

} // namespace

campaign_report simulation::try_seeds(std::uint64_t seeds,
                                      const campaign_options& options) const {
  const auto& s = *scenario_;
  const auto first = std::max<std::uint64_t>(1, options.first_seed);
  auto report
    = try_all(s, options, first, first + seeds - 1, [&s](std::uint64_t seed) {
        return detail::simulate(s, {.seed = seed});
      });
  sort_failures(report, options);
  for (auto& x : report.failures)
    if (x.least.faults && options.shrink)
      detail::shrink(s, x);
    else if (x.least.faults)
      detail::describe(s, x);
  detail::judge(report, options);
  return report;
}

campaign_report
simulation::crash_everywhere(std::uint64_t seed,
                             const campaign_options& options) const {
  auto s = *scenario_;
  s.faults = {};
  const auto undisturbed = detail::simulate(s, {.seed = seed});
  for (const auto* target : {"*", "commit"}) {
    const auto count
      = *target == '*' ? undisturbed.attempts : undisturbed.commits;
    for (auto nth = std::uint64_t{1}; nth <= count; ++nth)
      for (const auto side : {fault_side::before, fault_side::after})
        s.faults.rules.push_back({.target = target,
                                  .kind = fault_kind::kill,
                                  .side = side,
                                  .nth = nth});
  }
  const auto deaths = s.faults.rules.size();
  auto report = try_all(s, options, 1, deaths, [&s, seed](std::uint64_t nth) {
    const auto& rule = s.faults.rules[nth - 1];
    auto p = detail::plan{.seed = seed};
    p.only = std::set<fired_fault>{{nth - 1, rule.nth}};
    return detail::simulate(s, p);
  });
  sort_failures(report, options);
  for (auto& x : report.failures)
    if (x.least.faults)
      detail::describe(s, x);
  for (const auto& [rule, count] : report.faults)
    if (count == 0 && report.failures.empty())
      report.shortfalls.push_back("death: nothing died of " + rule);
  detail::judge(report, options);
  return report;
}

} // namespace stanchion
