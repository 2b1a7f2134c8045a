#pragma once

#include "bench/harness.hpp"

#include <stanchion/core/effect.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace stanchion::bench {

/// Counts what happens to runs; others wait for a number.
class run_counter final : public event_sink {
public:
  void publish(event x) override;
  [[nodiscard]] bool wants(event_kind x) const override;

  [[nodiscard]] std::uint64_t count(event_kind kind);
  /// Waits until `kind` has happened `n` times. Throws when a run was parked,
  /// or when nothing at all happened for a minute.
  void wait(event_kind kind, std::uint64_t n);
  /// Waits until fewer than `most` of `begun` runs are under way.
  void wait_for_room(std::uint64_t begun, std::uint64_t most);

private:
  void wait_until(const std::function<bool()>& holds);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::uint64_t, 64> counts_{};  // guarded by mutex_
  std::uint64_t wanted_ = 0;                // guarded by mutex_
  event_kind kind_ = event_kind::run_ended; // guarded by mutex_
};

/// An agent "five" of five steps, each a call of the inline tool "step", whose
/// result has 200 bytes; and an agent "one" that makes one such step.
void add_five_steps(runtime& rt, effect e);

/// Drives `n` runs of "five", `in_flight` at a time, to their ends.
void drive(runtime& rt, run_counter& counter, std::uint64_t n,
           std::uint64_t in_flight);

/// Drives runs until the write-ahead log in `dir` has its full size: before,
/// each sync also pays for a file that grows.
void grow_log(runtime& rt, run_counter& counter,
              const std::filesystem::path& dir);

/// What a run that is alone writes, commit by commit.
using commits = std::vector<batch>;
[[nodiscard]] commits recorded_run(const std::string& agent, effect e);

/// The same with another number and id.
void renumber(commits& xs, run_number number, const run_id& id);

} // namespace stanchion::bench
