#pragma once

#include <stanchion/core/effect.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What one seed of a simulation came to.
namespace stanchion {

/// An attempt that reached a tool, as the tool itself noted it.
struct simulated_call {
  instant at;
  std::string tool;
  stanchion::effect effect = effect::once;
  std::string key; ///< the idempotency key: run, step, revision
  std::uint32_t attempt = 1;
  std::string arguments; ///< canonical
  /// Whether it changed the world: false for tools that only read, for a key
  /// that an idempotent tool knew already, and where the fake failed.
  bool happened = false;
};

/// A run that the scenario submitted, or that one of those spawned.
struct simulated_run {
  run_row row;
  /// How it ended; nothing while it has not.
  std::optional<outcome> result;
};

/// A promise that was broken.
struct violation {
  std::string rule; ///< `I3`, or the name of a check of the test's own
  std::string what;
};

/// The end of one simulated system.
struct simulated {
  std::uint64_t seed = 0;
  std::vector<simulated_run> runs;   ///< oldest first
  std::vector<simulated_call> calls; ///< in the order in which they came
  std::vector<ticket> tickets;       ///< oldest first, decided ones included
  std::map<event_kind, std::size_t> events;
  /// Deaths of the process.
  std::size_t deaths = 0;
  /// Messages that actors handled.
  std::size_t messages = 0;
  /// Virtual time from the start to the end.
  duration took{};
  std::vector<violation> violations;
  /// Events and records as text, one a line, if it was asked for.
  std::string trace;

  /// How often `tool` changed the world.
  [[nodiscard]] std::size_t effects(std::string_view tool) const;
  /// How often `tool` was called, whatever came of it.
  [[nodiscard]] std::size_t attempts(std::string_view tool) const;
  /// Runs in that state.
  [[nodiscard]] std::size_t count(run_state x) const;
  /// Events of that kind.
  [[nodiscard]] std::size_t count(event_kind x) const;
  /// Tickets that were opened for that reason.
  [[nodiscard]] std::size_t count(park_reason x) const;
};

} // namespace stanchion
