// Hunts bugs of the runtime with simulated systems: what it is built with is
// sound, or carries one of the bugs of this folder. See run.sh.
//
// Run:      bug_hunt [SEEDS], or bug_hunt NAME SEED for the trace of one
// Prints:   `found: …` and exits 1, or `nothing found …` and exits 0.
#include "bugs/campaigns.hpp"

#include <cstdlib>
#include <iostream>

namespace {

using namespace stanchion;
using namespace stanchion::test;

struct hunt {
  std::uint64_t systems = 0;

  /// Tries seeds from `first` to `last` there. True when a bug was found.
  bool look(const hunting_ground& where, std::uint64_t first,
            std::uint64_t last) {
    // Should the process die of it, this is the last line.
    std::cerr << where.name << " from seed " << first << std::endl;
    auto options = campaign_options{};
    options.shrink = false;
    options.most_failures = 1;
    options.least_progress = 0;
    options.first_seed = first;
    const auto sim = where.make();
    const auto report = where.everywhere
                          ? sim.crash_everywhere(first, options)
                          : sim.try_seeds(last - first + 1, options);
    systems += report.systems;
    if (report.failures.empty())
      return false;
    const auto& x = report.failures.front();
    std::cout << "found: ";
    if (where.everywhere)
      std::cout << where.name << " at crash point " << report.systems;
    else
      std::cout << where.name << ", seed " << x.seed;
    std::cout << " (system " << systems << "): " << x.violations.front().rule
              << ": " << x.violations.front().what << '\n';
    return true;
  }
};

} // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    for (const auto& where : hunting_grounds())
      if (where.name == argv[1])
        std::cout
          << where.make().try_seed(std::strtoull(argv[2], nullptr, 10)).trace;
    return 0;
  }
  const auto seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000;
  auto h = hunt{};
  auto first = std::uint64_t{1};
  // A few seeds everywhere, then more: what is easy to find is found soon.
  for (auto last = std::uint64_t{3}; first <= seeds; last *= 10) {
    last = std::min<std::uint64_t>(last, seeds);
    for (const auto& where : hunting_grounds())
      if (!where.everywhere && h.look(where, first, last))
        return 1;
    first = last + 1;
  }
  for (const auto& where : hunting_grounds())
    if (where.everywhere && h.look(where, 1, 1))
      return 1;
  std::cout << "nothing found in " << h.systems << " systems\n";
  return 0;
}
