#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/runtime/testing/simulated.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stanchion {

/// One system of a scenario, to the message: what a failing seed is told as.
struct replay {
  std::uint64_t seed = 1;
  /// The faults that fire, by rule and occasion; nothing: as the seed has it.
  std::optional<std::set<fired_fault>> faults;
  /// Messages whose order the seed chooses; the rest is handled in order.
  std::size_t shuffled = std::numeric_limits<std::size_t>::max();
};

/// How seeds are tried.
struct campaign_options {
  std::uint64_t first_seed = 1;
  /// Processes that share the work; what the agents and fakes of the test write
  /// to its own memory then stays theirs. 1: this one alone. 0: one a core.
  std::size_t workers = 1;
  /// Failing seeds after which no more are tried. Positive.
  std::size_t most_failures = 3;
  /// Looks for less that fails the same way.
  bool shrink = true;
  /// Runs that must have ended, of all that were submitted; in [0, 1].
  double least_progress = 0.5;
};

/// A seed that broke a promise.
struct failing_seed {
  std::uint64_t seed = 0;
  /// As it failed first.
  std::vector<violation> violations;
  /// The least that was found to fail by the same rule.
  stanchion::replay least;
  /// The faults of that, as rules that fire at a count.
  std::string faults;
  /// What happened in it, one event, record or call a line.
  std::string trace;
};

/// What came of many seeds.
struct campaign_report {
  std::uint64_t systems = 0;
  std::uint64_t runs = 0;
  std::uint64_t ended = 0; ///< of the runs: completed, failed or cancelled
  std::uint64_t completed = 0;
  std::uint64_t calls = 0; ///< attempts that reached tools
  std::uint64_t effects = 0;
  std::uint64_t tickets = 0;
  std::uint64_t deaths = 0;
  std::uint64_t messages = 0;
  duration simulated_time{};
  /// How often each rule fired, by its text; rules that never did included.
  std::map<std::string, std::uint64_t> faults;
  /// How often each policy decided: events by kind.
  std::map<event_kind, std::uint64_t> events;
  /// How many systems reached each goal, by its text.
  std::map<std::string, std::uint64_t> goals;
  std::vector<failing_seed> failures; ///< by seed
  /// What is missing: progress, or a goal that no system reached.
  std::vector<std::string> shortfalls;

  /// No seed broke a promise, and nothing is missing.
  [[nodiscard]] bool ok() const {
    return failures.empty() && shortfalls.empty();
  }
  /// For people: counts, then each failure with how to replay it.
  [[nodiscard]] std::string text() const;
};

/// `seed 7, faults pay:timeout:after@#3, order of the first 120 messages`.
[[nodiscard]] std::string to_text(const failing_seed& x);

} // namespace stanchion
