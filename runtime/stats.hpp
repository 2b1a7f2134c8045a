#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace stanchion {

/// From when to when, the end not included.
struct time_range {
  instant from = instant::min();
  instant until = instant::max();

  [[nodiscard]] bool contains(instant at) const {
    return from <= at && at < until;
  }
};

/// What became of the calls of one tool.
struct tool_stats {
  /// Calls whose outcome was recorded, and those of them that failed.
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  /// Of the calls that did not fail, those that got their value from somewhere
  /// else: a fallback, a cache, a person.
  std::uint64_t degraded = 0;
  /// Attempts that left, and those that ended without success.
  std::uint64_t attempts = 0;
  std::uint64_t failed_attempts = 0;
  /// Attempts that followed a failed one without a person's word.
  std::uint64_t retries = 0;

  /// Of the calls, in [0, 1]; 0 without any.
  [[nodiscard]] double error_rate() const;
};

/// What a journal says about a span of time. Of a run that was at work before
/// and after it, what is recorded within counts.
struct run_stats {
  /// Runs with a record in the range; of them, those that had to retry.
  std::uint64_t runs = 0;
  std::uint64_t runs_with_retries = 0;
  std::uint64_t retries = 0;
  std::map<std::string, tool_stats> tools;
  /// Failures of attempts and calls, each once: day (2026-01-31, UTC) → kind →
  /// how many.
  std::map<std::string, std::map<std::string, std::uint64_t>> errors;
  /// Runs that cannot be read, because their records are damaged.
  std::uint64_t damaged = 0;

  /// Average over all runs; 0 without any.
  [[nodiscard]] double retries_per_run() const;
};

/// Reads a journal from end to end, one run at a time: its memory does not grow
/// with the number of runs.
///
/// Errors:  what `store` throws but for damaged runs, which are counted.
/// Threads: any; runs may go on meanwhile.
[[nodiscard]] run_stats stats(store& in, const time_range& range);

/// `runs, runs_with_retries, retries, retries_per_run, damaged`, `tools` (a
/// list, the highest error rate first: `tool, calls, failed, degraded,
/// error_rate, attempts, failed_attempts, retries`) and `days` (a list, the
/// newest first: `day`, `errors`: a list of `kind, count`, most first).
void to_json(nlohmann::json& to, const run_stats& from);

} // namespace stanchion
